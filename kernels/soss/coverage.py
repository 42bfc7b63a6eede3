"""Which pixels a grid of wavelengths explains, and which part of the grid each order needs.

Source: A. Darveau-Bernier et al. 2022, Publications of the Astronomical Society of the Pacific 134, 094502; and, for
the columns at the ends, what jwst 3.0.0 leaves out.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from gpucal.kernels.soss.pixel_integrals import pixel_integrals

# An order with fewer pixels than this is not solved for.
FEWEST_PIXELS = 25

# A pixel on which an order has at least this part of the light of a column counts as covered by it.
THRESHOLD = 1e-3


class TooFewPixelsError(Exception):
    """Too few pixels of an order can be used."""


class Place(NamedTuple):
    """Where an order lies.

    Attributes
    ----------
    wavelength, lower, upper : (nx,) float64 arrays
        Of the middle of columns and of their borders, micron; NaN, 0 and 0 where there is none.
    profile : (ny, nx) array
        The part of the light of a column on each pixel.
    outside : (ny, nx) bool array
        Pixels that are not looked at for this order.
    """

    wavelength: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    profile: np.ndarray
    outside: np.ndarray


class Coverage(NamedTuple):
    """What a grid of wavelengths covers.

    Attributes
    ----------
    used : (ny, nx) bool array
        Pixels that can be explained.
    valid : list of (nx,) bool arrays
        For each order the columns whose wavelengths the grid has.
    spans : list of tuple of int
        For each order the first point of the grid that it needs, and the one after its last.
    """

    used: np.ndarray
    valid: list[np.ndarray]
    spans: list[tuple[int, int]]


def coverage_of(grid, places, bad=None, threshold=THRESHOLD) -> Coverage:
    """What a grid covers.

    Parameters
    ----------
    grid : (n,) float64 array
        Rising, micron.
    places : sequence of Place
        Of each order.
    bad : (ny, nx) bool array, optional
        Pixels not to use.
    threshold : float
        Pixels of which all orders have a part larger than this are not used where the grid lacks one of the orders.

    Raises
    ------
    TooFewPixelsError
        If fewer than 25 pixels of an order can be used.
    """
    spans = [(0, len(grid))] * len(places)
    used, valid = _within(grid, places, spans, bad, threshold)
    spans = []
    for place, columns in zip(places, valid, strict=True):
        pixels = used & columns
        if pixels.sum() < FEWEST_PIXELS:
            raise TooFewPixelsError
        known = place.wavelength[pixels.any(axis=0)]
        begin = int(np.searchsorted(grid, known.min()))
        spans.append((begin, int(np.searchsorted(grid, known.max(), "right"))))
    return Coverage(*_within(grid, places, spans, bad, threshold), spans)


def _within(grid, places, spans, bad, threshold):
    """The pixels that can be used, and the columns of each order that are within its part of a grid."""
    valid = [
        (place.lower >= grid[begin]) & (place.upper <= grid[end - 1])
        for place, (begin, end) in zip(places, spans, strict=True)
    ]
    used = np.zeros(places[0].profile.shape, bool)
    shared = np.ones(used.shape, bool)
    for place, columns in zip(places, valid, strict=True):
        used |= ~place.outside & columns
        shared &= place.profile > threshold
    if bad is not None:
        used &= ~bad
    used &= ~(shared & ~np.all(valid, axis=0))
    return used, valid


def map_of(grid, place: Place, columns, span, throughput=None, convolution=None, misplaces=False):
    """The light of columns, as a product with the flux on a grid.

    Parameters
    ----------
    grid : (n,) float64 array
        Rising, micron.
    place : Place
    columns : (nx,) bool array
        Those that the grid covers.
    span : tuple of int
        See `Coverage`.
    throughput : callable, optional
        Of the wavelength; by default all light comes through.
    convolution : (end - begin, n) sparse array, optional
        By default lines stay sharp.
    misplaces : bool
        See `gpucal.kernels.soss.pixel_integrals.pixel_integrals`.

    Returns
    -------
    (nx, n) sparse array
    """
    part = grid[slice(*span)]
    factors = part if throughput is None else throughput(part) * part
    integrals = pixel_integrals(part, place.lower, place.upper, columns, misplaces) @ sparse.diags_array(
        factors
    )
    if convolution is not None:
        return (integrals @ convolution).tocsr()
    whole = integrals.tocoo()
    return sparse.csr_array((whole.data, (whole.row, whole.col + span[0])), shape=(len(columns), len(grid)))
