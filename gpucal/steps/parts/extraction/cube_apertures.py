"""Apertures in a cube: the extract1d reference of integral fields, and its circles in the planes of a cube.

Source: the extract1d reference file for integral fields in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/references_general/extract1d_reffile.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.kernels.cubes.aperture_sums import Circles
from gpucal.reference.files import Reference, ReferenceFileError
from gpucal.reference.trees import part_of, tree_of
from gpucal.steps.parts.extraction.cube_tables import linear

# How the part of a pixel in an aperture is found.
EXACT, CENTER, SUBPIXEL = "exact", "center", "subpixel"

COLUMNS = ("wavelength", "radius", "inner_bkg", "outer_bkg")

# The radius of the reference, in widths of a point source.
WIDTHS = 2.0


class CubeAperture(NamedTuple):
    """The aperture of point sources.

    Attributes
    ----------
    wavelength : (n,) float64 array
        Micron.
    radius, inner, outer : (n,) float64 arrays
        Of the circle and of the annulus for the background, arcsec.
    subtracts : bool
        Whether the background is subtracted.
    subpixels : int
        See `gpucal.kernels.cubes.circle_overlap.part_inside`.
    """

    wavelength: np.ndarray
    radius: np.ndarray
    inner: np.ndarray
    outer: np.ndarray
    subtracts: bool
    subpixels: int

    def circles(self, place: tuple[float, float], wavelength: np.ndarray, scale: float) -> Circles:
        """The circles in the planes of a cube, on the host; an annulus that is none has the outer radius 0.

        Parameters
        ----------
        place : (float, float)
            The centre, pixels.
        wavelength : (nplanes,) float64 array
            Micron.
        scale : float
            Of a pixel, arcsec.
        """
        radius, inner, outer = (
            linear(wavelength, self.wavelength, values) / scale for values in (self.radius, self.inner, self.outer)
        )
        has_annulus = (inner > 0) & (outer > inner) & self.subtracts
        return Circles(*map(float, place), radius, inner, np.where(has_annulus, outer, 0.0), self.subpixels)


def aperture_in(reference: Reference) -> CubeAperture:
    """The aperture of an extract1d reference.

    Arrays may stand in the text of the file, or in binary blocks.

    Raises
    ------
    ReferenceFileError
        If it is none of integral fields, or lacks what is needed.
    """
    if reference.path is not None and reference.path.suffix != ".asdf":
        raise ReferenceFileError(
            f"extract1d reference {reference.label}: the one of integral fields has to be an ASDF file"
        )
    table, about = part_of(reference, "data"), tree_of(reference)["meta"]
    arrays = [columns_of(reference, table, name).ravel() for name in COLUMNS]
    if len({len(array) for array in arrays}) > 1 or not len(arrays[0]):
        raise ReferenceFileError(f"extract1d reference {reference.label}: its columns are not of one length")
    wavelength = arrays[0]
    if not np.isfinite(wavelength).all() or (len(wavelength) > 1 and np.ptp(wavelength) == 0):
        raise ReferenceFileError(f"extract1d reference {reference.label}: wavelengths are not known, or all the same")
    return CubeAperture(*arrays, bool(about.get("subtract_background")), subpixels_of(reference, about))


def subpixels_of(reference: Reference, about: dict) -> int:
    """The subpixels along the side of a pixel that a reference asks for; 0 for exact areas."""
    method, count = about.get("method", EXACT), about.get("subpixels")
    if method not in (EXACT, CENTER, SUBPIXEL) or (method == SUBPIXEL and (count is None or count < 1)):
        raise ReferenceFileError(
            f"extract1d reference {reference.label}: its method {method!r} with {count} subpixels is none;"
            f" it may be {EXACT}, {CENTER}, or {SUBPIXEL} with at least one"
        )
    return {EXACT: 0, CENTER: 1}.get(method) if method != SUBPIXEL else int(count)


def columns_of(reference: Reference, table: dict, name: str) -> np.ndarray:
    """An array of the table of a reference, float64.

    Raises
    ------
    ReferenceFileError
        If there is none.
    """
    if table.get(name) is None:
        raise ReferenceFileError(f"{reference.kind} reference {reference.label}: holds no {name}")
    return np.asarray(table[name], np.float64)


def on_backend(circles: Circles) -> Circles:
    """The same with its arrays on the backend."""
    asarray = current_backend().asarray
    radii = {name: asarray(getattr(circles, name), TABLES) for name in ("radius", "inner", "outer")}
    return circles._replace(**radii)
