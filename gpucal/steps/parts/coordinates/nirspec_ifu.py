"""World coordinates of integral fields of NIRSpec, and the keywords that tell of them."""

import logging

from gpucal.backend import current_backend
from gpucal.backend.traffic import EXPOSURE
from gpucal.errors import GpucalError
from gpucal.reference.trees import part_of
from gpucal.steps.parts.coordinates.field_types import COLOURS, SLICER
from gpucal.steps.parts.coordinates.nirspec import (
    BEYOND_SLITS,
    ends_of_slits,
    made_of,
    optics_from,
    tell_missing,
    tell_spectrum,
    trees_from,
)
from gpucal.wcs.footprint import box_on_sky, s_region
from gpucal.wcs.modes.nirspec.ifu import check_light, ifu_wcs
from gpucal.wcs.modes.nirspec.slice_map import SHAPE, labels_of, with_slice_map
from gpucal.wcs.modes.nirspec.slice_transforms import slicer_of
from gpucal.wcs.modes.nirspec.wavelength_range import is_lit_by_lamp

log = logging.getLogger(__name__)


def give_ifu(exposure, references, step) -> None:
    """Give an exposure of the IFU its coordinates.

    Those of the sky have the image of slices in front, which is kept as ``regions``; those of lamps, and all with
    ``nrs_ifu_slice_wcs``, take the number of a slice as the third coordinate.

    Parameters
    ----------
    exposure : Exposure
        Edited in place.
    references : StepReferences
        Those of `gpucal.steps.parts.coordinates.field_types.NIRSPEC_IFU_REFERENCES`.
    step : Step
        ``slit_y_low`` and ``slit_y_high`` are the ends of slices; ``nrs_ifu_slice_wcs``.

    Raises
    ------
    NoScienceData
        If no light comes to the detector.
    ReferenceFileError
        If there is no reference of a type that is needed, or it lacks something.
    ParameterError
        If slices would end before they begin.
    GpucalError
        If the header lacks something, or the exposure is no whole frame.
    """
    ends = ends_of_slits(step)
    shape = exposure.shape_of("data")
    if shape != SHAPE:
        raise GpucalError(
            f"{exposure.source}: has shape {shape}, and exposures of the integral field are full frames, {SHAPE}"
        )
    check_light(exposure)
    tell_missing(exposure)
    is_lamp = is_lit_by_lamp(exposure.meta)
    optics = optics_from(exposure, references, ("msa", *BEYOND_SLITS) if is_lamp else ("msa",))
    slicer = made_of(trees_from(exposure, references, SLICER), exposure, slicer_of)
    colours = references[COLOURS]  # headers tell of it, used or not
    correction = None if is_lamp else _correction(exposure, colours)
    wcs = ifu_wcs(exposure, optics, slicer, correction, ends)
    tell_spectrum(exposure.meta, optics)
    if is_lamp:
        exposure.set_wcs(wcs.to_tree())
        exposure.meta.wcsinfo.s_region = None
        return
    labels = labels_of(wcs)
    on_map = with_slice_map(wcs, labels)
    exposure.set_wcs((wcs if step.nrs_ifu_slice_wcs else on_map).to_tree())
    exposure.regions = current_backend().asarray(labels, EXPOSURE)
    corners, wavelengths = box_on_sky(exposure.ifu_slices.world)
    keywords = exposure.meta.wcsinfo
    keywords.s_region, keywords.spectral_region = s_region(corners), list(wavelengths)


def _correction(exposure, colours):
    """The transform of the chromcorr reference; None without one."""
    if colours is None:
        log.warning("%s: there is no chromcorr reference: places on the sky are not corrected for the colours of the "
                    "fore optics", exposure.source)  # fmt: skip
        return None
    return part_of(colours, "model")
