"""A coronagraphic observation that was simulated: its files, and what is true of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from gpucal.simulate.records import RecordedExposure, RecordedObservation
from gpucal.simulate.starlight.coronagraphs import Companion

RECORD = "coronagraphy.json"


@dataclass(frozen=True)
class CoronagraphicExposure(RecordedExposure):
    """An exposure.

    Attributes
    ----------
    path : Path
        The rates of integrations, or the level-1b file.
    truth_path : Path
        Rates without noise, DN/s: see `gpucal.simulate.Truth`.
    role : str
        ``science`` or ``psf``.
    number : int
        From 1.
    roll : float
        Position angle of V3 at the star, degrees.
    star : tuple of float
        Where the star really is, x and y from 0.
    """

    path: Path
    truth_path: Path
    role: str
    number: int
    roll: float
    star: tuple[float, float]


@dataclass(frozen=True)
class CoronagraphicObservation(RecordedObservation):
    """A simulated coronagraphic observation and what belongs to it.

    Attributes
    ----------
    exposures : tuple of CoronagraphicExposure
        Those of the star first.
    level2 : Path
        Association for stage 2.
    level3 : Path
        Association for stage 3.
    star : float
        Flux of the star, Jy.
    companions : tuple of Companion
    transmissions : tuple of float
        Share of the light of each companion that passes the coronagraph.
    target : tuple of float
        Right ascension and declination of the star, degrees.
    references : dict
        Reference type -> Path inside the cache.
    cache : Path
        The CRDS cache, for CRDS_PATH.
    context : str
        The context of the cache under which the references are served.
    """

    exposures: tuple[CoronagraphicExposure, ...]
    level2: Path
    level3: Path
    star: float
    companions: tuple[Companion, ...]
    transmissions: tuple[float, ...]
    target: tuple[float, float]
    references: dict[str, Path]
    cache: Path
    context: str

    record: ClassVar[str] = RECORD

    @classmethod
    def load(cls, directory: str | Path) -> "CoronagraphicObservation":
        """The observation that was made in a directory."""
        tree = cls.placed(directory)
        exposures = [one | {"star": tuple(one["star"])} for one in tree.pop("exposures")]
        tree["companions"] = tuple(Companion(**one) for one in tree["companions"])
        tree |= {name: tuple(tree[name]) for name in ("target", "transmissions")}
        return cls(tuple(CoronagraphicExposure(**one) for one in exposures), **tree)
