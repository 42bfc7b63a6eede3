"""Flat-fielding of the slits of NIRSpec."""

import logging
from collections.abc import Mapping

from gpucal.backend import array_namespace
from gpucal.data import Exposure, InputError, open_exposure
from gpucal.data.files.keywords import keywords_of
from gpucal.data.reading import expand
from gpucal.data.slits import Slit, Slits, slits_of
from gpucal.kernels.spectra.flat_components import SpectralFlat
from gpucal.kernels.spectra.flat_slits import flat_field_slits
from gpucal.reference import Reference
from gpucal.steps.parts.calibration.slit_corrections import packed_rates
from gpucal.steps.parts.calibration.slit_wavelengths import (
    is_point,
    packed_uncorrected_wavelengths,
    packed_wavelengths,
)
from gpucal.steps.parts.calibration.spectral_flats import flats_of

log = logging.getLogger(__name__)

# Exposures whose point sources keep the flat field of a source that fills the slit, too.
BOTH_FLATS = "NRS_FIXEDSLIT"


def calculated_flats(exposure: Exposure, references: Mapping[str, Reference | None]) -> SpectralFlat:
    """The flat fields of the slits of an exposure, from references; kept with the slits where there are two."""
    slits = slits_of(exposure)
    if str(exposure.meta.exposure.type).upper() == BOTH_FLATS:
        points = slits.part(place for place, slit in enumerate(slits) if is_point(slit["source_type"]))
        if len(points):
            uniform = flats_of(points, packed_uncorrected_wavelengths(points), exposure, references)
            points.set_packed("flatfield_uniform", uniform.data)
    flats = flats_of(slits, packed_wavelengths(slits), exposure, references)
    if str(exposure.meta.exposure.type).upper() == BOTH_FLATS:
        for slit, (begin, ny, nx) in zip(slits, slits.windows, strict=True):
            if is_point(slit["source_type"]):
                slit.flatfield_point = flats.data[begin : begin + ny * nx].reshape(ny, nx).copy()
    return flats


def apply_flats(slits: Slits, flats: SpectralFlat, inverse: bool) -> None:
    """Divide the rates of slits by their flat fields, or multiply them."""
    var_flat = flat_field_slits(packed_rates(slits), flats, inverse)
    slits.set_packed("var_flat", var_flat.reshape(-1))


def users_flats(path: str, exposure: Exposure) -> tuple[Exposure, SpectralFlat]:
    """Flat fields that a user gives in a file: one for each slit, in order.

    Raises
    ------
    InputError
        If they do not fit the slits.
    """
    given = open_exposure(expand(path))
    theirs, ours = slits_of(given), slits_of(exposure)
    shapes = [[slit.shape_of("data")[-2:] for slit in slits] for slits in (theirs, ours)]
    if shapes[0] != shapes[1]:
        told = f"holds flat fields of {len(theirs)} slits {shapes[0]}"
        raise InputError(f"{path}: {told}, and {exposure.source} has {len(ours)} slits {shapes[1]}")
    return given, SpectralFlat(*(theirs.packed(name) for name in SpectralFlat._fields))


def flats_product(exposure: Exposure, flats: SpectralFlat) -> Exposure:
    """The flat fields as a product, with the wavelengths that they were found for, and the keywords of the exposure."""
    slits = slits_of(exposure)
    made = Slits.of_trees([_place_of(slit) for slit in slits])
    for flat, slit, (begin, ny, nx) in zip(made, slits, slits.windows, strict=True):
        for name, plane in flats._asdict().items():
            setattr(flat, name, plane[begin : begin + ny * nx].reshape(ny, nx))
        flat.wavelength = array_namespace(flats.data).nan_to_num(slit.wavelength)
    if exposure.model_type == "MultiSlitModel":
        product = exposure.with_slits(made)
        keep_keywords_alone(product)
        product.meta.cal_step.flat_field = "COMPLETE"
    else:
        product = exposure.blank("ImageModel", **{name: getattr(made[0], name) for name in made[0].arrays})
        keep_keywords_alone(product)
        product.model._instance["meta"]["wcs"] = slits[0]["meta.wcs"]
    return product


def _place_of(slit: Slit) -> dict:
    """What the product tells of a slit."""
    told = {place: slit[place] for place in ("name", "xstart", "xsize", "ystart", "ysize")}
    return told | {"meta": {"model_type": "SlitModel", "wcs": slit["meta.wcs"]}}


def keep_keywords_alone(product: Exposure) -> None:
    """Leave of the metadata those that are keywords of the primary header."""
    tree, kept = product.model._instance, {}
    for keyword in keywords_of(product.model):
        *way, last = keyword.path.split(".")
        its, mine = tree, kept
        for name in way:
            its = its.get(name) if isinstance(its, dict) else None
        if isinstance(its, dict) and its.get(last) is not None:
            for name in way:
                mine = mine.setdefault(name, {})
            mine[last] = its[last]
    tree.clear()
    tree.update(kept)
