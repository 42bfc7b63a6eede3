"""How correlated the noise of resampled pixels is.

Errors are drizzled as values are: they are right for sums over many pixels, and too large for the scatter of single
ones, since neighbours share the noise of the input pixels that both have a part of. The scatter is smaller by a factor,
the root of the mean sum of the squared shares of an input pixel over the mean sum of its shares.

Source: Fruchter & Hook (2002), PASP 114, 144, https://doi.org/10.1086/338393, section 7.
"""

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.resample.drizzle import Part, add_part
from gpucal.kernels.resample.drops import SQUARE
from gpucal.kernels.resample.sums import no_sums


def scatter_over_error(places, steps, drop):
    """By which factor the scatter of output pixels is smaller than their errors.

    Parameters
    ----------
    places : (2, n) float64 array
        x and y on the output grid of the centres of some input pixels; on the host.
    steps : (2, 2, n) float64 array
        How x and y change with a step to the next column, and with one to the next row.
    drop : Drop
        See `gpucal.kernels.resample.drops.drop_of`.

    Returns
    -------
    float
        As of input pixels with noise of their own, and of weights that change slowly.

    Raises
    ------
    ValueError
        If there are more or fewer steps than places.
    """
    if steps.shape != (2, *places.shape):
        raise ValueError(f"there are steps {steps.shape} for places {places.shape}")
    reach = np.abs(steps).sum(1).max() + (0 if drop.kind == SQUARE else drop.half)
    spacing = 2 * int(np.ceil(reach)) + 2  # cells of one pixel are none of another
    count = places.shape[1]
    pixel_map = _each_alone(places, steps, spacing)
    weight = np.zeros(pixel_map.shape[1:], np.float32)
    weight[1, 1::3] = 1
    asarray = current_backend().asarray
    limits = np.tile([0, weight.shape[1]], (len(weight), 1))
    part = Part(asarray(weight[None]), asarray(weight), asarray(pixel_map), limits, (0, 0), weight.shape)
    sums = no_sums((spacing, spacing * count), 1, drop)
    add_part(sums, part, drop)
    shares = sums.totals[..., 0]
    return float(count * (shares**2).sum()) ** 0.5 / float(shares.sum())


def _each_alone(places, steps, spacing):
    """The map of pixels, each with the eight about it, side by side: parts of cells are kept, whole cells are not."""
    count = places.shape[1]
    row, column = np.mgrid[-1:2, -1:2]
    moved = steps[:, 0, :, None, None] * column + steps[:, 1, :, None, None] * row
    middle = np.stack([np.arange(count) * spacing + spacing // 2, np.full(count, spacing // 2)])
    placed = (places % 1 + middle)[:, :, None, None] + moved
    return np.ascontiguousarray(np.moveaxis(placed, 1, 2).reshape(2, 3, 3 * count))
