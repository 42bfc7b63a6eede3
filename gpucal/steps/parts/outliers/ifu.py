"""Outliers of integral fields: pixels that stand out from their neighbours in all exposures of a detector."""

import logging
from typing import NamedTuple

from gpucal.backend import current_backend
from gpucal.errors import GpucalError, SkipStep
from gpucal.kernels.outliers.pixel_differences import (
    Normalized,
    above_percentile,
    normalized,
    smaller_differences,
)
from gpucal.steps.parts.limits import check_limits
from gpucal.steps.parts.outliers.images import check_axes
from gpucal.steps.parts.outliers.marks import mark
from gpucal.steps.parts.outliers.products import save_differences

log = logging.getLogger(__name__)

# Whether neighbours across slices stand in the same row.
ALONG_ROWS = {"MIRI": True, "NIRSPEC": False}

LIMITS = {"threshold_percent": (0, 100)}


class Differences(NamedTuple):
    """How the pixels of a detector differ from their neighbours.

    Attributes
    ----------
    of_exposures : list of (ny, nx) float32 array
        The smaller difference, of each exposure; none unless they are to be saved.
    least : (ny, nx) float32 array
        The least of all exposures.
    normalized : Normalized
        This, divided by what is usual.
    """

    of_exposures: list
    least: object
    normalized: Normalized


def flag_fields(members, step) -> None:
    """Flag the outliers of integral fields.

    All exposures of a detector are looked at together, whatever their grating or band: a pixel that is bad in itself
    stands out in all.

    Parameters
    ----------
    members : Members
        Edited. One after the other is read, so memory does not grow with their number.
    step : OutlierDetectionStep
        With its parameters.

    Raises
    ------
    SkipStep
        If there is but one exposure.
    GpucalError
        If a parameter will not do, one is no image, or those of a detector differ in shape.
    """
    check_axes(members, 2, "an image")
    check_limits(step, LIMITS)
    window = window_of(step.kernel_size)
    if len(members) < 2:
        raise SkipStep("a single exposure has none to be compared with", "FAILED")
    detectors: dict[str, list[int]] = {}
    for place, member in enumerate(members):
        detectors.setdefault(str(member.meta.instrument.detector).upper(), []).append(place)
    for detector, places in sorted(detectors.items()):
        found = differences_of(members, places, window, step.save_intermediate_results)
        outliers, limit = above_percentile(found.normalized.values, step.threshold_percent)
        told = f"{detector}: {_share(outliers)} stand out by more than {limit:.3g} times what is usual about them"
        log.info("%s, which is the percentile %g of all", told, step.threshold_percent)
        if step.save_intermediate_results:
            save_differences(step, members, detector, found, window)
        if step.ifu_second_check:
            unknown = current_backend().xp.isnan(found.least)
            log.info("%s: %s cannot be compared with a neighbour in any exposure", detector, _share(unknown))
            outliers |= unknown
        for place in places:
            with members.lease(place):
                mark(members, place, outliers)


def differences_of(members, places, window: tuple[int, int], keep: bool) -> Differences:
    """The differences of the exposures of one detector."""
    first, least, kept = members[places[0]], None, []
    instrument, shape = str(first.meta.instrument.name).upper(), first.shape_of("data")
    if instrument not in ALONG_ROWS:
        raise GpucalError(f"{first.source}: {instrument} has no integral field")
    for place in places:
        if members[place].shape_of("data") != shape:
            its = members[place].shape_of("data")
            raise GpucalError(
                f"{members[place].source} has shape {its}, and {first.source} of the same detector {shape}: their "
                "pixels cannot be compared"
            )
        with members.lease(place) as exposure:
            found = smaller_differences(exposure.data, exposure.dq, ALONG_ROWS[instrument])
        least = found if least is None else current_backend().xp.fmin(least, found)
        if keep:
            kept.append(found)
    return Differences(kept, least, normalized(least, window))


def window_of(text: str) -> tuple[int, int]:
    """Rows and columns of the window of a running median, odd.

    Raises
    ------
    GpucalError
        If the parameter is not two numbers.
    """
    try:
        sides = [int(word) for word in str(text).split()]
    except ValueError:
        sides = []
    if len(sides) != 2 or min(sides) < 1:
        raise GpucalError(f"kernel_size is two whole numbers from 1 on, such as '7 7', not {text!r}")
    if any(side % 2 == 0 for side in sides):
        sides = [side + 1 - side % 2 for side in sides]
        log.warning("kernel_size is %r; a window about a pixel has odd sides, so %d and %d are used", text, *sides)
    return sides[0], sides[1]


def _share(mask) -> str:
    """How many pixels a mask has, for the log."""
    return f"{int(mask.sum())} pixels ({100 * float(mask.mean()):.2f}%)"
