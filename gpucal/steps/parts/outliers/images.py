"""Outliers of images: compared with the median of all of them, on the grid of a mosaic or pixel by pixel."""

import math

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.errors import GpucalError, SkipStep
from gpucal.kernels.outliers.flag_rules import Limits, flag_plain, flag_resampled
from gpucal.kernels.resample.sums import means, weights
from gpucal.steps.parts.bit_flags import bad_bits
from gpucal.steps.parts.mosaics.blotting import blotted
from gpucal.steps.parts.mosaics.drizzling import Drizzling, weighted
from gpucal.steps.parts.mosaics.mosaic import fill_value
from gpucal.steps.parts.outliers.layered_median import layered_median
from gpucal.steps.parts.outliers.marks import error_of, mark
from gpucal.steps.parts.outliers.products import save_blot, save_drizzled, save_median
from gpucal.wcs.output_grid import GridOptions, output_grid


def flag_images(members, step) -> None:
    """Flag the outliers of images.

    Parameters
    ----------
    members : Members
        Edited.
    step : OutlierDetectionStep
        With its parameters.

    Raises
    ------
    SkipStep
        If there is but one.
    GpucalError
        If a parameter or a header will not do, one is no image, or those that are compared by pixels differ in shape.
    """
    check_axes(members, 2, "an image")
    if len(members) < 2:
        raise SkipStep("a single image has none to be compared with", "FAILED")
    if step.resample_data:
        _flag_on_the_sky(members, step)
    else:
        _flag_by_pixels(members, step)


class DrizzledGroup:
    """Exposures that were taken together, drizzled onto the grid of a mosaic: a layer of its median.

    Parameters
    ----------
    members : Members
        All exposures.
    places : sequence of int
        Those of the group.
    wcses : sequence of Wcs
        Of all exposures.
    drizzling : Drizzling
        How.
    """

    def __init__(self, members, places, wcses, drizzling: Drizzling):
        self.members, self.places, self.wcses, self.drizzling = members, places, wcses, drizzling
        boxes = zip(*(drizzling.reach(members[place], wcses[place]) for place in places), strict=True)
        self.rows, self.columns = (
            slice(min(part.start for part in parts), max(part.stop for part in parts)) for parts in boxes
        )

    def cut(self, rows: slice):
        """See `gpucal.steps.parts.outliers.layered_median.Layer`."""
        sums = self.drizzling.no_sums(1, (rows, self.columns))
        for place in self.places:
            with self.members.lease(place) as exposure:
                self.drizzling.add(sums, exposure, self.wcses[place])
        return means(sums, 0), weights(sums)


class PlainImage:
    """An exposure as it is: a layer of a median by pixels.

    Parameters
    ----------
    members : Members
        All exposures.
    place : int
        Which of them.
    weight_type : str
        See `gpucal.steps.parts.mosaics.drizzling.Drizzling`.
    bad : int
        Flags of pixels without weight.
    """

    def __init__(self, members, place: int, weight_type: str, bad: int):
        self.members, self.place, self.weight_type, self.bad = members, place, weight_type, bad
        self.rows, self.columns = (slice(0, extent) for extent in members[place].shape_of("data"))

    def cut(self, rows: slice):
        """See `gpucal.steps.parts.outliers.layered_median.Layer`."""
        with self.members.lease(self.place) as exposure:
            _, weight = weighted(exposure, self.weight_type, self.bad)
            return exposure.data[rows].copy(), weight[rows]


def _flag_on_the_sky(members, step) -> None:
    (core, rim), fill = limits_of(step), fill_value(step.fillval)
    wcses = [member.get_wcs() for member in members]
    grid = output_grid(members, wcses, GridOptions(all_borders=not as_peer()))
    bad = bad_bits(step.good_bits, "good_bits")
    how = Drizzling.onto(grid, step.kernel, step.pixfrac, step.weight_type, bad)
    groups = [DrizzledGroup(members, places, wcses, how) for places in members.groups]

    def keep(number: int, image, weight):
        if step.save_intermediate_results:
            save_drizzled(step, members, groups[number], image, weight, fill)

    median = layered_median(groups, grid.shape, step.maskpt, budget_of(members), keep)
    if step.save_intermediate_results:
        save_median(step, members, groups[0], median)
    for place, wcs in enumerate(wcses):
        with members.lease(place) as exposure:
            expected = blotted(median, grid.wcs, wcs, exposure.shape_of("data"))
            if step.save_intermediate_results:
                save_blot(step, exposure, expected)
            background = sky_of(exposure, step.backg)
            mark(members, place, flag_resampled(exposure.data, error_of(exposure), expected, core, rim, background))


def _flag_by_pixels(members, step) -> None:
    (core, _), shape = limits_of(step), members[0].shape_of("data")
    for member in members:
        if member.shape_of("data") != shape:
            raise GpucalError(
                f"{member.source} has shape {member.shape_of('data')}, and {members[0].source} {shape}: images of "
                "different shapes cannot be compared by pixels; set resample_data to true"
            )
    bad = bad_bits(step.good_bits, "good_bits")
    layers = [PlainImage(members, place, step.weight_type, bad) for place in range(len(members))]
    median = layered_median(layers, shape, step.maskpt, budget_of(members))
    if step.save_intermediate_results:
        save_median(step, members, None, median)
    for place in range(len(members)):
        with members.lease(place) as exposure:
            outliers = flag_plain(exposure.data[None], error_of(exposure)[None], median[None], core.snr)
            mark(members, place, outliers[0])


def check_axes(members, number: int, what: str) -> None:
    """See that the data of all members have so many axes.

    Raises
    ------
    GpucalError
        If they have not.
    """
    for member in members:
        shape = member.shape_of("data")
        if shape is None or len(shape) != number:
            raise GpucalError(f"{member.source}: its data, of shape {shape}, are not {what}")


def limits_of(step) -> tuple[Limits, Limits]:
    """What the cores of outliers, and the pixels beside them, differ by, as parameters tell it.

    Raises
    ------
    GpucalError
        If one of these is not two numbers, or one of the numbers will not do.
    """
    snr, scale = _two_numbers("snr", step.snr), _two_numbers("scale", step.scale)
    if min(snr) == 0:
        raise GpucalError(f"snr is {step.snr!r}; both numbers have to be larger than 0")
    return tuple(map(Limits, snr, scale))


def _two_numbers(name: str, text: str) -> list[float]:
    try:
        first, second = map(float, str(text).split())
    except ValueError as error:
        raise GpucalError(f"{name} is two numbers, such as '5.0 4.0', not {text!r}") from error
    if not (0 <= first < math.inf and 0 <= second < math.inf):
        raise GpucalError(f"{name} is {text!r}; its numbers have to be finite, and not below 0")
    return [first, second]


def sky_of(exposure, otherwise: float) -> float:
    """The level that an exposure is above the median: that of its sky, where the header has it and says it is there."""
    background = exposure.meta.background
    if background.subtracted is False and background.level is not None:
        return background.level
    return otherwise


def budget_of(members) -> int | None:
    """Bytes for images of which a median is made: a half of what members may hold, and no less than kernels have."""
    return None if members.nbytes is None else max(members.nbytes // 2, current_backend().scratch_bytes)
