"""The badpix_selfcal step."""

import logging
from copy import copy
from dataclasses import replace
from typing import ClassVar

import numpy as np

from gpucal.backend import current_backend
from gpucal.core import GpucalError, SkipStep, Step
from gpucal.data import Exposure, InputError, open_exposure
from gpucal.kernels.images.self_calibration import flag_bad, unusual_pixels
from gpucal.kernels.statistics.large_sample import median_of
from gpucal.readouts.mrs import CHANNELS, detector_of, gap_of

log = logging.getLogger(__name__)

PLANES = ("data", "err", "var_poisson", "var_rnoise", "var_flat")

# The window of the median, by the axis of the image along which light is dispersed: rows and columns.
ALONG = {1: lambda length: (1, length), 2: lambda length: (length, 1), None: lambda length: (length, length)}


class BadpixSelfcalStep(Step):
    """Flag pixels that are too bright or too dark for where they are in all exposures, whatever these looked at.

    The least of the exposure, of the backgrounds and of the members with role selfcal of its association is compared
    with its median along the dispersion. Always the same share of the pixels is flagged, half of it too bright and half
    too dark unless parameters say otherwise; the log tells how many, and by how much. Flags are DO_NOT_USE and
    OTHER_BAD_PIXEL, and values become NaN, in the backgrounds, too, before they are subtracted.

    Notes
    -----
    The rule is in `gpucal.kernels.images.self_calibration`. From exposures of MIRI's medium resolution spectrometer the
    level between the channels is subtracted first.
    """

    class_alias = "badpix_selfcal"
    spec = """
        flagfrac_lower = float(default=0.001, min=0.0, max=0.5)  # share of the pixels that are flagged as too dark
        flagfrac_upper = float(default=0.001, min=0.0, max=0.5)  # share of the pixels that are flagged as too bright
        kernel_size = integer(default=15, min=1)  # pixels of the running median, odd
        force_single = boolean(default=False)  # go on where there is nothing but the exposure itself
        save_flagged_bkg = boolean(default=False)  # save the flagged backgrounds, too
        skip = boolean(default=True)  # leave this step out
    """
    input_types = ("ImageModel", "IFUImageModel")
    uses_other_members = True
    given: ClassVar[dict] = {}

    def run(self, source, selfcal_list=None, bkg_list=None):
        """As `Step.run`; members of both roles may be given beside the exposure, as files or open models."""
        step = copy(self)
        step.__dict__["given"] = {"selfcal": list(selfcal_list or ()), "background": list(bkg_list or ())}
        return Step.run(step, source)

    def process(self, exposure, references):
        """Flag bad pixels.

        Raises
        ------
        SkipStep
            If there is no other exposure, unless ``force_single`` is set.
        GpucalError
            If a member has another shape, or the length of the median is even.
        """
        if self.kernel_size % 2 == 0:
            raise GpucalError(f"kernel_size is {self.kernel_size}; a window about a pixel has an odd number of them")
        backgrounds, others = (self.members(exposure, role) for role in ("background", "selfcal"))
        if not backgrounds and not others and not self.force_single:
            raise SkipStep(
                "no member of the association is a background or has role selfcal; with force_single, the exposure "
                "alone tells"
            )
        opened = [open_exposure(one) for one in backgrounds]
        found = self.unusual(exposure, opened, others)
        for one in (exposure, *opened):
            flag_bad(found.mask, one.dq, [getattr(one, name) for name in PLANES if one.has(name)])
        log.info(
            "%s: %d pixels (%.3g%%) are flagged: those below the median about them by more than %.4g, or above it by "
            "more than %.4g, the shares that are asked for",
            exposure.source, int(found.mask.sum()), 100 * float(found.mask.mean()), -found.low, found.high,
        )  # fmt: skip
        if opened:
            membership = exposure.membership
            exposure.membership = replace(membership, others={**membership.others, "background": opened})
        if self.save_flagged_bkg:
            for number, one in enumerate(opened):
                self.save(one.copy(), f"badpix_selfcal_bkg_{number}")
        return exposure

    def members(self, exposure: Exposure, role: str) -> list:
        """The members of a role: those given beside the exposure, then those of its association."""
        return [*self.given.get(role, ()), *exposure.membership.of_role(role)]

    def unusual(self, exposure: Exposure, backgrounds: list[Exposure], others: list):
        """The pixels that stand out in the least of all exposures; others are opened one after the other."""
        xp, least = current_backend().xp, light_of(exposure, exposure)
        for one in (*backgrounds, *others):
            other = one if isinstance(one, Exposure) else open_exposure(one)
            least = xp.fmin(least, light_of(other, exposure))
            if not any(other is background for background in backgrounds):
                other.release()
        axis = exposure.meta.wcsinfo.dispersion_direction
        if axis not in ALONG:
            raise InputError(f"{exposure.source}: keyword DISPAXIS is {axis}; it has to be 1 or 2")
        if axis is None:
            log.warning("%s: no keyword DISPAXIS tells the dispersion: the median is that of a square", exposure.source)
        return unusual_pixels(least, ALONG[axis](self.kernel_size), self.flagfrac_lower, self.flagfrac_upper)


def light_of(exposure: Exposure, science: Exposure):
    """The rates of an exposure; without the level between the channels if that is known."""
    if exposure.shape_of("data") != science.shape_of("data"):
        its, mine = exposure.shape_of("data"), science.shape_of("data")
        raise InputError(f"{exposure.source}: has shape {its}, and {science.source}, which it is to tell of, {mine}")
    log.info("%s tells of bad pixels", exposure.source)
    if str(science.meta.instrument.detector).upper() not in CHANNELS:
        return exposure.data
    gap = gap_of(detector_of(science), exposure.data).ravel()
    known = gap[~current_backend().xp.isnan(gap)]
    return exposure.data - np.float32(median_of(known) if known.size else np.nan)
