"""An observation through slits that was simulated: its files, and what is true of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from gpucal.simulate.records import RecordedExposure, RecordedObservation
from gpucal.simulate.spectra.spectrum import Spectrum

RECORD = "spectra.json"


@dataclass(frozen=True)
class SlitExposure(RecordedExposure):
    """An exposure through slits.

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
class SlitObservation(RecordedObservation):
    """A simulated observation through slits and what belongs to it.

    Attributes
    ----------
    exposures : tuple of SlitExposure
    level2 : tuple of Path
        Associations for stage 2, one for each exposure; nods of a source are backgrounds of each other.
    level2_alone : tuple of Path
        The same without backgrounds.
    level3 : Path or None
        Association for stage 3, of a series for ``calwebb_tso3``.
    spectra : dict
        Source -> its Spectrum: Jy of a point, MJy/sr of what is extended. 0 is the target of observations without an
        MSA metadata file.
    sky : Spectrum
        MJy/sr.
    references : dict
        Reference type -> Path inside the cache.
    cache : Path
        The CRDS cache, for CRDS_PATH.
    context : str
        The context of the cache under which the references are served.
    """

    exposures: tuple[SlitExposure, ...]
    level2: tuple[Path, ...]
    level2_alone: tuple[Path, ...]
    level3: Path | None
    spectra: dict[int, Spectrum]
    sky: Spectrum
    references: dict[str, Path]
    cache: Path
    context: str

    record: ClassVar[str] = RECORD

    @classmethod
    def load(cls, directory: str | Path) -> "SlitObservation":
        """The observation that was made in a directory."""
        tree = cls.placed(directory)
        tree["exposures"] = tuple(SlitExposure(**one) for one in tree["exposures"])
        tree["spectra"] = {int(source): Spectrum.of_tree(one) for source, one in tree["spectra"].items()}
        tree["sky"] = Spectrum.of_tree(tree["sky"])
        return cls(**tree)
