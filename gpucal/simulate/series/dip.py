"""The light of a star that a planet passes in front of."""

from dataclasses import dataclass

import numpy as np

from gpucal.simulate.errors import SimulationError

PIVOT = 1.5  # micron


@dataclass(frozen=True)
class Dip:
    """A dip with straight flanks.

    Attributes
    ----------
    depth : float
        Share of the light that is missing in it.
    middle, duration, ingress : float
        When it is, how long from where it begins to where it ends, and how long the light takes to fall; all in units
        of the whole series.
    slope : float
        By how much the depth grows with a micron, where wavelengths are told apart; `depth` is that at 1.5 micron.

    Raises
    ------
    SimulationError
        The depth is no share, or the flanks are longer than the dip.
    """

    depth: float = 0.01
    middle: float = 0.5
    duration: float = 0.4
    ingress: float = 0.08
    slope: float = 0.0

    def __post_init__(self):
        if not (0 <= self.depth <= 1 and 0 < self.ingress <= self.duration / 2):
            raise SimulationError(f"no dip has a depth of {self.depth} and flanks of {self.ingress} in {self.duration}")

    def at(self, moments) -> np.ndarray:
        """The light at moments from 0 to 1, relative to that of the star alone."""
        return 1 - self.depth * self.part_before(moments)

    def part_before(self, moments) -> np.ndarray:
        """The part of the planet that is in front of the star, from 0 to 1."""
        away = np.abs(np.asarray(moments, float) - self.middle)
        return np.clip((self.duration / 2 - away) / self.ingress, 0, 1)

    def depth_at(self, wavelengths) -> np.ndarray:
        """The share of the light of wavelengths, micron, that is missing when all of the planet is there."""
        return self.depth + self.slope * (np.asarray(wavelengths, float) - PIVOT)

    def is_full(self, moments) -> np.ndarray:
        """Whether all of the planet is in front of the star."""
        return np.abs(np.asarray(moments, float) - self.middle) <= self.duration / 2 - self.ingress

    def is_outside(self, moments) -> np.ndarray:
        """Whether none of it is."""
        return np.abs(np.asarray(moments, float) - self.middle) >= self.duration / 2


def moments_of(number: int) -> np.ndarray:
    """The middles of integrations of a series, from 0 to 1."""
    return (np.arange(number) + 0.5) / number
