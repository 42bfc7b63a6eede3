"""Which exposures make an observation, and where the telescope looks in each."""

from dataclasses import dataclass, replace

from gpucal.simulate.errors import SimulationError
from gpucal.simulate.pointing import dither_offsets, moved
from gpucal.wcs.telescope import Pointing

SCIENCE, BACKGROUND = "science", "background"
BACKGROUND_FIELD = 600.0  # arcsec to the north of the science
SLEW = 60.0  # seconds between exposures


@dataclass(frozen=True)
class Plan:
    """What is exposed, and where the telescope looks meanwhile.

    Attributes
    ----------
    exposures : int
        Of the field.
    backgrounds : int
        Of a part of the sky beside it where there are no sources.
    spread : float or None
        Size of the square that the dithers fill, arcsec; None: 30 pixels of the first detector.
    ra, dec : float
        The middle of the field, degrees.
    roll : float
        Position angle of V3 there, degrees.
    turn : float
        How far the telescope turns from one exposure to the next, degrees.
    motion : tuple of float
        How the target moves, arcsec an hour east and north; the telescope follows it.
    wave_front : bool
        Whether it is for the sensing of the wave front: exposures are combined by pairs.

    Raises
    ------
    SimulationError
        There are no exposures, or those of the wave front make no pairs.
    """

    exposures: int = 4
    backgrounds: int = 0
    spread: float | None = None
    ra: float = 80.5
    dec: float = -69.5
    roll: float = 33.0
    turn: float = 0.0
    motion: tuple[float, float] = (0.0, 0.0)
    wave_front: bool = False

    def __post_init__(self):
        if self.exposures < 1 or self.backgrounds < 0:
            raise SimulationError(f"there are no {self.exposures} exposures and {self.backgrounds} of the background")
        if self.wave_front and self.exposures % 2:
            raise SimulationError(f"wave front sensing takes pairs of exposures, not {self.exposures}")

    @property
    def moves(self) -> bool:
        """Whether the target does."""
        return any(self.motion)

    @classmethod
    def named(cls, name: str, **others) -> "Plan":
        """A usual plan, with some of it replaced: ``Plan.named("wfs", exposures=4)``.

        Raises
        ------
        SimulationError
            There is no such plan.
        """
        if name not in PLANS:
            raise SimulationError(f"no observation {name!r}; there are {', '.join(PLANS)}")
        return replace(PLANS[name], **others)


# Usual plans, by what they are for.
PLANS = {
    "dither": Plan(),
    "background": Plan(backgrounds=3),
    "moving": Plan(motion=(60.0, 25.0)),
    "wfs": Plan(exposures=2, wave_front=True),
}


@dataclass(frozen=True)
class Visit:
    """One exposure of all detectors.

    Attributes
    ----------
    role : str
        ``science`` or ``background``.
    number, of : int
        Which one of how many of this role, from 1.
    pointing : Pointing
        What was asked for, at the point of the field of view where the target is.
    offset : tuple of float
        How far this is from the middle of the field of view: V2 and V3, arcsec.
    seconds : float
        From the start of the first exposure to that of this one.
    passed : tuple of float
        How far the target has moved since the middle of the first exposure: arcsec east and north.
    """

    role: str
    number: int
    of: int
    pointing: Pointing
    offset: tuple[float, float]
    seconds: float
    passed: tuple[float, float]


def visits_of(plan: Plan, middle, spread: float, duration: float) -> list[Visit]:
    """The exposures of a plan, in order.

    Parameters
    ----------
    plan : Plan
    middle : tuple of float
        V2 and V3 of the middle of the detectors, arcsec.
    spread : float
        For a plan without one, arcsec.
    duration : float
        Of an exposure, seconds.
    """
    visits = []
    for role, number in ((SCIENCE, plan.exposures), (BACKGROUND, plan.backgrounds)):
        offsets = dither_offsets(number, spread if plan.spread is None else plan.spread)
        for index, (v2, v3) in enumerate(offsets.tolist()):
            seconds = index * (duration + SLEW)
            passed = tuple(speed * seconds / 3600 for speed in plan.motion)
            start = Pointing(middle[0] + v2, middle[1] + v3, plan.ra, plan.dec, plan.roll)
            beside = BACKGROUND_FIELD * (role == BACKGROUND)
            pointing = moved(start, passed[0], passed[1] + beside, index * plan.turn)
            visits.append(Visit(role, index + 1, number, pointing, (v2, v3), seconds, passed))
    return visits
