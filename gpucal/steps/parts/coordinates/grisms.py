"""World coordinates of spectra without slits, and the keywords that tell of them."""

import logging

from gpucal.errors import GpucalError
from gpucal.reference import ReferenceFileError
from gpucal.reference.trees import part_of, tree_of
from gpucal.steps.parts.coordinates.images import approximate, sip_options
from gpucal.wcs.modes.grisms import (
    Traces,
    grism_wcs,
    miri_dispersion,
    nircam_dispersion,
    niriss_dispersion,
    series_wcs,
)
from gpucal.wcs.modes.imaging import image_bounds, imaging_wcs
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

# Along rows (1) or columns (2), by the element that disperses.
_DIRECTIONS = {"GR150C": 1, "GR150R": 2, "GRISMR": 1, "GRISMC": 2}
_PRISM_DIRECTION = 2

# Traces of the prism of MIRI are known too little for a better way back by FITS keywords, pixels.
_MIRI_INVERSE_ERROR = 0.02


def give_grism(exposure, references, step) -> None:
    """Give an exposure of a field the coordinates of its spectra, and keywords of those of the direct image.

    Parameters
    ----------
    exposure : Exposure
        Edited in place.
    references : StepReferences
        Its ``distortion``, ``specwcs`` and, if there is one, ``filteroffset`` are used.
    step : Step
        Has parameters of the approximation by FITS keywords.

    Raises
    ------
    ReferenceFileError
        If the specwcs reference lacks what is needed.
    GpucalError
        If the header does, or the grism in it is none.
    """
    distortion, offsets = _optics(references)
    give = {"NIRISS": _niriss, "NIRCAM": _nircam, "MIRI": _miri}[str(exposure.meta.instrument.name).upper()]
    dispersion, direction = give(exposure, traces_of(references["specwcs"]))
    exposure.set_wcs(grism_wcs(exposure, distortion, dispersion, offsets).to_tree())
    _tell(exposure, direction)
    options = sip_options(step)
    if options is None:
        return
    if exposure.meta.instrument.name == "MIRI" and options.max_inverse_error < _MIRI_INVERSE_ERROR:
        log.info("The way back by FITS keywords may be wrong by %g pixel in spectra of MIRI", _MIRI_INVERSE_ERROR)
        options = options._replace(max_inverse_error=_MIRI_INVERSE_ERROR)
    approximate(exposure, _on_whole_image(imaging_wcs(exposure, distortion, offsets), exposure), options)


def give_grism_series(exposure, references, step) -> None:
    """Give a series of the spectrum of one source its coordinates; see `give_grism`.

    Parameters
    ----------
    exposure, references
        See `give_grism`.
    step : Step
        Has no parameters for such exposures.
    """
    instrument, place = exposure.meta.instrument, exposure.meta.wcsinfo
    if instrument.module != "A":
        raise GpucalError(f"{exposure.source}: a series of spectra of NIRCam is of module A, and MODULE is "
                          f"{instrument.module}; correct the header")  # fmt: skip
    if str(instrument.pupil).upper() != "GRISMR":
        raise GpucalError(f"{exposure.source}: PUPIL is {instrument.pupil}; series of spectra are calibrated where it "
                          "is GRISMR, so far")  # fmt: skip
    if None in (place.siaf_xref_sci, place.siaf_yref_sci):
        raise GpucalError(f"{exposure.source}: the header lacks XREF_SCI or YREF_SCI, where the source is")
    distortion, offsets = _optics(references)
    # The way back across the dispersion has no use along rows.
    traces = traces_of(references["specwcs"])._replace(invdispy=None)
    wcs = series_wcs(exposure, distortion, nircam_dispersion(traces, "GRISMR"), offsets)
    exposure.set_wcs(wcs.to_tree())
    _tell(exposure, _DIRECTIONS["GRISMR"])


def traces_of(specwcs) -> Traces:
    """What a specwcs reference says of traces.

    Raises
    ------
    ReferenceFileError
        If it lacks something that all have.
    """
    tree = tree_of(specwcs)
    missing = [name for name in Traces._fields if name not in (*tree, *Traces._field_defaults)]
    if missing:
        raise ReferenceFileError(f"{specwcs.label} holds no {', '.join(missing)}: it is not one of a grism")
    return Traces(**{name: tree.get(name) for name in Traces._fields})


def _optics(references):
    offsets, _ = references["filteroffset"], references["wavelengthrange"]
    return part_of(references["distortion"], "model"), offsets and part_of(offsets, "filters")


def _niriss(exposure, traces: Traces):
    instrument = exposure.meta.instrument
    if instrument.filter not in _DIRECTIONS:
        raise GpucalError(f"{exposure.source}: FILTER is {instrument.filter}, which is no grism (GR150C or GR150R)")
    if instrument.filter_position is None:
        raise GpucalError(f"{exposure.source}: the header lacks FWCPOS, the angle of the wheel with the grism")
    if traces.fwcpos_ref is None or traces.invdispl is None:
        raise ReferenceFileError(f"{exposure.source}: its specwcs reference lacks fwcpos_ref or invdispl")
    dispersion = niriss_dispersion(traces, instrument.filter, float(instrument.filter_position))
    return dispersion, _DIRECTIONS[instrument.filter]


def _nircam(exposure, traces: Traces):
    pupil = exposure.meta.instrument.pupil
    if pupil not in _DIRECTIONS:
        raise GpucalError(f"{exposure.source}: PUPIL is {pupil}, which is no grism (GRISMR or GRISMC)")
    return nircam_dispersion(traces, pupil), _DIRECTIONS[pupil]


def _miri(exposure, traces: Traces):
    if traces.invdispl is None:
        raise ReferenceFileError(f"{exposure.source}: its specwcs reference lacks invdispl")
    return miri_dispersion(traces), _PRISM_DIRECTION


def _tell(exposure, direction: int) -> None:
    keywords = exposure.meta.wcsinfo
    keywords.specsys, keywords.dispersion_direction = "BARYCENT", direction


def _on_whole_image(wcs: Wcs, exposure) -> Wcs:
    """The same WCS, valid on all pixels of the image."""
    first, *others = wcs.transforms
    bounds = {"bounding_box": image_bounds(first, exposure.shape_of("data"))}
    return Wcs(wcs.frames, (type(first)({**first, **bounds}, first._tag), *others))
