"""Offsets of wavelengths of sources that do not stand in the middle of their slit.

Source: the wavecorr reference files of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/wavecorr/reference_files.html.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class ZeroPoints(NamedTuple):
    """Offsets of one aperture.

    Attributes
    ----------
    wavelengths : (nwavelengths,) float64 array
        Increasing, metre.
    places : (nplaces,) float64 array
        Places of the source across the slit, increasing, in widths of it.
    offsets : (nwavelengths, nplaces) float64 array
        Pixels.
    """

    wavelengths: np.ndarray
    places: np.ndarray
    offsets: np.ndarray

    def at(self, wavelengths: np.ndarray, place: float) -> np.ndarray:
        """The offsets at wavelengths for a source at a place, pixels; linear between the nodes, and beyond them."""
        column, across = _interval(self.places, place)
        rows, part = _interval(self.wavelengths, wavelengths)
        along = (1 - across) * self.offsets[:, column] + across * self.offsets[:, column + 1]
        return (1 - part) * along[rows] + part * along[rows + 1]


def zero_points_of(apertures: Sequence[dict], name: str) -> ZeroPoints | None:
    """The offsets of an aperture, from those of a wavecorr reference; None where it does not have it."""
    for aperture in apertures:
        if aperture["aperture_name"] == name:
            table = aperture["zero_point_offset"]
            points = [np.asarray(axis, float) for axis in table["points"]]
            return ZeroPoints(*points, np.asarray(table["lookup_table"], float))
    return None


def _interval(grid: np.ndarray, values):
    """Between which nodes of a grid values are, or beyond which they are, and how far from the first to the second."""
    first = np.clip(np.searchsorted(grid, values, "right") - 1, 0, len(grid) - 2)
    return first, (values - grid[first]) / (grid[first + 1] - grid[first])
