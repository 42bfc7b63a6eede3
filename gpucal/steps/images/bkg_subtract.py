"""The bkg_subtract step."""

import logging
from collections.abc import Sequence
from copy import copy
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.core import SkipStep, Step
from gpucal.data import Exposure, InputError, open_exposure
from gpucal.data.reading import expand
from gpucal.kernels.images.clipped_mean import ClippedMean, clipped_mean, error_of_mean
from gpucal.readouts.subarray import Region, SubarrayError, region_of
from gpucal.steps.parts.grism_types import SOSS_TYPE

log = logging.getLogger(__name__)


def _of_field(step, exposure, references) -> None:
    from gpucal.steps.parts.sky.field_background import subtract_field_background  # of no use to others

    subtract_field_background(step, exposure, references)


def _of_soss(step, exposure, references) -> None:
    from gpucal.steps.parts.sky.soss_background import subtract_soss_background  # of no use to others

    subtract_soss_background(step, exposure, references)


# Exposures whose background comes from a reference: who subtracts it, and with which types of references.
FROM_REFERENCE = {
    **dict.fromkeys(("NIS_WFSS", "NRC_WFSS", "MIR_WFSS"), (_of_field, ("bkg", "wavelengthrange"))),
    SOSS_TYPE: (_of_soss, ("bkg",)),
}

# How far the grating wheel of NIRSpec may have turned between science and background.
TILT_TOLERANCE = 1e-8


class Sky(NamedTuple):
    """One background on the pixels of the science exposure.

    Attributes
    ----------
    data, variance : (ny, nx) float32 array
        Rates and their variances; NaN where the background has no pixel.
    dq : (ny, nx) uint32 array
        Flags.
    """

    data: np.ndarray
    variance: np.ndarray
    dq: np.ndarray


class BackgroundStep(Step):
    """Subtract the mean of background exposures from rates or, of fields of spectra and SOSS, a scaled reference.

    Backgrounds are the members of that role in the association or, without these, the files of ``bkg_list``. Each
    pixel's values are averaged without outliers; of integrations, first those of each background. Flags of all
    backgrounds are added to DQ; errors stay as they are. With ``save_combined_background``, the mean is saved in a
    product of its own, with suffix ``combinedbackground``.

    Of a field of spectra without slits, the ``bkg`` reference is scaled to the pixels outside of the spectra of all
    sources of the catalogue, or in the user's mask ``wfss_mask``, and subtracted. These pixels are kept as ``mask``,
    and the scale as BKGD_SCL.

    Of SOSS, the ``bkg`` reference has templates with a step. The one that fits best is scaled on both sides of its
    step, one factor for all integrations each, and subtracted.

    Notes
    -----
    The mean is that of `gpucal.kernels.images.clipped_mean`, the scale that of
    `gpucal.kernels.background.template_scale`, the factors of templates are those of
    `gpucal.kernels.background.template_match`.
    """

    class_alias = "bkg_subtract"
    spec = """
        bkg_list = force_list(default=None)  # files of backgrounds, or open models, where no association names them
        save_combined_background = boolean(default=False)  # save the mean of the backgrounds, too
        sigma = float(default=3.0)  # standard deviations within which values are averaged
        maxiters = integer(default=None)  # rounds of clipping at most; None for as many as it takes
        soss_source_percentile = float(default=35.0)  # slitless series of NIRISS: percentile that masks the source
        soss_bkg_percentile = float_list(min=2, max=2, default=None)  # slitless series: percentiles of the background
        wfss_mmag_extract = float(default=None)  # slitless fields: faintest source that is masked, magnitudes
        wfss_mask = string(default=None)  # slitless fields: file with a mask of sources
        wfss_maxiter = integer(default=5)  # slitless fields: rounds of rejecting outliers
        wfss_rms_stop = float(default=0)  # slitless fields: improvement of the spread at which to stop, percent
        wfss_outlier_percent = float(default=1)  # slitless fields: outliers rejected in a round, percent
    """
    reference_file_types = ("bkg", "wavelengthrange")
    optional_references = reference_file_types
    input_types = ("ImageModel", "CubeModel", "IFUImageModel")
    uses_other_members = True

    @classmethod
    def call(cls, source, bkg_list=None, **parameters):
        """As `Step.call`; backgrounds may be given beside the exposure, as files or open models."""
        return super().call(source, **parameters, **_given(bkg_list))

    def run(self, source, bkg_list=None):
        """As `Step.run`; backgrounds may be given beside the exposure, as files or open models."""
        step = copy(self)
        step.__dict__.update(_given(bkg_list))
        return Step.run(step, source)

    def uses(self, exposure):
        """None where what is subtracted comes from exposures."""
        return FROM_REFERENCE.get(_type_of(exposure), (None, ()))[1]

    def product_suffix(self, exposure):
        """In a pipeline ``bsub``, or ``bsubints`` of integrations."""
        if self.suffix or self.parent is None:
            return super().product_suffix(exposure)
        return "bsubints" if exposure.model_type == "CubeModel" else "bsub"

    def process(self, exposure, references):
        """Subtract the mean of the backgrounds, or a reference.

        Raises
        ------
        SkipStep
            If there is no background, or the grating of NIRSpec stood otherwise; of a field of spectra, see
            `gpucal.steps.parts.sky.field_background`; or none of the templates of SOSS fits.
        """
        kind = _type_of(exposure)
        if kind in FROM_REFERENCE:
            subtract, _ = FROM_REFERENCE[kind]
            subtract(self, exposure, references)
            return exposure
        backgrounds = [self.opened(source, exposure) for source in self.sources(exposure)]
        if exposure.meta.instrument.name == "NIRSPEC" and not all(_same_grating(exposure, one) for one in backgrounds):
            raise SkipStep("the grating wheel stood otherwise in a background (GWA_XTIL, GWA_YTIL)")
        skies = [self.sky(one, exposure) for one in backgrounds]
        xp = current_backend().xp
        stack = xp.stack([sky.data for sky in skies])
        mean = clipped_mean(stack, self.sigma, self.maxiters)
        exposure.data -= mean.mean
        exposure.dq |= joined([sky.dq for sky in skies])
        if self.save_combined_background:
            self.save_mean(exposure, stack, skies, mean)
        return exposure

    def sources(self, exposure) -> Sequence:
        """The files of the backgrounds, or open models."""
        sources = exposure.membership.of_role("background") or [one for one in self.bkg_list or () if one]
        if not sources:
            raise SkipStep("there is no background, neither in an association nor in bkg_list")
        return sources

    def opened(self, source, exposure) -> Exposure:
        """A background, of the same kind as the exposure."""
        background = open_exposure(source)
        path = background.source
        is_file = isinstance(source, str | PathLike)
        if is_file and expand(source).absolute() == Path(exposure.source).absolute():
            raise InputError(f"{path}: is the exposure itself, and cannot be its background")
        for what, its, mine in (
            ("of type", background.model_type, exposure.model_type),
            ("in", background.meta.bunit_data, exposure.meta.bunit_data),
            ("of detector", background.meta.instrument.detector, exposure.meta.instrument.detector),
            ("of grating", background.meta.instrument.grating, exposure.meta.instrument.grating),
        ):
            if its != mine:
                told = f"{background.source}: is {what} {its}, and cannot be the background of {exposure.source}"
                raise InputError(f"{told}, which is {what} {mine}")
        if background.meta.instrument.filter != exposure.meta.instrument.filter:
            its = background.meta.instrument.filter
            log.warning("%s was taken with filter %s, and is subtracted", background.source, its)
        return background

    def sky(self, background: Exposure, exposure: Exposure) -> Sky:
        """A background on the pixels of the exposure; of integrations, their mean without outliers."""
        log.info("Background %s", background.source)
        data, variance, dq = background.data, background.err * background.err, background.dq
        if data.ndim == 3:
            data, variance = (clipped_mean(stack, self.sigma, self.maxiters).mean for stack in (data, variance))
            dq = joined(dq)
        mine, its = _region(exposure), _region(background)
        if mine.shared_with(its) != mine:
            log.warning("%s lacks pixels of %s: there nothing is subtracted", background.source, exposure.source)
        background.release()
        nan = np.float32(np.nan)
        return Sky(*map(on_pixels_of, (data, variance, dq), (its,) * 3, (mine,) * 3, (nan, nan, np.uint32(0))))

    def save_mean(self, exposure, stack, skies, mean: ClippedMean) -> None:
        """Save the mean of the backgrounds with its error and flags."""
        xp = current_backend().xp
        error = error_of_mean(stack, xp.stack([sky.variance for sky in skies]), mean)
        combined = exposure.blank("ImageModel", data=mean.mean, err=error, dq=joined([sky.dq for sky in skies]))
        self.save(combined, "combinedbackground")


def _type_of(exposure) -> str:
    return str(exposure.meta.exposure.type).upper()


def _given(bkg_list) -> dict:
    """The parameter for backgrounds that are given beside an exposure: some, a single one, or none."""
    if bkg_list is None:
        return {}
    if isinstance(bkg_list, str):  # as on the command line: names with commas between them
        bkg_list = [name.strip() for name in bkg_list.split(",")]
    return {"bkg_list": list(bkg_list) if isinstance(bkg_list, list | tuple) else [bkg_list]}


def on_pixels_of(plane, its: Region, mine: Region, empty):
    """A plane of one region on the pixels of another: ``empty`` where it has none."""
    moved = current_backend().xp.full((mine.ysize, mine.xsize), empty)
    if (shared := mine.shared_with(its)) is not None:
        shared.within(mine).of(moved)[...] = shared.within(its).of(plane)
    return moved


def joined(flags):
    """The flags of all images of a stack."""
    all_flags = flags[0].copy()
    for one in flags[1:]:
        all_flags |= one
    return all_flags


def _region(exposure: Exposure) -> Region:
    try:
        return region_of(exposure.meta, exposure.shape_of("data"))
    except SubarrayError as error:
        raise InputError(f"{exposure.source}: {error}") from error


def _same_grating(first: Exposure, second: Exposure) -> bool:
    mine, its = first.meta.instrument, second.meta.instrument
    pairs = ((mine.gwa_xtilt, its.gwa_xtilt), (mine.gwa_ytilt, its.gwa_ytilt))
    return all(None not in pair and abs(pair[0] - pair[1]) <= TILT_TOLERANCE for pair in pairs)
