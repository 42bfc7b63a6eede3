"""World coordinates of NIRSpec, and the keywords that tell of them."""

import logging
from pathlib import Path

from gpucal.core.config.parameters import ParameterError
from gpucal.errors import GpucalError
from gpucal.reference import ReferenceFileError
from gpucal.reference.trees import tree_of
from gpucal.steps.parts.coordinates.images import keep_coordinates, sip_options
from gpucal.steps.parts.image_types import NIRSPEC_IMAGE_TYPES
from gpucal.wcs.modes.nirspec.disperser import MIRROR
from gpucal.wcs.modes.nirspec.fixed_slits import BRIGHT_OBJECT_SLIT, fixed_slit, fixed_slits_of
from gpucal.wcs.modes.nirspec.imaging import imaging_wcs
from gpucal.wcs.modes.nirspec.msa_file import Configuration, MsaFileError, pitch_scales, slitlets_of
from gpucal.wcs.modes.nirspec.open_slits import OpenSlit
from gpucal.wcs.modes.nirspec.optics import Optics, optics_of
from gpucal.wcs.modes.nirspec.slits import slits_wcs
from gpucal.wcs.modes.nirspec.wavelength_range import LAMP_TYPES, OPAQUE, is_lit_by_lamp

log = logging.getLogger(__name__)

NIRSPEC_REFERENCES = ("wavelengthrange", "camera", "collimator", "disperser", "fore", "fpa", "msa", "ote")

# Exposures of lamps are of the mode whose slits they light, in the keyword LAMP_MODE.
_TOLD_BY_MODE = ("NRS_LAMP", "NRS_AUTOWAVE")
_LAMP_MODES = {"FIXEDSLIT": "NRS_FIXEDSLIT", "BRIGHTOBJ": "NRS_FIXEDSLIT", "MSASPEC": "NRS_MSASPEC", "IFU": "NRS_IFU"}

# Spectra of the sky.
_FROM_THE_SKY = ("NRS_FIXEDSLIT", "NRS_MSASPEC", "NRS_BRIGHTOBJ", "NRS_IFU")

# Ends of slits that are possible, in units of their height: all rows of a quadrant, and more.
_FARTHEST = 1000

# Rows and columns of the whole detector.
_WHOLE = 2048, 2048

# What light of lamps does not reach.
BEYOND_SLITS = ("fore", "ote")


def kind_of_nirspec(meta) -> str:
    """The type of exposures whose coordinates an exposure has.

    Images are told by the mirror in the wheel, those of lamps by the slits that they light.
    """
    kind = str(meta.exposure.type).upper()
    if str(meta.instrument.grating).upper() == MIRROR:
        return NIRSPEC_IMAGE_TYPES[0]
    return _LAMP_MODES.get(str(meta.instrument.lamp_mode).upper(), kind) if kind in _TOLD_BY_MODE else kind


def give_slits(exposure, references, step) -> None:
    """Give an exposure of slits its coordinates, with the number of a slit as the third.

    Parameters
    ----------
    exposure : Exposure
        Edited in place.
    references : StepReferences
        Those of `NIRSPEC_REFERENCES`.
    step : Step
        ``slit_y_low`` and ``slit_y_high`` are the ends of slits.

    Raises
    ------
    NoScienceData
        If the light of no slit falls on the detector.
    ReferenceFileError
        If there is no reference of a type that is needed.
    MsaFileError
        If the metadata file of the shutters is missing, or cannot be used.
    ParameterError
        If slits would end before they begin.
    GpucalError
        If the header lacks something.
    """
    ends = ends_of_slits(step)
    tell_missing(exposure)
    optics = optics_from(exposure, references, () if not is_lit_by_lamp(exposure.meta) else BEYOND_SLITS)
    slits = _SLITS[kind_of_nirspec(exposure.meta)](exposure, optics, ends)
    wcs = slits_wcs(exposure, optics, slits)
    exposure.set_wcs(wcs.to_tree())
    tell_spectrum(exposure.meta, optics)
    if is_lit_by_lamp(exposure.meta):
        exposure.meta.wcsinfo.s_region = None


def ends_of_slits(step) -> tuple[float, float]:
    """The ends of slits, or slices, that a user wants, in units of their height from the centre.

    Raises
    ------
    ParameterError
        If they would end before they begin.
    """
    ends = step.slit_y_low, step.slit_y_high
    if not -_FARTHEST <= ends[0] < ends[1] <= _FARTHEST:
        told = f"slit_y_low is {ends[0]} and slit_y_high {ends[1]}"
        raise ParameterError(f"{told}: the first has to be less, and both from -{_FARTHEST} to {_FARTHEST}")
    return ends


def tell_missing(exposure) -> None:
    """Warn of keywords without which wavelengths are not as good as they could be.

    Raises
    ------
    GpucalError
        If nothing tells which part of the detector an image shows.
    """
    meta, source = exposure.meta, exposure.source
    corner = {"SUBSTRT1": meta.subarray.xstart, "SUBSTRT2": meta.subarray.ystart}
    if None in corner.values() and tuple(exposure.shape_of("data")[-2:]) != _WHOLE:
        lacking = ", ".join(keyword for keyword, value in corner.items() if value is None)
        raise GpucalError(f"{source}: the header lacks {lacking}, which tell the part of the detector that was read")
    tilts = {"GWA_XTIL": meta.instrument.gwa_xtilt, "GWA_YTIL": meta.instrument.gwa_ytilt}
    if lacking := ", ".join(keyword for keyword, value in tilts.items() if value is None):
        log.warning("%s: the header lacks %s: wavelengths do without the tilt of the grating", source, lacking)
    if meta.wcsinfo.velosys is None and not is_lit_by_lamp(meta):
        log.warning("%s: the header lacks VELOSYS: wavelengths are not corrected to the barycenter", source)


def give_nirspec_image(exposure, references, step) -> None:
    """Give an image its coordinates and, if it shows the sky, its footprint; see `give_slits`."""
    is_dark = exposure.meta.instrument.filter == OPAQUE
    optics = optics_from(exposure, references, ("msa", *BEYOND_SLITS) if is_dark else ("msa",))
    tell_spectrum(exposure.meta, optics)
    wcs = imaging_wcs(exposure, optics)
    if is_dark or str(exposure.meta.exposure.type).upper() not in NIRSPEC_IMAGE_TYPES:
        exposure.set_wcs(wcs.to_tree())
        exposure.meta.wcsinfo.s_region = None if is_dark else exposure.meta.wcsinfo.s_region
        return
    keep_coordinates(exposure, wcs, sip_options(step))


def tell_spectrum(meta, optics: Optics) -> None:
    """Keywords of the spectral order, of its wavelengths and, where a slit is told to be lit, of their direction."""
    keywords, kind = meta.wcsinfo, str(meta.exposure.type).upper()
    order, shortest, longest = optics.spectral_range
    keywords.spectral_order, keywords.waverange_start, keywords.waverange_end = order, shortest, longest
    if kind in _FROM_THE_SKY or str(meta.instrument.lamp_mode).upper() in _LAMP_MODES:
        keywords.specsys = "BARYCENT"
        keywords.dispersion_direction = 1 if kind in (*_FROM_THE_SKY, *LAMP_TYPES) else None


def optics_from(exposure, references, unused) -> Optics:
    """The optics of an exposure, from references by type; those that are not used may be missing.

    Raises
    ------
    ReferenceFileError
        If one that is used is missing, or lacks something.
    """
    trees = dict.fromkeys(NIRSPEC_REFERENCES) | trees_from(exposure, references, NIRSPEC_REFERENCES, unused)
    return made_of(trees, exposure, lambda trees: optics_of(exposure.meta, trees))


def trees_from(exposure, references, kinds, unused=()) -> dict[str, dict]:
    """The trees of references of some types, but for those that are not used.

    Raises
    ------
    ReferenceFileError
        If one is missing.
    """
    found = {kind: references[kind] for kind in kinds}  # all of them, so that headers tell of all
    for kind in unused:
        found.pop(kind)
    for kind, reference in found.items():
        if reference is None:
            instrument = exposure.meta.instrument
            raise ReferenceFileError(
                f"{exposure.source}: there is no {kind} reference, which a WCS of NIRSpec needs, for an exposure with "
                f"GRATING {instrument.grating} and FILTER {instrument.filter}"
            )
    return {kind: tree_of(reference) for kind, reference in found.items()}


def made_of(trees: dict, exposure, make):
    """What is made of the trees of references.

    Raises
    ------
    ReferenceFileError
        If one lacks something.
    """
    try:
        return make(trees)
    except KeyError as missing:
        raise ReferenceFileError(f"{exposure.source}: a reference of assign_wcs holds no {missing}") from missing
    except GpucalError as reason:
        raise GpucalError(f"{exposure.source}: {reason}") from reason


def _bright_object(exposure, optics: Optics, ends) -> list[OpenSlit]:
    return [fixed_slit(BRIGHT_OBJECT_SLIT, *ends, BRIGHT_OBJECT_SLIT)]


def _fixed(exposure, optics: Optics, ends) -> list[OpenSlit]:
    slits = fixed_slits_of(exposure, *ends)
    exposure.meta.instrument.fixed_slit = exposure.meta.instrument.fixed_slit or "NONE"
    return slits


def _shutters(exposure, optics: Optics, ends) -> list[OpenSlit]:
    return slitlets_of(configuration_of(exposure), *ends, pitch_scales(optics.msa))


def configuration_of(exposure) -> Configuration:
    """Which shutters were open in an exposure; their file is looked for beside it.

    Raises
    ------
    MsaFileError
        If the header does not tell.
    """
    meta = exposure.meta
    told = {
        "MSAMETFL": meta.instrument.msa_metadata_file,
        "MSAMETID": meta.instrument.msa_metadata_id,
        "PATT_NUM": meta.dither.position_number,
    }
    missing = [keyword for keyword, value in told.items() if str(value).strip() in ("None", "", "N/A")]
    if missing:
        raise MsaFileError(f"{exposure.source}: the header lacks {', '.join(missing)}, which tell the open shutters")
    name, number, dither = told.values()
    folder = Path(exposure.origin).parent if isinstance(exposure.origin, str | Path) else Path()
    return Configuration(folder / name, number, dither, str(meta.observation.program_number).lstrip("0"))


_SLITS = {
    "NRS_FIXEDSLIT": _fixed,
    "NRS_BRIGHTOBJ": _bright_object,
    "NRS_MSASPEC": _shutters,
    "NRS_AUTOFLAT": _shutters,
}

# Types of exposures that are spectra through slits.
SPECTRUM_TYPES = tuple(_SLITS)
