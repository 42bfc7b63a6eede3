"""What a step tells of slits that it could not correct: in the log, never silently."""

import logging
from collections.abc import Mapping

log = logging.getLogger(__name__)


def tell_uncorrected(what: str, reasons: Mapping[str, str]) -> None:
    """Warn of slits that go on without a correction.

    Parameters
    ----------
    what : str
        The correction.
    reasons : mapping of str to str
        Why there is none, by the name of the slit.
    """
    for slit, reason in reasons.items():
        log.warning("Slit %s goes on without %s: %s", slit, what, reason)
