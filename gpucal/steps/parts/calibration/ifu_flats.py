"""Flat-fielding of the integral field of NIRSpec: each slice has the flat field of a slit, on its own pixels.

Source: the ``flat_field`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/flatfield/main.html.
"""

from collections.abc import Mapping

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.backend.traffic import TABLES
from gpucal.data import Exposure, InputError, open_exposure
from gpucal.data.files.rectangle import Rectangle
from gpucal.data.reading import expand
from gpucal.data.slits import Slits
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.images.flat_rates import Rates
from gpucal.kernels.spectra.flat_components import SpectralFlat
from gpucal.kernels.spectra.flat_slits import flat_field_slits
from gpucal.reference import Reference
from gpucal.steps.parts.calibration.slit_flats import keep_keywords_alone
from gpucal.steps.parts.calibration.spectral_flats import flats_of


def calculated_flat(exposure: Exposure, references: Mapping[str, Reference | None]) -> SpectralFlat:
    """The flat field of an exposure, from references by their types.

    A slice is worked on as the rectangle that holds its pixels, with those of its neighbours that are in it; where
    rectangles overlap the last one counts. What is in no slice, or not to be used, is NaN.

    Parameters
    ----------
    exposure : Exposure
        With world coordinates.
    references : mapping of str to Reference or None
        See `gpucal.steps.parts.calibration.spectral_flats.flats_of`.

    Returns
    -------
    SpectralFlat
        Images.

    Raises
    ------
    MissingWcsError, NoSlicesError
        If it has no world coordinates, or others.
    ReferenceFileError
        If a reference does not cover the slices, or is none of flat fields by wavelength.
    """
    wavelength = exposure.ifu_slices.world[2]
    rectangles = rectangles_of(exposure.ifu_slices)
    slices = as_slits(wavelength, rectangles)
    packed = current_backend().xp.concatenate([one.data.reshape(-1) for one in slices])
    flats = flats_of(slices, packed, exposure, references)
    xp = array_namespace(wavelength)
    joined = SpectralFlat(
        xp.full(wavelength.shape, np.nan, np.float32),
        xp.full(wavelength.shape, np.nan, np.float32),
        xp.zeros(wavelength.shape, np.uint32),
    )
    for one, rectangle, (begin, ny, nx) in zip(slices, rectangles, slices.windows, strict=True):
        has_light = xp.isfinite(one.data)
        own = SpectralFlat(*(plane[begin : begin + ny * nx].reshape(ny, nx) for plane in flats))
        whole = SpectralFlat(*(plane[slice(*rectangle.rows), slice(*rectangle.columns)] for plane in joined))
        whole.data[has_light], whole.err[has_light] = own.data[has_light], own.err[has_light]
        whole.dq[has_light] |= own.dq[has_light]
    is_bad = (joined.dq & DO_NOT_USE).astype(bool)
    joined.data[is_bad] = joined.err[is_bad] = np.nan
    joined.dq[~xp.isfinite(joined.data)] |= np.uint32(DO_NOT_USE)
    return joined


def rectangles_of(slices) -> list[Rectangle]:
    """The rows and columns that the pixels of each slice take."""
    labels = current_backend().asnumpy(slices.labels, TABLES)
    found = []
    for number in slices.numbers:
        rows, columns = (np.flatnonzero((labels == number).any(axis=axis)) for axis in (1, 0))
        found.append(Rectangle((int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1)))
    return found


def as_slits(wavelength, rectangles: list[Rectangle]) -> Slits:
    """Slices as slits, whose main array are their wavelengths."""
    made = Slits.of_trees(
        {"name": f"slice {place}", "xstart": one.columns[0] + 1, "ystart": one.rows[0] + 1}
        for place, one in enumerate(rectangles, 1)
    )
    for one, rectangle in zip(made, rectangles, strict=True):
        one.data = wavelength[slice(*rectangle.rows), slice(*rectangle.columns)]
    return made


def users_flat(path: str, exposure: Exposure) -> tuple[Exposure, SpectralFlat]:
    """The flat field that a user gives in a file.

    Raises
    ------
    InputError
        If it is no image of the size of the exposure.
    """
    given = open_exposure(expand(path))
    theirs, ours = given.shape_of("data"), exposure.shape_of("data")
    if theirs != ours:
        raise InputError(f"{path}: holds a flat field of {theirs} pixels, and {exposure.source} has {ours}")
    return given, SpectralFlat(*(getattr(given, name) for name in SpectralFlat._fields))


def apply_flat(exposure: Exposure, flat: SpectralFlat, inverse: bool) -> None:
    """Divide the rates by their flat field, or multiply them."""
    rates = Rates(*(getattr(exposure, name).reshape(1, -1) for name in Rates._fields))
    pixels = SpectralFlat(*(plane.reshape(-1) for plane in flat))
    exposure.var_flat = flat_field_slits(rates, pixels, inverse).reshape(exposure.data.shape)


def flat_product(exposure: Exposure, flat: SpectralFlat) -> Exposure:
    """The flat field as a product with the keywords of the exposure."""
    product = exposure.blank("ImageModel", **flat._asdict())
    keep_keywords_alone(product)
    product.meta.cal_step.flat_field = "COMPLETE"
    return product
