"""How well the levels of the sky are found."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from gpucal.simulate import Observation


@dataclass(frozen=True)
class Levels:
    """Levels of the sky, as a product tells them, against the truth, MJy/sr.

    Attributes
    ----------
    spread : float
        Of the true levels, from the lowest to the highest.
    worst : float
        Largest error of a level against the mean error, as only differences are known.
    common : float
        Mean error.
    """

    spread: float
    worst: float
    common: float


def measure_levels(observation: Observation, paths: list[Path]) -> Levels:
    """Hold BKGLEVEL of products against the truth.

    Parameters
    ----------
    observation : Observation
    paths : list of Path
        A ``crf`` of each science exposure of the first band, in order.
    """
    science = [exposure for exposure in observation.science if exposure.band == observation.science[0].band]
    true = np.array([exposure.sky for exposure in science])
    found = np.array([fits.getheader(path).get("BKGLEVEL", np.nan) for path in paths], float)
    errors = found - true
    return Levels(float(np.ptp(true)), float(np.abs(errors - errors.mean()).max()), float(errors.mean()))
