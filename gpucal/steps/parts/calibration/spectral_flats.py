"""Flat fields of the slits of NIRSpec, put together from three references.

Source: the ``flat_field`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/flatfield/main.html.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import REFERENCES
from gpucal.data import Exposure
from gpucal.data.files.rectangle import Rectangle
from gpucal.data.slits import Slit, Slits
from gpucal.kernels.spectra.dispersion import column_wavelengths
from gpucal.kernels.spectra.flat_components import (
    BAD_FLAT,
    Component,
    SlowVariation,
    SpectralFlat,
    complete_flat,
    join_component,
    uniform_flat,
)
from gpucal.kernels.spectra.lookup import pack_tables
from gpucal.kernels.spectra.windows import packing_of
from gpucal.reference import Reference, ReferenceFileError
from gpucal.reference.trees import model_as
from gpucal.steps.parts.calibration.fast_flats import FastVariation, fast_variation

# Fore optics, spectrograph, detector; the first one calibrates fluxes.
KINDS = ("fflat", "sflat", "dflat")
CALIBRATING = "fflat"

# Exposures whose tables have a row for each slit.
ROWS_BY_SLIT = ("NRS_LAMP", "NRS_AUTOWAVE", "NRS_BRIGHTOBJ", "NRS_FIXEDSLIT")
SHUTTERS = "NRS_MSASPEC"


def flats_of(
    slits: Slits, wavelength, exposure: Exposure, references: Mapping[str, Reference | None]
) -> SpectralFlat:
    """The flat fields of slits.

    Parameters
    ----------
    slits : Slits
        Of the exposure.
    wavelength : (npixels,) float32 or float64 array
        Packed, micron.
    exposure : Exposure
        Tells the mode, and where its pixels are on the detector.
    references : mapping of str to Reference or None
        By kind; without any of them no pixel has a flat field.

    Returns
    -------
    SpectralFlat
        Packed.

    Raises
    ------
    ReferenceFileError
        If a reference does not cover the slits, or has no row for one.
    """
    packing = packing_of(slits.windows)
    joined = uniform_flat(wavelength, packing)
    columns = column_wavelengths(wavelength, packing)
    kind = str(exposure.meta.exposure.type).upper()
    found = [name for name in KINDS if references[name] is not None]
    for name in found:
        component = component_of(references[name], slits, exposure, kind, name == CALIBRATING)
        join_component(joined, component, wavelength, columns, packing, name == CALIBRATING)
    if not found:
        joined.dq[...] = BAD_FLAT
    complete_flat(joined)
    return joined


def component_of(reference: Reference, slits: Slits, exposure: Exposure, kind: str, is_fore: bool) -> Component:
    """One component of the flat fields of all slits."""
    if is_fore and kind == SHUTTERS:
        quadrants = quadrants_of(reference)
        tables, further = zip(*(of_shutter(quadrants, slit, reference.label) for slit in slits), strict=True)
        which = range(len(slits))
    else:
        names = [slit.name if kind in ROWS_BY_SLIT else None for slit in slits]
        distinct = list(dict.fromkeys(names))
        tables = [fast_variation(reference.table("flat_table"), name, reference.label) for name in distinct]
        which, further = [distinct.index(name) for name in names], [([], [])] * len(slits)
    origins = np.array([origin_on_detector(slit, exposure) for slit in slits])
    slow = _without_planes()
    if not is_fore:
        rectangle = covering(slits, origins, reference)
        slow = slow_variation(reference, rectangle)
        origins -= [rectangle.columns[0], rectangle.rows[0]]

    def move(values, dtype):
        return current_backend().asarray(np.asarray(values, dtype), REFERENCES)

    return Component(
        slow,
        move(origins, np.int64),
        pack_tables([table[:2] for table in tables]),
        move(np.concatenate([table.errors for table in tables]), np.float64),
        move(list(which), np.int64),
        pack_tables(further),
    )


def origin_on_detector(slit: Slit, exposure: Exposure) -> tuple[int, int]:
    """The column and row of the detector, from 0, where a slit begins."""
    subarray = exposure.meta.subarray
    return slit["xstart"] - 1 + (subarray.xstart or 1) - 1, slit["ystart"] - 1 + (subarray.ystart or 1) - 1


def slow_variation(reference: Reference, rectangle: Rectangle) -> SlowVariation:
    """The images of a reference, one or several, cut to a rectangle."""
    data, err, dq = (reference.array(name, rectangle) for name in ("data", "err", "dq"))
    planes = [plane if plane.ndim == 3 else plane[None] for plane in (data, err, dq)]
    table = reference.table("wavelength")
    wavelength = np.zeros(1) if len(planes[0]) == 1 or table is None else plane_wavelengths(table)
    count = len(wavelength)
    if count > len(planes[0]) or (count == 1 < len(planes[0])):
        raise ReferenceFileError(f"{reference.label}: {count} wavelengths are listed for {len(planes[0])} images")
    planes = [plane[:count] for plane in planes]
    return SlowVariation(*planes, current_backend().asarray(wavelength, REFERENCES))


def plane_wavelengths(table: np.ndarray) -> np.ndarray:
    """The wavelengths of the images of a reference, micron; without placeholders at their end."""
    wavelength = np.asarray(table["wavelength"], np.float64).reshape(-1)
    return wavelength[wavelength > 0]


def _without_planes() -> SlowVariation:
    xp = current_backend().xp
    planes = (xp.empty((0, 0, 0), dtype) for dtype in (np.float32, np.float32, np.uint32))
    return SlowVariation(*planes, xp.empty(0, np.float64))


def of_shutter(
    quadrants: Sequence[dict], slit: Slit, label: str
) -> tuple[FastVariation, tuple[np.ndarray, np.ndarray]]:
    """The table of a slitlet, with the response of its shutter multiplied into it, and the error of that.

    Raises
    ------
    ReferenceFileError
        If the reference does not have its shutter.
    """
    number, x, y = slit["quadrant"], slit["xcen"] - 1, slit["ycen"] - 1
    ny, nx = quadrants[number - 1]["data"].shape[-2:] if 0 < number <= len(quadrants) else (0, 0)
    if not (0 <= y < ny and 0 <= x < nx):
        raise ReferenceFileError(f"{label}: has no shutter ({x + 1}, {y + 1}) of quadrant {number}")
    quadrant = quadrants[number - 1]
    fast, grid = fast_variation(quadrant["fast"], None, label), plane_wavelengths(quadrant["planes"])
    response, error = (np.asarray(quadrant[name][: len(grid), y, x], np.float64) for name in ("data", "err"))
    values = fast.values * np.interp(fast.wavelength, grid, response, 1.0, 1.0)
    return fast._replace(values=values), (grid, error)


def quadrants_of(reference: Reference) -> list[dict]:
    """The quadrants of shutters of a reference, in order: arrays ``data`` and ``err``, tables ``fast`` and ``planes``.

    Raises
    ------
    ReferenceFileError
        If it has none.
    """
    quadrants = getattr(model_as(reference, "NirspecQuadFlatModel"), "quadrants", ())
    if not len(quadrants):
        raise ReferenceFileError(f"{reference.label}: holds no quadrants; it is no flat field of shutters")
    names = {"data": "data", "err": "err", "fast": "flat_table", "planes": "wavelength"}
    return [{mine: np.asarray(getattr(one, its)) for mine, its in names.items()} for one in quadrants]


def covering(slits: Slits, origins: np.ndarray, reference: Reference) -> Rectangle:
    """The rows and columns that slits take of a reference, of which each has to be covered.

    Raises
    ------
    ReferenceFileError
        If one is not.
    """
    ny, nx = reference.shape[-2:]
    ends = origins + [slit.shape_of("data")[:-3:-1] for slit in slits]
    for slit, first, last in zip(slits, origins, ends, strict=True):
        if min(first) < 0 or last[0] > nx or last[1] > ny:
            raise ReferenceFileError(f"{reference.label}: its {(ny, nx)} pixels do not cover slit {slit.name}")
    (left, low), (right, high) = origins.min(axis=0).tolist(), ends.max(axis=0).tolist()
    return Rectangle((low, high), (left, right))
