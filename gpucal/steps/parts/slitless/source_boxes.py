"""Boxes about the spectra of sources, in a table."""

from typing import NamedTuple

import numpy as np


class SourceBoxes(NamedTuple):
    """Boxes, one for a source and spectral order each.

    Attributes
    ----------
    label : (n,) int64 array
        The number of the source.
    order : (n,) int64 array
        The spectral order.
    edges : (n, 4) int64 array
        First and last x, first and last y of the box, pixels of the detector; it may reach beyond.
    place : (n, 2) float64 array
        x and y of the source in the direct image.
    center : (n, 2) float64 array
        Right ascension and declination of the source, degrees.
    is_extended : (n,) bool array
        Whether it is larger than a point.
    """

    label: np.ndarray
    order: np.ndarray
    edges: np.ndarray
    place: np.ndarray
    center: np.ndarray
    is_extended: np.ndarray

    def part(self, chosen) -> "SourceBoxes":
        """Some of them: a mask, or their places in order."""
        return SourceBoxes(*(column[chosen] for column in self))
