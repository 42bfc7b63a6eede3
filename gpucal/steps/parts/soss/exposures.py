"""Which exposures are of NIRISS SOSS, and which of these can be extracted."""

import logging

from gpucal.errors import SkipStep
from gpucal.steps.parts.grism_types import SOSS_TYPE

log = logging.getLogger(__name__)

REFERENCE_TYPES = ("pastasoss", "specprofile", "speckernel")
FILTER = "CLEAR"
NARROW, WHOLE = "SUBSTRIP96", "FULL"

# Subarrays with the rows of SUBSTRIP256.
WIDE = ("SUBSTRIP256", "SUB17STRIPE_SOSS", "SUB60STRIPE_SOSS", "SUB204STRIPE_SOSS", "SUB680STRIPE_SOSS")


def is_of_soss(exposure) -> bool:
    """Whether an exposure is of SOSS."""
    return str(exposure.meta.exposure.type).upper() == SOSS_TYPE


def subarray_of(exposure) -> str:
    """The name of the subarray of an exposure, in capitals."""
    return str(exposure.meta.subarray.name).upper()


def check_soss(exposure) -> None:
    """See that an exposure can be extracted.

    Raises
    ------
    SkipStep
        If it is of another filter or subarray; this is logged as an error.
    """
    told = exposure.meta.instrument.filter
    if str(told).upper() != FILTER:
        _refuse(f"SOSS is extracted through the filter {FILTER} alone; that of {exposure.source} is {told}")
    if subarray_of(exposure) not in (NARROW, WHOLE, *WIDE):
        subarray = exposure.meta.subarray.name
        _refuse(
            f"SOSS is not extracted from subarray {subarray}, that of {exposure.source}; {WIDE[0]} is, and {NARROW}"
        )


def _refuse(message: str) -> None:
    log.error("%s", message)
    raise SkipStep(message)
