"""Bad pixels replaced with the median of the good ones about them.

A pixel gets the median of the good pixels in a box about it, which is cut at the borders of the image. Where there is
none in the box, it waits until the pixels about it have got theirs: holes are filled from their rims inwards, and the
result does not depend on the order of pixels.

Source: the ``align_refs`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/align_refs/description.html, which does not say what becomes of a
pixel without a good neighbour.
"""

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.backend.fit import check_fit

# Values of neighbours that are looked at together, at most.
TOGETHER = 4_000_000


def fill_bad(image, bad, box: int):
    """An image with its bad pixels replaced.

    Parameters
    ----------
    image : (ny, nx) float array
        Not changed.
    bad : (ny, nx) bool array
        Which pixels are replaced; all others are finite.
    box : int
        Side of the box, pixels; an even one is made larger by one.

    Returns
    -------
    (ny, nx) float array
        Of the type of the image; 0 where nothing could be filled: in an image without good pixels, or a box of one.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    check_fit(image=(image, "ny nx"), bad=(bad, "ny nx"))
    xp = array_namespace(image)
    filled = xp.where(bad, image.dtype.type(0), image)
    known = ~bad
    rows, columns = xp.nonzero(bad)
    while len(rows) and box > 1:
        medians = _medians(filled, known, rows, columns, box // 2)
        found = xp.isfinite(medians)
        if not found.any():
            break
        filled[rows[found], columns[found]] = medians[found]
        known[rows[found], columns[found]] = True
        rows, columns = rows[~found], columns[~found]
    return filled


def _medians(image, known, rows, columns, reach: int):
    """The medians of what is known about some pixels; NaN where nothing is."""
    xp = array_namespace(image)
    together = max(1, TOGETHER // (2 * reach + 1) ** 2)
    parts = [
        _medians_of_some(
            image, known, rows[first : first + together], columns[first : first + together], reach
        )
        for first in range(0, len(rows), together)
    ]
    return xp.concatenate(parts)


def _medians_of_some(image, known, rows, columns, reach: int):
    xp, (ny, nx) = array_namespace(image), image.shape
    steps = xp.arange(-reach, reach + 1)
    y = (rows[:, None, None] + steps[:, None]).repeat(len(steps), 2).reshape(len(rows), -1)
    x = (columns[:, None, None] + steps[None]).repeat(len(steps), 1).reshape(len(rows), -1)
    inside = (y >= 0) & (y < ny) & (x >= 0) & (x < nx)
    y, x = xp.clip(y, 0, ny - 1), xp.clip(x, 0, nx - 1)
    values = xp.sort(xp.where(inside & known[y, x], image[y, x], np.inf), axis=1)
    count = (values < np.inf).sum(axis=1)
    each = xp.arange(len(rows))
    below, above = values[each, xp.maximum(count - 1, 0) // 2], values[each, count // 2 % values.shape[1]]
    return xp.where(count > 0, ((below + above) / 2).astype(image.dtype), np.nan)


def fill_bad_as_peer(image, bad, flagged, box: int):
    """An image with its bad pixels replaced as jwst 3.0.0 does it.

    Pixels are replaced one after another, row by row, so that one without a flag counts for those after it. Boxes that
    would begin before the first row or column are empty, and so are those without a good pixel: these give 0.

    Parameters
    ----------
    image : (ny, nx) float array
        Not changed.
    bad, flagged : (ny, nx) bool array
        Which pixels are replaced, and which never count for others.
    box : int
        Side of the box, pixels.
    """
    backend = current_backend()
    filled, bad, flagged = (backend.asnumpy(one).copy() for one in (image, bad, flagged))
    reach = box // 2
    for row, column in np.argwhere(bad):
        filled[row, column] = _median_as_peer(filled, flagged, row, column, reach)
    return backend.asarray(filled)


def _median_as_peer(image, flagged, row, column, reach):
    if row < reach or column < reach:
        return 0.0
    part = slice(row - reach, row + reach + 1), slice(column - reach, column + reach + 1)
    good = image[part][np.isfinite(image[part]) & ~flagged[part]]
    return np.median(good) if len(good) else 0.0
