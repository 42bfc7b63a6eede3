"""The outlines of images."""

import numpy as np

# Between points so many pixels apart, at most, the border of an image on the sky is straight.
SPACING = 32


def outline_of(box, spacing: float = SPACING) -> np.ndarray:
    """Points along the border of a rectangle, counter-clockwise.

    Parameters
    ----------
    box : tuple
        Lowest and highest x, lowest and highest y.
    spacing : float
        How far they are from one another, at most.

    Returns
    -------
    (2, n) float64 array
        x and y, from the lower left corner.
    """
    (x0, x1), (y0, y1) = box
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], float)
    sides = [
        np.linspace(start, end, max(int(np.ceil(np.abs(end - start).max() / spacing)), 1), endpoint=False)
        for start, end in zip(corners, corners[1:], strict=False)
    ]
    return np.concatenate(sides).T
