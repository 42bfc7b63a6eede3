"""The coronagraphs that are simulated, and what an observation with one of them is."""

from dataclasses import dataclass
from typing import NamedTuple

from gpucal.simulate.errors import SimulationError

NAME = "coronagraphy"


class Coronagraph(NamedTuple):
    """A coronagraph.

    Attributes
    ----------
    instrument, detector, subarray, filter : str
        Keywords of its exposures.
    mask : str
        CORONMSK.
    exp_type : str
    radius : float
        Of what it hides about the star, arcsec.
    quadrants : bool
        Whether it is a phase mask of four quadrants, which hides what is on the lines between them.
    """

    instrument: str
    detector: str
    subarray: str
    filter: str
    mask: str
    exp_type: str
    radius: float
    quadrants: bool = False


# By the name that a user chooses them with: the mask.
CORONAGRAPHS = {
    "MASKA335R": Coronagraph("NIRCAM", "NRCALONG", "SUB320A335R", "F335M", "MASKA335R", "NRC_CORON", 0.63),
    "4QPM_1550": Coronagraph("MIRI", "MIRIMAGE", "MASK1550", "F1550C", "4QPM_1550", "MIR_4QPM", 0.49, True),
    "LYOT_2300": Coronagraph("MIRI", "MIRIMAGE", "MASKLYOT", "F2300C", "LYOT_2300", "MIR_LYOT", 2.16),
}


@dataclass(frozen=True)
class Companion:
    """A point beside the star.

    Attributes
    ----------
    separation : float
        Arcsec.
    position_angle : float
        From north to east, degrees.
    contrast : float
        Its flux over that of the star.
    """

    separation: float
    position_angle: float
    contrast: float


@dataclass(frozen=True)
class CoronagraphyPlan:
    """What is exposed: a star at two rolls, and a reference star at several places behind the mask.

    Attributes
    ----------
    mask : str
        A key of `CORONAGRAPHS`.
    rolls : tuple of float
        Position angle of V3 in each exposure of the star, degrees.
    references : int
        Exposures of the reference star.
    nints, reference_nints : int
        Integrations of an exposure.
    companions : tuple of Companion
    star : float or None
        Flux of the star, Jy; None: as much as fills a third of the well beside the mask.
    reference_flux : float
        Flux of the reference star over that of the star.
    jitter : float
        How far from its place behind the mask the star lies, pixels, one sigma along each axis.
    step : float
        Of the small grid of places at which the reference star is exposed, pixels.
    drift : float
        By how much speckles differ from one exposure to the next, one sigma over their mean.
    ra, dec : float
        Of the star, degrees.
    sky : float
        MJy/sr.
    """

    mask: str = "MASKA335R"
    rolls: tuple[float, ...] = (33.0, 43.0)
    references: int = 5
    nints: int = 2
    reference_nints: int = 2
    companions: tuple[Companion, ...] | None = None
    star: float | None = None
    reference_flux: float = 1.2
    jitter: float = 0.1
    step: float = 0.35
    drift: float = 0.02
    ra: float = 80.5
    dec: float = -69.5
    sky: float = 0.2

    def __post_init__(self):
        if self.mask not in CORONAGRAPHS:
            raise SimulationError(f"no coronagraph {self.mask!r}; there are {', '.join(CORONAGRAPHS)}")
        if not self.rolls or self.references < 0 or min(self.nints, self.reference_nints) < 1:
            raise SimulationError(
                "a coronagraphic observation has exposures of a star, and integrations in each"
            )
        if self.companions is None:
            away = 2.2 * self.coronagraph.radius + 0.35
            object.__setattr__(
                self, "companions", (Companion(away, 140.0, 2e-4), Companion(1.6 * away, 265.0, 1e-4))
            )

    @property
    def coronagraph(self) -> Coronagraph:
        """What the mask belongs to."""
        return CORONAGRAPHS[self.mask]
