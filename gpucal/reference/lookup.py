"""Ask CRDS for best references, in one question for a whole run."""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from gpucal.reference.crds_client import (
    OBSERVATORY,
    CrdsFailure,
    advice,
    context_in_use,
    crds_client,
    rules_of,
)
from gpucal.reference.files import ReferenceFileError

log = logging.getLogger(__name__)

NOT_APPLICABLE = "N/A"

# How the name of a file that CRDS chose begins in headers.
CRDS_SCHEME = "crds://"

INSTRUMENT = "meta.instrument.name"


def crds_parameters(model) -> dict:
    """The header values of a model, flat, as CRDS selects on them."""
    return model.get_crds_parameters()


def best_references(
    parameters: dict,
    types: Iterable[str],
    optional: Iterable[str] = (),
    in_words: Callable[[str], str] | None = None,
) -> dict[str, str]:
    """The best reference of each type.

    Parameters
    ----------
    parameters : dict
        Header values, see `crds_parameters`.
    types : iterable of str
        Reference types, such as ``dark``.
    optional : iterable of str
        Those of them that nobody needs: where CRDS has none, they count as ``N/A``.
    in_words : callable, optional
        How an error tells a parameter to people, such as ``SUBARRAY = FULL`` for ``meta.subarray.name``.

    Returns
    -------
    dict
        Reference type to path in the local cache, or ``N/A``.

    Raises
    ------
    ReferenceFileError
        If CRDS has no answer for a type, cannot be asked, or its file is not in the cache.
    """
    types = sorted(set(types))
    if not types:
        return {}
    try:
        names = _recommended(parameters, types)
        lacking = [kind for kind, name in names.items() if _is_missing(name)]
        if needed := [kind for kind in lacking if kind not in set(optional)]:
            raise ReferenceFileError(_refusal(parameters, needed, in_words or partial(_plainly, parameters)))
        for kind in lacking:
            log.info("CRDS has no %s reference for this exposure", kind)
        return dict.fromkeys(types, NOT_APPLICABLE) | _paths(_with_file(names))
    except CrdsFailure as failure:
        raise ReferenceFileError(f"CRDS cannot tell the best references: {failure}; {advice()}") from failure


def paths_of_named(names: dict[str, str]) -> dict[str, str]:
    """Where references are that the header of a product names.

    Parameters
    ----------
    names : dict of str to str
        By type: paths, or names that begin with ``crds://``.

    Returns
    -------
    dict of str to str
        Paths; what CRDS has is fetched if the cache lacks it.

    Raises
    ------
    ReferenceFileError
        If CRDS cannot be asked, or its file is not in the cache.
    """
    of_crds = {kind: name.removeprefix(CRDS_SCHEME) for kind, name in names.items() if name.startswith(CRDS_SCHEME)}
    try:
        return names | _paths(of_crds)
    except CrdsFailure as failure:
        raise ReferenceFileError(f"references that the header names are not found: {failure}; {advice()}") from failure


def parameter_references(parameters: dict, types: Iterable[str]) -> dict[str, str]:
    """The ``pars-*`` references that CRDS has for these steps; the others are left out.

    A step without parameter reference, or a context from before the type existed, is no error.
    """
    try:
        names = _recommended(parameters, sorted(set(types)))
    except CrdsFailure as reason:
        log.debug("No parameter references: %s", reason)
        return {}
    found = {}
    for kind, name in _with_file(names).items():
        try:
            found |= _paths({kind: name})
        except CrdsFailure as reason:
            log.debug("No %s reference: %s", kind, reason)
    return found


def _is_not_applicable(name: str) -> bool:
    """Whether the rules say that an instrument, or such an exposure, has no reference of a type."""
    return "N/A" in name.upper()


def _is_missing(name: str) -> bool:
    """Whether the rules have no answer, though there are references of the type."""
    return name.upper().startswith("NOT FOUND") and not _is_not_applicable(name)


def _with_file(names: dict[str, str]) -> dict[str, str]:
    """The names that are those of files."""
    return {kind: name for kind, name in names.items() if not _is_missing(name) and not _is_not_applicable(name)}


def _recommended(parameters: dict, types: list[str]) -> dict[str, str]:
    """What the rules say for these types: the name of a file, or why there is none."""
    with crds_client() as client:
        mode, _context = client.get_processing_mode(OBSERVATORY)
        if mode != "remote":
            rules_of(client, str(parameters.get(INSTRUMENT)))
        return client.getrecommendations(parameters, reftypes=types, observatory=OBSERVATORY)


def _paths(names: dict[str, str]) -> dict[str, str]:
    """Where files of these names are, fetched if the cache lacks them."""
    if not names:
        return {}
    try:
        with crds_client() as client:
            _mode, context = client.get_processing_mode(OBSERVATORY)
            return client.api.cache_references(context, names)
    except CrdsFailure as failure:
        lacking = _not_in_cache(names)
        if not lacking:
            raise
        raise CrdsFailure(f"the cache lacks {', '.join(lacking)}, and they could not be fetched") from failure


def _not_in_cache(names: dict[str, str]) -> list[str]:
    """The files that the local cache does not hold."""
    from crds.core.config import locate_file

    return [f"{name} ({kind})" for kind, name in names.items() if not Path(locate_file(name, OBSERVATORY)).is_file()]


def _refusal(parameters: dict, types: list[str], in_words: Callable[[str], str]) -> str:
    """That there are no references of these types, with the values that they are selected by."""
    keys = dict.fromkeys(key for kind in types for key in _selection_keys(parameters, kind))
    values = ", ".join(map(in_words, keys)) or "this exposure"
    kinds = ", no ".join(types)
    return f"CRDS ({context_in_use()}) has no {kinds} reference for {values}; name files with --override_<type>"


def _selection_keys(parameters: dict, kind: str) -> list[str]:
    """The parameters by which CRDS chooses a reference of a type, as far as the rules are at hand."""
    try:
        with crds_client() as client:
            rules = rules_of(client, str(parameters.get(INSTRUMENT))).get_rmap(kind)
    except CrdsFailure as reason:
        log.debug("No rules for %s: %s", kind, reason)
        return []
    keys = [(key,) if isinstance(key, str) else key for key in rules.parkey]
    return [key.lower() for group in keys for key in group]


def _plainly(parameters: dict, name: str) -> str:
    return f"{name} = {parameters.get(name, 'undefined')}"
