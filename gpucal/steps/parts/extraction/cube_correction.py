"""What a circle in a cube leaves out of the light of a point source.

Source: the apcorr reference file for integral fields in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_1d/reference_files.html.
"""

import numpy as np

from gpucal.reference.files import Reference, ReferenceFileError
from gpucal.reference.trees import part_of
from gpucal.steps.parts.extraction.cube_apertures import columns_of
from gpucal.steps.parts.extraction.cube_tables import linear


def corrections(reference: Reference, wavelength: np.ndarray, radius: np.ndarray, scale: float) -> np.ndarray:
    """All light over that in a circle: linear in wavelength, then in radius, and beyond the ends of both.

    Parameters
    ----------
    reference : Reference
        The apcorr reference.
    wavelength, radius : (n,) float64 arrays
        Micron, and pixels.
    scale : float
        Of a pixel, arcsec.

    Returns
    -------
    (n,) float64 array

    Raises
    ------
    ReferenceFileError
        If the reference is none of integral fields.
    """
    table = part_of(reference, "apcorr_table")
    points = columns_of(reference, table, "wavelength").ravel()
    sizes, factors = (columns_of(reference, table, name) for name in ("radius", "apcorr"))
    if sizes.ndim != 2 or sizes.shape != factors.shape or sizes.shape[1] != len(points):
        raise ReferenceFileError(
            f"apcorr reference {reference.label}: radius has shape {sizes.shape} and apcorr {factors.shape};"
            f" both should have a row of {len(points)} wavelengths for each radius"
        )
    if str(table.get("radius_units", "")).startswith("arcsec"):
        sizes = sizes / scale
    sizes = np.stack([linear(wavelength, points, row) for row in sizes])
    factors = np.stack([linear(wavelength, points, row) for row in factors])
    return between(sizes, factors, radius)


def between(sizes: np.ndarray, factors: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Linear interpolation in a table of its own for each element, and beyond its ends.

    Parameters
    ----------
    sizes, factors : (nradii, n) float64 arrays
    radius : (n,) float64 array

    Returns
    -------
    (n,) float64 array
    """
    order = np.argsort(sizes, axis=0, kind="stable")
    sizes, factors = (np.take_along_axis(table, order, 0) for table in (sizes, factors))
    if len(sizes) == 1:
        return factors[0]
    high = np.clip((sizes < radius).sum(axis=0), 1, len(sizes) - 1)[None]
    x0, y0, x1, y1 = (
        np.take_along_axis(table, place, 0)[0] for place in (high - 1, high) for table in (sizes, factors)
    )
    return y0 + (y1 - y0) / (x1 - x0) * (radius - x0)
