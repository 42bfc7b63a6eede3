"""Rectangles of an image, such as the slits of a spectrograph, cut out in one go."""

import numpy as np

from gpucal.backend import current_backend, pixel_kernel
from gpucal.backend.fit import check_fit


def cut_out(image, boxes):
    """Copy rectangles of an image, or of each image of a series, into one packed plane.

    Parameters
    ----------
    image : (ny, nx) or (nints, ny, nx) array of any type
        On the backend.
    boxes : (nboxes, 4) int64 array
        On the host, for each rectangle: its first row and column, its rows, and its columns. They may overlap.

    Returns
    -------
    1-D array of the same type
        One rectangle after another, of a series all integrations of the first, then those of the next; row by row.

    Raises
    ------
    ValueError
        If a rectangle reaches beyond the image.
    """
    check_fit(boxes=(boxes, ("nboxes", 4)))
    ny, nx = image.shape[-2:]
    nints = image.shape[0] if len(image.shape) == 3 else 1
    first_row, first_column, height, width = np.asarray(boxes, np.int64).T
    inside = (first_row >= 0) & (first_column >= 0) & (first_row + height <= ny) & (first_column + width <= nx)
    if not inside.all():
        raise ValueError(f"rectangle {int(np.argmin(inside))} reaches beyond an image of {ny} rows and {nx} columns")
    backend = current_backend()
    lines = _lines(first_row, first_column, height, width, nints, ny)
    out = backend.xp.empty(int((height * width).sum()) * nints, image.dtype)
    copy_line((len(lines), int(width.max(initial=0))), image.reshape(nints * ny, nx), backend.asarray(lines), out)
    return out


def _lines(first_row, first_column, height, width, nints: int, ny: int) -> np.ndarray:
    """For each row of each rectangle: its row and first column in the image, its pixels, and its place in the plane."""
    box = np.repeat(np.arange(len(height)), height * nints)
    begins = np.cumsum(height * nints) - height * nints
    number = np.arange(len(box)) - begins[box]
    integration, y = number // height[box], number % height[box]
    pixels = width[box]
    places = np.cumsum(pixels) - pixels
    return np.column_stack([integration * ny + first_row[box] + y, first_column[box], pixels, places])


@pixel_kernel
def copy_line(line, x, image, lines, out):
    """Copy one pixel; rows are as long as the longest, and end where theirs do."""
    if x < lines[line, 2]:
        out[lines[line, 3] + x] = image[lines[line, 0], lines[line, 1] + x]
