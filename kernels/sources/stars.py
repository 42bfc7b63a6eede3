"""Find stars in an image, in the ways of DAOFIND and of IRAF's starfind.

Both convolve the image with a star's profile, take the peaks above a threshold, and drop those that do not look like
stars; they differ in how they measure places and shapes.

Source: the documentation of `photutils.detection`, https://photutils.readthedocs.io; its lists are reproduced.
"""

from typing import NamedTuple

import numpy as np

from gpucal.kernels.sources.daofind import measure_daofind
from gpucal.kernels.sources.local_peaks import convolve, cutouts, find_peaks
from gpucal.kernels.sources.star_profile import StarProfile
from gpucal.kernels.sources.starfind import measure_starfind


class Selection(NamedTuple):
    """Which peaks are stars.

    Attributes
    ----------
    separation : int
        Pixels within which a star is the highest peak.
    sharpness, roundness : (float, float)
        Ranges, ends included.
    highest_peak : float or None
        Stars with a higher peak are dropped, such as saturated ones.
    brightest : int or None
        So many stars at most, in order of their fluxes; without it they are in the order of their pixels.
    """

    separation: int
    sharpness: tuple[float, float]
    roundness: tuple[float, float]
    highest_peak: float | None = None
    brightest: int | None = None


def find_stars(image, mask, method, threshold, profile: StarProfile, selection: Selection) -> dict[str, np.ndarray]:
    """Find the stars of an image.

    Parameters
    ----------
    image : (ny, nx) float array
        Without background.
    mask : (ny, nx) bool array
        Pixels whose peaks are no stars.
    method : {"dao", "iraf"}
        How stars are measured; see `gpucal.kernels.sources.daofind` and `gpucal.kernels.sources.starfind`.
    threshold : float
        The least height of a star: that of the Gaussian that fits it best. For ``dao`` in units of what it is before
        the convolution: it is multiplied with the relative error of the profile.
    profile : StarProfile
        What stars look like.
    selection : Selection
        Which peaks are stars.

    Returns
    -------
    dict of str to (nstars,) array
        On the host: ``x``, ``y`` (pixels, from 0), ``flux``, ``peak``, ``sharpness``, and what else
        the method measures.

    Raises
    ------
    ValueError
        If the mask has another shape.
    """
    convolved = convolve(image, profile.filter)
    lowest = threshold * profile.relative_error if method == "dao" else threshold
    x, y = find_peaks(convolved, mask, lowest, selection.separation)
    around = cutouts(image, x, y, profile.radius)
    with np.errstate(invalid="ignore", divide="ignore"):
        if method == "dao":
            columns, shapes = measure_daofind(around, cutouts(convolved, x, y, profile.radius), profile)
        else:
            columns, shapes = measure_starfind(around, profile)
    columns["x"] += x
    columns["y"] += y
    return _select(columns, shapes, selection)


def _select(columns, shapes, selection):
    """The stars among peaks: all that is measured is finite, sharpness and the given shapes are in their ranges."""
    kept = np.all([np.isfinite(values) for values in columns.values()], axis=0)
    ranges = {"sharpness": selection.sharpness} | dict.fromkeys(shapes, selection.roundness)
    for name, (lowest, highest) in ranges.items():
        kept &= (columns[name] >= lowest) & (columns[name] <= highest)
    if selection.highest_peak is not None:
        kept &= columns["peak"] <= selection.highest_peak
    order = np.flatnonzero(kept)
    if selection.brightest is not None:
        order = order[np.argsort(columns["flux"][order])[::-1][: selection.brightest]]
    return {name: values[order] for name, values in columns.items()}
