"""The client of CRDS: set up, kept quiet, and its failures told in one line.

Source: the CRDS client documentation, https://jwst-crds.stsci.edu/static/users_guide/index.html.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from threading import RLock, get_ident

from gpucal.errors import GpucalError

log = logging.getLogger(__name__)
_turn = RLock()

OBSERVATORY = "jwst"

# What the client takes where the user names no server: it looks into the local cache alone.
_NO_SERVER = "https://crds-serverless-mode.stsci.edu"


class CrdsFailure(GpucalError):
    """CRDS cannot be asked; the message says why."""


@contextmanager
def crds_client() -> Iterator:
    """The client, inside a ``with`` block; for one thread at a time.

    Its own messages are kept back: what matters of them is in the error.

    Raises
    ------
    CrdsFailure
        If what is asked of it inside the block fails.
    """
    from crds.core.exceptions import CrdsError

    with _turn, _quiet():
        try:
            yield _selection()
        except SystemExit as error:  # the client exits where it finds neither server nor cache
            raise CrdsFailure("there is no CRDS cache, and no server answers") from error
        except KeyError as error:  # such as a context by a name that only a server can translate
            raise CrdsFailure(f"it knows of no {error}") from error
        except (CrdsError, AssertionError, AttributeError, OSError) as error:
            raise CrdsFailure(" ".join(str(error).split()) or type(error).__name__) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what the client logs in this thread; what other threads ask of it is logged as ever."""
    logger, thread = logging.getLogger("CRDS"), get_ident()

    def is_of_another(record: logging.LogRecord) -> bool:
        return record.thread != thread

    logger.addFilter(is_of_another)
    try:
        yield
    finally:
        logger.removeFilter(is_of_another)


def _selection():
    """The part of the client that selects references.

    Where the rest waits to be executed (`gpucal.startup.deferred`), this part is told what the rest would tell it.
    """
    import crds
    from crds.client import api
    from crds.core import heavy_client

    if api.S is None:
        crds.__version__ = crds_version()
        api.set_crds_server(os.environ.get("CRDS_SERVER_URL", _NO_SERVER))
    return heavy_client


@cache
def crds_version() -> str:
    """The version of the client."""
    return version("crds")


def context_in_use() -> str | None:
    """The CRDS context (``.pmap``) that best references are taken from; None where there is no CRDS."""
    try:
        with crds_client() as client:
            return client.get_processing_mode(OBSERVATORY)[1]
    except CrdsFailure as reason:
        log.debug("No CRDS context: %s", reason)
        return None


def rules_of(client, instrument: str):
    """The rules by which CRDS chooses references for an instrument, fetched if the cache lacks them.

    The client would fetch them itself, but prints a traceback where it cannot.

    Parameters
    ----------
    client
        See `crds_client`.
    instrument : str
        Such as ``NIRCAM``.

    Returns
    -------
    `crds.core.rmap.InstrumentContext`
        The rules of all its reference types.

    Raises
    ------
    CrdsFailure
        If they cannot be fetched.
    """
    from crds.client import api
    from crds.core.exceptions import CrdsError

    context = client.get_processing_mode(OBSERVATORY)[1]
    try:
        return client.get_symbolic_mapping(context, cached=True).get_imap(instrument)
    except OSError:
        log.debug("The rules of context %s are not in the cache", context)
    try:
        api.dump_mappings(context)
    except CrdsError as error:
        raise CrdsFailure(
            f"the cache lacks rules of context {context}, and they could not be fetched"
        ) from error
    return client.get_symbolic_mapping(context, cached=True).get_imap(instrument)


def advice() -> str:
    """What to look at where CRDS does not answer."""
    names = ("CRDS_PATH", "CRDS_SERVER_URL", "CRDS_CONTEXT")
    told = [f"{name} ({os.environ.get(name, 'not set')})" for name in names]
    return f"check {', '.join(told[:-1])} and {told[-1]}, or name files with --override_<type>"
