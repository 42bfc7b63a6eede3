"""Ask CRDS for best references, in one question for a whole run.

Source: the CRDS client documentation, https://jwst-crds.stsci.edu/static/users_guide/index.html.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from threading import RLock, get_ident

from gpucal.reference.files import ReferenceFileError

log = logging.getLogger(__name__)
_turn = RLock()

OBSERVATORY = "jwst"
NOT_APPLICABLE = "N/A"


def crds_parameters(model) -> dict:
    """The header values of a model, flat, as CRDS selects on them."""
    return model.get_crds_parameters()


def crds_version() -> str:
    """The version of the CRDS client."""
    return version("crds")


def context_in_use() -> str | None:
    """The CRDS context (``.pmap``) that best references are taken from; None where there is no CRDS."""
    from crds.core.exceptions import CrdsError

    with _quiet_crds():
        try:
            _connected, context = _client().get_processing_mode(OBSERVATORY)
        except (CrdsError, OSError, SystemExit) as reason:  # the client exits where it finds no cache
            log.debug("No CRDS context: %s", reason)
            return None
    return context


def best_references(parameters: dict, types: Iterable[str]) -> dict[str, str]:
    """The best reference of each type.

    Parameters
    ----------
    parameters : dict
        Header values, see `crds_parameters`.
    types : iterable of str
        Reference types, such as ``dark``.

    Returns
    -------
    dict
        Reference type to path in the local cache, or ``N/A``.

    Raises
    ------
    ReferenceFileError
        If CRDS has no answer for a type, cannot be reached, or its file is not in the cache.
    """
    types = sorted(set(types))
    if not types:
        return {}
    answers = _ask_crds(parameters, types)
    return {kind: NOT_APPLICABLE if "N/A" in answer.upper() else answer for kind, answer in answers.items()}


def parameter_references(parameters: dict, types: Iterable[str]) -> dict[str, str]:
    """The ``pars-*`` references that CRDS has for these steps; the others are left out.

    A step without parameter reference, or a context from before the type existed, is no error.
    """
    found = {}
    for kind in _recommended(parameters, sorted(set(types))):  # one question about all, most of which have none
        try:
            answer = best_references(parameters, [kind])[kind]
        except ReferenceFileError as reason:
            log.debug("No %s reference: %s", kind, reason)
            continue
        if answer != NOT_APPLICABLE:
            found[kind] = answer
    return found


def _client():
    """The part of the CRDS client that selects references."""
    from crds.core import heavy_client

    return heavy_client


def _ask_crds(parameters: dict, types: list[str]) -> dict[str, str]:
    from crds.core.exceptions import CrdsError

    try:
        with _quiet_crds():
            return _client().getreferences(parameters, reftypes=types, observatory=OBSERVATORY)
    except (CrdsError, AttributeError, OSError, SystemExit) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        lacking = _not_in_cache(parameters, types)
        if lacking:
            text = f"the CRDS cache lacks {', '.join(lacking)}, and they could not be fetched"
        raise ReferenceFileError(
            f"no best references of type {', '.join(types)}: {text}; {_advice()}"
        ) from error


def _not_in_cache(parameters: dict, types: list[str]) -> list[str]:
    """The files that the rules name and the local cache does not hold, as far as the rules are there."""
    from crds.core.config import locate_file

    names = _recommended(parameters, types)
    return [f"{name} ({kind})" for kind, name in names.items() if not Path(locate_file(name, OBSERVATORY)).is_file()]


def _recommended(parameters: dict, types: list[str]) -> dict[str, str]:
    """The names of the files that the rules name for these types, as far as the rules are there."""
    from crds.core.exceptions import CrdsError

    try:
        with _quiet_crds():
            names = _client().getrecommendations(parameters, reftypes=types, observatory=OBSERVATORY)
    except (CrdsError, AttributeError, OSError, SystemExit) as reason:
        log.debug("No recommendations of type %s: %s", ", ".join(types), reason)
        return {}
    return {kind: name for kind, name in names.items() if not name.upper().startswith("NOT FOUND")}


@contextmanager
def _quiet_crds() -> Iterator[None]:
    """Keep the client's own messages back: what matters of them is in the exception. One thread at a time.

    What other threads ask of the client is logged as ever.
    """
    logger, thread = logging.getLogger("CRDS"), get_ident()

    def is_of_another(record: logging.LogRecord) -> bool:
        return record.thread != thread

    with _turn:
        logger.addFilter(is_of_another)
        try:
            yield
        finally:
            logger.removeFilter(is_of_another)


def _advice() -> str:
    cache = os.environ.get("CRDS_PATH", "not set")
    server = os.environ.get("CRDS_SERVER_URL", "not set")
    return f"check CRDS_PATH ({cache}) and CRDS_SERVER_URL ({server}), or name a file with --override_<type>"
