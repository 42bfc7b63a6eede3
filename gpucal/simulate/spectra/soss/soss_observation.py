"""A series of SOSS that was simulated: its files, and what is true of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from gpucal.simulate.records import RecordedExposure, RecordedObservation
from gpucal.simulate.series.dip import Dip
from gpucal.simulate.spectra.soss.soss_plans import SossPlan
from gpucal.simulate.spectra.spectrum import Spectrum


@dataclass(frozen=True)
class SossExposure(RecordedExposure):
    """A segment of a series.

    Attributes
    ----------
    path : Path
        The rates, or the level-1b file.
    truth_path : Path
        Rates without noise, DN/s: see `gpucal.simulate.Truth`.
    number : int
        From 1.
    """

    path: Path
    truth_path: Path
    number: int


@dataclass(frozen=True)
class SossObservation(RecordedObservation):
    """A simulated series of SOSS and what belongs to it.

    Attributes
    ----------
    exposures : tuple of SossExposure
        The segments.
    level2 : tuple of Path
        Associations for stage 2, one for each segment.
    level3 : Path
        Association for stage 3: of time series, or of spectra if there is one integration.
    plan : SossPlan
    references : dict
        Reference type -> Path inside the cache.
    cache : Path
        The CRDS cache, for CRDS_PATH.
    context : str
        The context of the cache under which the references are served.
    """

    exposures: tuple[SossExposure, ...]
    level2: tuple[Path, ...]
    level3: Path
    plan: SossPlan
    references: dict[str, Path]
    cache: Path
    context: str

    record: ClassVar[str] = "soss.json"

    @classmethod
    def load(cls, directory: str | Path) -> "SossObservation":
        """The observation that was made in a directory."""
        tree = cls.placed(directory)
        tree["exposures"] = tuple(SossExposure(**one) for one in tree["exposures"])
        plan = tree["plan"]
        plan["star"] = Spectrum.of_tree(plan["star"])
        plan["transit"] = plan["transit"] and Dip(**plan["transit"])
        tree["plan"] = SossPlan(**plan | {"sky": tuple(plan["sky"])})
        return cls(**tree)
