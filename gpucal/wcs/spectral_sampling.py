"""How the pixels of spectra sample the sky and wavelengths: what the rules of all output grids share.

Source: the ``resample_spec`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/resample_spec/main.html.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gpucal.wcs.lowering import program_of
from gpucal.wcs.nodes import to_plane_of

# Wavelengths nearer to each other than this share of the smallest step of the first spectrum are one.
LEAST_STEP = 0.1

# Outliers of the light by which a position is weighted: so many standard deviations, at most so many times.
CLIPPED, MOST_CLIPS = 100.0, 5


class Line(NamedTuple):
    """A straight line over whole pixels: ``slope * pixel + intercept``."""

    slope: float
    intercept: float


def fit_line(values: np.ndarray, step: float = 1.0) -> Line:
    """The line of least squares through values at pixels that are ``step`` apart, from 0.

    Parameters
    ----------
    values : (n,) float64 array
        All of them known; if there is but one, the slope is zero.
    step : float
        Pixels from one to the next.
    """
    pixels = np.arange(len(values)) * step
    off = pixels - pixels.mean()
    spread = (off**2).sum()
    slope = float((off * (values - values.mean())).sum() / spread) if spread > 0 else 0.0
    return Line(slope, float(values.mean() - slope * pixels.mean()))


def wavelengths_along(wavelength: np.ndarray, axis: int) -> np.ndarray:
    """The median wavelength of each column (axis 0) or row (axis 1) of a spectrum that has any, in their order.

    Parameters
    ----------
    wavelength : (ny, nx) float64 array
        NaN where there is none.
    axis : int
        Along which medians are taken.
    """
    lines = np.sort(wavelength if axis == 1 else wavelength.T, axis=1)  # NaN comes last
    counts = (~np.isnan(lines)).sum(1)
    lines, counts = lines[counts > 0], counts[counts > 0]
    places = np.arange(len(lines))
    return (lines[places, (counts - 1) // 2] + lines[places, counts // 2]) / 2


def joined_wavelengths(spectra: Sequence[np.ndarray]) -> np.ndarray:
    """The wavelengths of a grid for several spectra: those of the first, and of others what lies beyond.

    Parameters
    ----------
    spectra : sequence of (n,) float64 array
        The wavelengths of each, sorted, none of them empty. The one that overlaps most with what there is comes next.

    Returns
    -------
    (n,) float64 array
        Ascending. Where two are nearly the same, the first is left out.
    """
    joined = spectra[0]
    steps = np.diff(joined)
    least = max(LEAST_STEP * abs(steps.min()) if steps.size else 0.0, 100 * np.finfo(float).eps)
    rest = list(spectra[1:])
    while rest:
        overlaps = [min(joined[-1], one[-1]) - max(joined[0], one[0]) for one in rest]
        other = rest.pop(int(np.argmax(overlaps)))
        joined = np.concatenate([other[other < joined[0]], joined, other[other > joined[-1]]])
    doubled = np.abs(np.diff(joined)) < least
    return joined[~np.append(doubled, False)]


def clipped_weights(light: np.ndarray) -> np.ndarray:
    """Light as weights: zero where it is NaN, or an outlier.

    Parameters
    ----------
    light : (ny, nx) float32 array
        Not changed.
    """
    weights = np.asarray(light, np.float64)
    kept = np.isfinite(weights)
    for _ in range(MOST_CLIPS):
        values = weights[kept]
        if not values.size:
            break
        still = kept & (np.abs(weights - np.median(values)) <= CLIPPED * values.std())
        if still.sum() == kept.sum():
            break
        kept = still
    return np.where(kept, weights, 0.0)


def on_tangent_plane(longitude: float, latitude: float, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Points of the sky on the plane that touches it at a point, (2, n) float64 array, degrees; NaN are left out."""
    known = np.isfinite(ra) & np.isfinite(dec)
    return program_of(to_plane_of(longitude, latitude)).at(ra[known], dec[known])


def extents(longitude: float, latitude: float, worlds: Sequence[np.ndarray]) -> np.ndarray:
    """The least and the greatest x and y of spectra on the plane that touches the sky at a point.

    Parameters
    ----------
    longitude, latitude : float
        The point, degrees.
    worlds : sequence of (3, ny, nx) float64 array
        Right ascension, declination and wavelength of pixels; NaN outside of a spectrum.

    Returns
    -------
    (2, 2) float64 array
        Least and greatest; x and y.
    """
    points = np.hstack([on_tangent_plane(longitude, latitude, world[0], world[1]) for world in worlds])
    return np.stack([points.min(1), points.max(1)])


def unwrapped(ra: np.ndarray) -> np.ndarray:
    """Finite right ascensions, degrees, on that side of 0 where their median is."""
    known = ra[np.isfinite(ra)]
    middle = np.median(known) if known.size else 0.0
    far = np.abs(known - middle) > 180.0
    return np.where(far, known + (360.0 if middle > 180.0 else -360.0), known)
