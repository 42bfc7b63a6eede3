"""What an interferometric observation is to be: a binary and a reference star, seen through a mask."""

from dataclasses import dataclass


@dataclass(frozen=True)
class InterferometryPlan:
    """What is exposed.

    Attributes
    ----------
    filter : str
        F380M, F430M or F480M.
    nints : int
        Integrations of an exposure.
    exposures, references : int
        Exposures of the star, and of the reference star.
    separation : float
        Of the companion, arcsec.
    position_angle : float
        Of the companion, east of north, degrees.
    contrast : float
        Flux of the companion over that of the star; 0 for none.
    ra, dec : float
        Of the star, degrees.
    roll : float
        Position angle of V3, degrees.
    opd, drift : float
        How far segments of the mirror are off in all exposures alike, and in each more, nanometres (one sigma).
    jitter : float
        How far the star is off its place in an exposure, pixels (one sigma).
    """

    filter: str = "F480M"
    nints: int = 10
    exposures: int = 1
    references: int = 1
    separation: float = 0.15
    position_angle: float = 50.0
    contrast: float = 0.05
    ra: float = 82.0
    dec: float = -65.0
    roll: float = 33.0
    opd: float = 40.0
    drift: float = 3.0
    jitter: float = 0.15
