"""Whether a light curve has the depth that was simulated, and no more scatter than its photons."""

from dataclasses import dataclass

import numpy as np

from gpucal.simulate import Dip
from gpucal.simulate.series.dip import moments_of

OF_QUARTILES = 1.349  # of a normal distribution, in standard deviations


@dataclass(frozen=True)
class CurveTruth:
    """A light curve against the truth.

    Attributes
    ----------
    nints, lost : int
        Integrations, and those of them whose light is more than ten errors from the truth.
    depth, depth_error : float
        Of the dip, relative to that simulated; and the standard error of this, by the errors of the light.
    scatter : float
        Of light / truth, relative; of a normal distribution with the same quartiles.
    expected : float
        What the errors of the light say.
    """

    nints: int
    lost: int
    depth: float
    depth_error: float
    scatter: float
    expected: float

    @property
    def excess(self) -> float:
        """The scatter in units of what the errors say."""
        return self.scatter / self.expected


def measure_curve(light, error, dip: Dip) -> CurveTruth:
    """Hold a light curve against the truth.

    Parameters
    ----------
    light, error : (nints,) arrays
        In order of time.
    dip : Dip
        What was simulated.
    """
    light, error, moments = np.asarray(light, float), np.asarray(error, float), moments_of(len(light))
    share = light / dip.at(moments)
    middle = np.nanmedian(share)
    relative, expected = share / middle - 1, error / dip.at(moments) / middle
    good = np.abs(relative) < 10 * np.nanmedian(expected)
    inside, outside = dip.is_full(moments) & good, dip.is_outside(moments) & good
    star = light[outside].mean()
    depth = 1 - light[inside].mean() / star
    spread = np.sqrt((error[inside] ** 2).sum()) / inside.sum() / star
    spread = np.hypot(spread, np.sqrt((error[outside] ** 2).sum()) / outside.sum() / star)
    low, high = np.percentile(relative[good], (25, 75))
    return CurveTruth(
        len(light), int((~good).sum()), depth / dip.depth, spread / dip.depth, (high - low) / OF_QUARTILES,
        float(np.sqrt(np.mean(expected[good] ** 2))),
    )  # fmt: skip
