"""Stripes in images, as medians along its rows or columns.

Source: the median fit of ``clean_flicker_noise``,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/clean_flicker_noise/main.html, after ``image1overf`` of C. Willott.
"""

import numpy as np

from gpucal.backend import array_namespace


def masked_median(values, mask, axis):
    """Median of the values in a mask, along one axis.

    Parameters
    ----------
    values : float array
        Finite in the mask.
    mask : bool array
        Those that count.
    axis : int
        The axis, which is kept with length one.

    Returns
    -------
    array of the type of the values
        The mean of the two in the middle where their number is even; zero where there is none.
    """
    xp = array_namespace(values)
    ordered = xp.sort(xp.where(mask, values, values.dtype.type(np.inf)), axis=axis)
    count = mask.sum(axis=axis, keepdims=True)
    upper = count // 2
    lower = xp.maximum(count - 1, 0) // 2
    both = (
        xp.take_along_axis(ordered, xp.minimum(places, values.shape[axis] - 1), axis)
        for places in (lower, upper)
    )
    median = sum(both) / values.dtype.type(2)
    return xp.where(count > 0, median, values.dtype.type(0))


def subtract_stripes(images, masks, axis, channels=1):
    """Subtract from each row or column of images its median.

    Parameters
    ----------
    images : (..., ny, nx) float array
        Edited.
    masks : (..., ny, nx) bool array
        The pixels that count.
    axis : int
        Along which the medians are taken: 0 for vertical stripes, 1 for horizontal ones.
    channels : int
        Equal parts of that axis that are fitted by themselves.
    """
    axis -= 2
    width = images.shape[axis] // channels
    for begin in range(0, images.shape[axis], width):
        lines = slice(begin, begin + width)
        part = (..., lines, slice(None)) if axis == -2 else (..., lines)
        images[part] -= masked_median(images[part], masks[part], axis)
