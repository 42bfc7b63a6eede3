"""The brightness of each integration of a series: the light of its star, in an aperture or at all wavelengths.

Steps are imported where they are used: stage 1 of other exposures has no use for them.

Source: the "median_image" background of ``clean_flicker_noise``,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/clean_flicker_noise/main.html.
"""

import numpy as np

from gpucal.core.run.inner import run_inside
from gpucal.data import Exposure
from gpucal.errors import SkipStep
from gpucal.steps.parts.flicker.nirspec_scene import has_coordinates

IMAGE_TYPES, SERIES_OF_VISITS = ("NRC_TSIMAGE",), ("MIR_IMAGE",)
SPECTRUM_TYPES = ("NRS_BRIGHTOBJ", "NRC_TSGRISM")


def is_of_images(exposure: Exposure) -> bool:
    """Whether an exposure is a series of images."""
    kind = str(exposure.meta.exposure.type).upper()
    return kind in IMAGE_TYPES or (kind in SERIES_OF_VISITS and bool(exposure.meta.visit.tsovisit))


def brightness_steps(exposure: Exposure) -> tuple:
    """The steps that measure the brightness of integrations, in order; none of an exposure that is no series."""
    is_spectrum = str(exposure.meta.exposure.type).upper() in SPECTRUM_TYPES
    if not (is_spectrum or is_of_images(exposure)):
        return ()
    from gpucal.steps.pointing.assign_wcs import AssignWcsStep

    before = () if has_coordinates(exposure) else (AssignWcsStep("draft assign_wcs"),)
    if not is_spectrum:
        from gpucal.steps.series.tso_photometry import TSOPhotometryStep

        return (*before, TSOPhotometryStep("draft tso_photometry"))
    from gpucal.steps.spectra.extract_1d import Extract1dStep
    from gpucal.steps.spectra.extract_2d import Extract2dStep

    return (*before, Extract2dStep("draft extract_2d"), Extract1dStep("draft extract_1d"))


def series_brightness(draft: Exposure, flat, steps: tuple, references):
    """The brightness of each integration, relative to the median of all.

    Parameters
    ----------
    draft : Exposure
        Rates of integrations; not edited.
    flat : (ny, nx) float32 array or None
        What they are divided by.
    steps : tuple of Step
        Those of `brightness_steps`.
    references : StepReferences
        Those of the step that has use of it.

    Returns
    -------
    (nints,) float32 array or None
        On the host. An integration without a brightness gets the median of the others; None if none has one.
    """
    rates = draft.copy()
    if flat is not None:
        rates.data = rates.data / flat
    try:
        for step in steps:
            rates = run_inside(step, rates, references.run)
            if step.class_alias == "extract_2d":
                rates.source_type = "POINT"
    except SkipStep as reason:
        raise SkipStep(f"the brightness of integrations is not known: {reason}", status="FAILED") from reason
    if is_of_images(draft):
        light = np.asarray(rates.table["aperture_sum"].value, float)
    else:
        light = np.nansum(rates.spectra[0].column("FLUX"), axis=1)
    middle = np.nanmedian(light) if np.isfinite(light).any() else np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = light / middle
    finite = np.isfinite(relative)
    if not finite.any():
        return None
    return np.where(finite, relative, np.median(relative[finite])).astype(np.float32)
