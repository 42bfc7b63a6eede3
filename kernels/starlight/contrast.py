"""How faint a companion may be beside a star: the scatter of rings."""

import numpy as np

from gpucal.backend import array_namespace


def ring_scatter(image, width: int) -> list[tuple[float, float]]:
    """The standard deviation of the pixels in rings about the middle of an image.

    Parameters
    ----------
    image : (ny, nx) float array
        NaN does not count.
    width : int
        Of a ring, pixels.

    Returns
    -------
    list of (float, float)
        The radius in the middle of each ring, pixels, and the deviation; NaN where it has no pixels.
    """
    xp, (ny, nx) = array_namespace(image), image.shape
    row, column = round(ny / 2) - 1, round(nx / 2) - 1
    y, x = xp.arange(ny)[:, None] - row, xp.arange(nx)[None] - column
    distances = xp.sqrt((x * x + y * y).astype(np.float64))
    rings = []
    for inner in range(0, min(row, column), width):
        values = image[(distances >= inner) & (distances < inner + width) & xp.isfinite(image)].astype(
            np.float64
        )
        rings.append((inner + width / 2, float(values.std()) if values.size else float("nan")))
    return rings
