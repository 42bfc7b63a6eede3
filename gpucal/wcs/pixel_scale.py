"""How large the pixels of a WCS are on the sky."""

import numpy as np

from gpucal.wcs.outlines import outline_of
from gpucal.wcs.sphere import polygon_area, separation
from gpucal.wcs.world import Wcs

# Points along the border of an image are so many pixels apart, at most, as in jwst 3.0.0.
_SPACING = 15


def scale_at(wcs: Wcs, longitude: float, latitude: float) -> float:
    """Degrees of a pixel at a point of the sky.

    Parameters
    ----------
    wcs : Wcs
    longitude, latitude : float
        The point, degrees; it need not be in the image.

    Returns
    -------
    float
        The geometric mean of steps of one pixel along x and y.
    """
    x, y = wcs.program(wcs.frame_names[-1], wcs.frame_names[0]).at(longitude, latitude)
    to_sky = wcs.program(wcs.frame_names[0], wcs.frame_names[-1])
    place, along_x, along_y = to_sky.at([x, x + 1, x], [y, y, y + 1]).T
    return float(np.sqrt(separation(place, along_x) * separation(place, along_y)))


def mean_pixel_area(wcs: Wcs, shape: tuple[int, int]) -> float:
    """The mean area of the pixels of an image, steradian.

    Parameters
    ----------
    wcs : Wcs
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    float
        The area within the centres of the outermost pixels of the bounding box, over their number.
    """
    ny, nx = shape
    (left, right), (bottom, top) = wcs.bounding_box or ((-0.5, nx - 0.5), (-0.5, ny - 0.5))
    x0, x1 = max(0, int(left + 0.5)), min(nx - 1, int(right - 0.5))
    y0, y1 = max(0, int(bottom + 0.5)), min(ny - 1, int(top - 0.5))
    outline = outline_of(((x0, x1), (y0, y1)), _SPACING)
    sky = wcs.program(wcs.frame_names[0], wcs.frame_names[-1]).at(*outline)
    return polygon_area(sky.T) / ((x1 - x0) * (y1 - y0))
