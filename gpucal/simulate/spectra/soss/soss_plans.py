"""What is observed with SOSS: a usual observation, and the values of which others are made."""

from dataclasses import dataclass

from gpucal.simulate.errors import SimulationError
from gpucal.simulate.series.dip import Dip, moments_of
from gpucal.simulate.spectra.soss.soss_references import DETECTOR, EXP_TYPE, FILTER, SHAPES
from gpucal.simulate.spectra.spectrum import Line, Spectrum


@dataclass(frozen=True)
class Dimmed:
    """A star with a part of a planet before it: a function that gives Jy at wavelengths, micron."""

    star: Spectrum
    transit: Dip
    part: float

    def __call__(self, wavelengths):
        """Jy at wavelengths."""
        return self.star(wavelengths) * (1 - self.part * self.transit.depth_at(wavelengths))


def _star(level):
    places = (0.66, 0.76, 0.9, 1.0, 1.15, 1.4, 1.9, 2.4)
    lines = tuple(Line(place, -0.3 * level * 0.02 * (1.3 / place), 0.008) for place in places)
    return Spectrum(level, -1.0, 1.3, lines)


@dataclass(frozen=True)
class SossPlan:
    """A series of SOSS.

    Attributes
    ----------
    subarray : str
        SUBSTRIP256 or SUBSTRIP96.
    nints : int
        Integrations; of a single one the product is rates, no series.
    segments : int
        Files that they are in.
    star : Spectrum
        Jy.
    transit : Dip or None
    position : float
        PWCPOS, of the pupil wheel, degrees; 245.76 is commanded.
    template : int
        Of the reference, from 0: which background there is.
    sky : tuple of float
        Levels of it on both sides of its step.
    ra, dec : float
        The target, degrees.
    roll : float
        Position angle of V3, degrees.
    """

    subarray: str = "SUBSTRIP256"
    nints: int = 4
    segments: int = 1
    star: Spectrum = _star(0.5)
    transit: Dip | None = Dip(duration=0.5, ingress=0.05, slope=0.001)
    position: float = 245.79
    template: int = 1
    sky: tuple[float, float] = (1.2, 1.05)
    ra: float = 53.12
    dec: float = -27.8
    roll: float = 30.0

    exp_type = EXP_TYPE
    detector = DETECTOR
    filter = FILTER

    def __post_init__(self):
        if self.subarray not in SHAPES:
            raise SimulationError(f"no SOSS subarray {self.subarray!r}; there are {', '.join(SHAPES)}")
        if not 1 <= self.segments <= self.nints:
            raise SimulationError(f"{self.nints} integrations cannot be in {self.segments} files")

    @property
    def series(self) -> bool:
        """Whether the exposure is a time series."""
        return self.nints > 1

    def spectrum_of(self, integration: int):
        """The star as an integration sees it, numbered from 1: a function that gives Jy at wavelengths."""
        part = 0.0 if self.transit is None else float(self.transit.part_before(moments_of(self.nints)[integration - 1]))
        return Dimmed(self.star, self.transit, part) if part else self.star
