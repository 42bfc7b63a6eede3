"""How an image lies on the sky: the direction of north, and the area of a pixel."""

import numpy as np

from gpucal.wcs.world import Wcs

ARCSECOND = 1 / 3600


def north_of(wcs: Wcs, x: float, y: float) -> float:
    """The angle from the x axis to north at a pixel, degrees, towards y; from a point one arcsecond to the north."""
    longitude, latitude = wcs.program().at(x, y)
    back = wcs.program(wcs.frame_names[-1], wcs.frame_names[0])
    (x0, x1), (y0, y1) = back.at([longitude, longitude], [latitude, latitude + ARCSECOND])
    return float(np.rad2deg(np.arctan2(y1 - y0, x1 - x0)))


def places_of(wcs: Wcs, x, y) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes of pixels, degrees; NaN outside of the bounding box, as gwcs gives them."""
    longitude, latitude = wcs.program().at(x, y)
    outside = np.zeros(np.shape(x), bool)
    for values, (low, high) in zip((x, y), wcs.bounding_box or (), strict=False):
        outside |= (values < low) | (values > high)
    return np.where(outside, np.nan, longitude), np.where(outside, np.nan, latitude)


def pixel_area_of(wcs: Wcs, x: float, y: float) -> float:
    """The area of a pixel, steradian."""
    half = np.array([-0.5, 0.5, 0, 0])
    longitude, latitude = np.deg2rad(wcs.program().at(x + half, y + half[[2, 3, 0, 1]]))
    along_x, along_y = np.array(
        [(longitude[[1, 3]] - longitude[[0, 2]]) * np.cos(latitude.mean()), latitude[[1, 3]] - latitude[[0, 2]]]
    ).T
    return float(abs(along_x[0] * along_y[1] - along_x[1] * along_y[0]))
