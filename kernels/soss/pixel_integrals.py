"""How much light between two wavelengths there is, from values of it on a grid.

The light over a pixel is the trapezoidal rule on the borders of the pixel and the grid points between them. Its value
at the lower border is that of the line through the last two grid points up to this border; at the upper border it
is that of the last grid point below it. So the sum of the weights is the length of the pixel.

A pixel that begins within the first interval of the grid has no two grid points before it. It has those of this
interval or, as in jwst 3.0.0, weights that are out of place: see `misplaced_weights`.

Source: A. Darveau-Bernier et al. 2022, Publications of the Astronomical Society of the Pacific 134, 094502, section
3; and, for the values at borders, what jwst 3.0.0 takes.
"""

import numpy as np
from scipy import sparse


def pixel_integrals(grid, lower, upper, valid, misplaces=False):
    """The integrals over pixels, as products with values on a grid.

    Parameters
    ----------
    grid : (n,) float64 array
        Rising.
    lower, upper : (npixels,) float64 arrays
        The borders of pixels.
    valid : (npixels,) bool array
        Which of them to integrate over; their borders lie within the grid.
    misplaces : bool
        Whether weights of pixels that begin within the first interval, or have two points, are to be those of jwst
        3.0.0.

    Returns
    -------
    (npixels, n) sparse array
        The rows of other pixels are empty.
    """
    pixels = np.flatnonzero(valid)
    lower, upper = lower[pixels], upper[pixels]
    below = np.searchsorted(grid, lower, "right") - 1
    last = np.searchsorted(grid, upper) - 1
    on_point = grid[below] == lower
    first = np.where(on_point, below, np.maximum(below - 1, 0))
    counts = last - first + 1
    single = counts < 2
    counts = np.where(single, 2, counts)
    row = np.repeat(np.arange(len(pixels)), counts)
    position = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    column = first[row] + position

    # Places of the trapezoidal rule: grid points, but for the first and the last, which are the borders.
    places = grid[column]
    begins = np.cumsum(counts) - counts
    ends = begins + counts - 1
    places[begins], places[ends] = lower, upper
    lengths = np.diff(places)
    lengths[ends[:-1]] = 0.0
    weights = np.zeros(len(row))
    weights[:-1] += lengths / 2
    weights[1:] += lengths / 2

    # The value at the lower border is on the line through the first two points.
    share = np.where(on_point, 0.0, (lower - grid[first]) / (grid[first + 1] - grid[first]))
    at_border = weights[begins].copy()
    weights[begins] = at_border * (1 - share)
    weights[begins + 1] += at_border * share
    if misplaces:
        _weigh_pairs(weights, grid, lower, upper, first, begins[(counts == 2) & ~single], (counts == 2) & ~single)
        for number in np.flatnonzero((below == 0) & ~on_point):
            own = slice(begins[number], ends[number] + 1)
            weights[own] = 0.0
            found = misplaced_weights(grid, lower[number], upper[number], last[number])
            weights[own][: len(found)] = found
    return sparse.csr_array((weights, (pixels[row], column)), shape=(len(valid), len(grid)))


def _weigh_pairs(weights, grid, lower, upper, first, begins, pairs) -> None:
    """What jwst 3.0.0 has for pixels with two points: up to half as much again as the length of the pixel."""
    lower, upper, before, after = lower[pairs], upper[pairs], grid[first[pairs]], grid[first[pairs] + 1]
    ratio = (upper - lower) / (after - before) / 2
    weights[begins] = ratio * (after - lower)
    weights[begins + 1] = ratio * (upper - before + (lower - before))


def misplaced_weights(grid, lower, upper, last):
    """What jwst 3.0.0 has for a pixel that begins within the first interval of a grid.

    It counts the points of the pixel from the one before the first, which is not there, but as one fewer: so the
    weights of the upper border are those of the point before the last, which itself has none, and the line at the
    lower border is that through the first point and the last one of the whole grid.

    Parameters
    ----------
    grid : (n,) float64 array
    lower, upper : float
        The borders of the pixel.
    last : int
        The last point below the upper border.

    Returns
    -------
    (last + 1,) float64 array
        The weights of the first points of the grid.
    """
    count, steps = last + 1, np.diff(grid)
    weights = np.zeros(count + 1)
    if count < 2:
        return weights[1:]
    point = np.arange(-1, last + 1)
    before = point[count - 2]
    weights[count - 1] = upper - grid[before]
    if count == 2:
        weights[1] += lower - grid[-1]
        return weights[1:] * (upper - lower) / steps[-1] / 2
    beyond, short = upper - grid[before], grid[before + 1] - upper
    weights[1] = grid[0] - lower
    weights[count - 2] += beyond
    weights[1] += (grid[0] - lower) * (lower - grid[-1]) / steps[-1]
    weights[count - 1] *= beyond / steps[before]
    weights[count - 2] += beyond * short / steps[before]
    if count > 3:
        weights[1] += steps[0]
        weights[count - 2] += steps[before - 1]
    inner = np.arange(2, count - 2)
    weights[inner] = steps[point[inner] - 1] + steps[point[inner]]
    return weights[1:] / 2
