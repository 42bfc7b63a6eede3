"""How well exposures are aligned: with each other, and with the sky."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.truth.imaging.products import wcs_of_file
from gpucal.simulate import Observation

POINTS = 7  # along each side of an image


@dataclass(frozen=True)
class Astrometry:
    """How far the coordinates of products are from the truth.

    Attributes
    ----------
    relative : float
        Of one exposure against all others: root mean square over the pixels of all, mas.
    worst : float
        The same of the worst exposure.
    absolute : float
        Of all exposures together: how far they are off, mas.
    rotation : float
        How much they are turned together, degrees.
    """

    relative: float
    worst: float
    absolute: float
    rotation: float


def measure_astrometry(observation: Observation, paths: list[Path]) -> Astrometry:
    """Hold the WCS of products against where the telescope looked.

    Parameters
    ----------
    observation : Observation
    paths : list of Path
        A product of each science exposure, in order.
    """
    exposures = {exposure.product("x").stem[:-2]: exposure for exposure in observation.science}
    places, residuals = [], []
    for path in paths:
        exposure = next(one for stem, one in exposures.items() if path.name.startswith(f"{stem}_"))
        truth = exposure.projection()
        ny, nx = truth.shape
        y, x = (axis.ravel() for axis in np.mgrid[0 : ny - 1 : POINTS * 1j, 0 : nx - 1 : POINTS * 1j])
        true, found = truth.to_sky(x, y), wcs_of_file(path).program().at(x, y)
        places.append(true)
        scale = np.array([np.cos(np.deg2rad(true[1])), np.ones(len(x))])
        residuals.append((found - true + 180) % 360 - 180)
        residuals[-1] *= scale * 3.6e6
    return _summary(np.array(places), np.array(residuals))


def _summary(places, residuals):
    """Residuals, mas (n, 2, npoints), with what all have in common taken off: a shift and a turn."""
    middle = places.mean(axis=(0, 2), keepdims=True)
    from_middle = (places - middle) * 3600
    from_middle[:, 0] *= np.cos(np.deg2rad(middle[0, 1, 0]))
    east, north = from_middle[:, 0].ravel(), from_middle[:, 1].ravel()
    ones, zeros = np.ones(east.size), np.zeros(east.size)
    design = np.concatenate([np.column_stack([ones, zeros, north]), np.column_stack([zeros, ones, -east])])
    values = np.concatenate([residuals[:, 0].ravel(), residuals[:, 1].ravel()])
    common = np.linalg.lstsq(design, values)[0]
    left = (values - design @ common).reshape(2, len(residuals), -1)
    of_exposure = np.sqrt((left**2).sum(axis=0).mean(axis=1))
    return Astrometry(
        relative=float(np.sqrt((of_exposure**2).mean())),
        worst=float(of_exposure.max()),
        absolute=float(np.hypot(*common[:2])),
        rotation=float(np.rad2deg(common[2] / 1e3)),
    )
