"""Values along the dispersion of many boxes, spread over their pixels in one go."""

import numpy as np

from gpucal.backend import current_backend, pixel_kernel
from gpucal.backend.fit import check_fit


def spread(values, sizes, direction, dtype=np.float32):
    """Give every pixel of boxes the value at its place along the dispersion.

    Parameters
    ----------
    values : 1-D array
        On the backend: of each box as many as it is long along the dispersion, one box after another.
    sizes : (nboxes, 2) int64 array
        On the host: rows and columns of each box.
    direction : int
        1 if the dispersion is along rows, 2 along columns.
    dtype : dtype
        Of the result.

    Returns
    -------
    1-D array
        The pixels of all boxes, one box after another, row by row.
    """
    check_fit(sizes=(sizes, ("nboxes", 2)))
    height, width = np.asarray(sizes, np.int64).T
    length = width if direction == 1 else height
    if values.size != length.sum():
        raise ValueError(f"{values.size} values do not fit boxes that are {length.sum()} pixels long")
    box = np.repeat(np.arange(len(height)), height)
    row = np.arange(len(box)) - np.repeat(np.cumsum(height) - height, height)
    pixels = width[box]
    first = (np.cumsum(length) - length)[box] + (0 if direction == 1 else row)
    lines = np.column_stack([pixels, np.cumsum(pixels) - pixels, first])
    backend = current_backend()
    out = backend.xp.empty(int(pixels.sum()), dtype)
    spread_line((len(lines), int(width.max(initial=0))), values, backend.asarray(lines), int(direction == 1), out)
    return out


@pixel_kernel
def spread_line(line, x, values, lines, step, out):
    """One pixel of a row of a box; rows are as long as the longest, and end where theirs do."""
    if x < lines[line, 0]:
        out[lines[line, 1] + x] = values[lines[line, 2] + x * step]
