"""An interferometric observation that was simulated: its files, and what is true of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from gpucal.simulate.records import RecordedExposure, RecordedObservation
from gpucal.simulate.starlight.interferometry_plan import InterferometryPlan

RECORD = "interferometry.json"


@dataclass(frozen=True)
class InterferometricExposure(RecordedExposure):
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
    star : tuple of float
        Where the star is, x and y from 0.
    """

    path: Path
    truth_path: Path
    role: str
    number: int
    star: tuple[float, float]


@dataclass(frozen=True)
class InterferometricObservation(RecordedObservation):
    """A simulated interferometric observation and what belongs to it.

    Attributes
    ----------
    exposures : tuple of InterferometricExposure
        Those of the star first.
    level2, level3 : Path
        Associations for stages 2 and 3.
    plan : InterferometryPlan
        With what is true of the companion.
    references : dict
        Reference type -> Path inside the cache.
    cache : Path
        The CRDS cache, for CRDS_PATH.
    context : str
        The context of the cache under which the references are served.
    """

    exposures: tuple[InterferometricExposure, ...]
    level2: Path
    level3: Path
    plan: InterferometryPlan
    references: dict[str, Path]
    cache: Path
    context: str

    record: ClassVar[str] = RECORD

    @classmethod
    def load(cls, directory: str | Path) -> "InterferometricObservation":
        """The observation that was made in a directory."""
        tree = cls.placed(directory)
        exposures = [one | {"star": tuple(one["star"])} for one in tree.pop("exposures")]
        tree["plan"] = InterferometryPlan(**tree["plan"])
        return cls(tuple(InterferometricExposure(**one) for one in exposures), **tree)
