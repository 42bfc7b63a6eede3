"""The background of a field of spectra without slits: a reference of it, scaled to the exposure.

Every place of the sky sends light of each wavelength to another pixel, so that even an even sky has a pattern, the same
in all exposures with a grism and a filter. Source: see `gpucal.kernels.background.template_scale`.
"""

import logging
import math

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.data import InputError
from gpucal.data.reading import expand
from gpucal.errors import GpucalError, SkipStep
from gpucal.kernels.background.template_scale import Clipping, template_scale
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.startup.lazy import fits
from gpucal.steps.parts.sky.dispersed_sources import outside_sources

log = logging.getLogger(__name__)

LEAST_USABLE = 0.05  # of all pixels, to fit the background


def subtract_field_background(step, exposure, references) -> None:
    """Subtract the reference of the background, scaled to the pixels between the spectra.

    Parameters
    ----------
    step : BackgroundStep
        Has the parameters.
    exposure : Exposure
        A field of spectra, edited in place: its data, flags, the ``mask`` of the pixels that were fitted (1), and
        BKGD_SCL.
    references : StepReferences
        Its ``bkg`` and ``wavelengthrange``.

    Raises
    ------
    SkipStep
        If there is no reference; as FAILED, if too few pixels show the background or none can be fitted.
    InputError
        If the user's mask is not of the exposure.
    GpucalError
        If the fit shall stop at a scatter along the dispersion and the header does not tell the direction, or all
        pixels would be outliers.
    """
    reference, ranges = references["bkg"], references["wavelengthrange"]
    if reference is None:
        raise SkipStep("there is no bkg reference")
    clipping = _clipping(step, exposure)
    template = reference.array("data", exposure)
    if step.wfss_mask is not None:
        mask, least, has_light = _users_mask(step.wfss_mask, exposure), 0.0, True
    else:
        mask, least = outside_sources(exposure, ranges, step.wfss_mmag_extract), LEAST_USABLE
        has_light = template != 0
    exposure.mask = mask.astype(np.uint32)
    exposure.meta.background.scaling_factor = 0.0
    good = int((mask & has_light & (exposure.dq & DO_NOT_USE == 0)).sum())
    if good <= int(least * mask.size):
        raise SkipStep(f"{good} pixels show background alone, which are too few", status="FAILED")
    scale = template_scale(exposure.data, exposure.err, template, mask, clipping)
    if not math.isfinite(scale):
        raise SkipStep("the reference of the background has no values where the exposure has", status="FAILED")
    exposure.data -= (scale * template).astype(np.float32)
    if (flags := reference.array("dq", exposure)) is not None:
        exposure.dq |= flags
    exposure.meta.background.scaling_factor = scale
    log.info("Background: %.5g times the reference, fitted to %d pixels", scale, good)


def _clipping(step, exposure) -> Clipping:
    if not 0 <= step.wfss_outlier_percent < 50:
        raise GpucalError(f"wfss_outlier_percent is {step.wfss_outlier_percent:g}; give 0 or more, and less than 50")
    gain, direction = step.wfss_rms_stop / 100, exposure.meta.wcsinfo.dispersion_direction
    if gain > 0 and direction not in (1, 2):
        raise GpucalError(
            f"{exposure.source}: wfss_rms_stop needs the direction of the dispersion, DISPAXIS, and the header has "
            f"{direction}; run assign_wcs first"
        )
    return Clipping(step.wfss_maxiter, step.wfss_outlier_percent, gain, (direction or 1) - 1)


def _users_mask(path, exposure):
    """The mask that a user gives, bool: True where there is background."""
    try:
        mask = fits.getdata(expand(path), "MASK") != 0
    except KeyError:
        raise InputError(f"{path}: has no extension MASK, with 1 where there is background and 0 in sources") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read as a mask of sources ({error})") from error
    if mask.shape != exposure.data.shape:
        raise InputError(f"{path}: its mask is {mask.shape} pixels, and {exposure.source} is {exposure.data.shape}")
    return current_backend().asarray(mask, TABLES)
