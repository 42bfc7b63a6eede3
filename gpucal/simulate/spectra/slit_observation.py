"""An observation through slits that was simulated: its files, and what is true of it."""

import json
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from gpucal.simulate.crds_cache import CrdsCache, crds_environment
from gpucal.simulate.simulation import Truth
from gpucal.simulate.spectra.spectrum import Line, Spectrum

RECORD = "spectra.json"


@dataclass(frozen=True)
class SlitExposure:
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

    def product(self, suffix: str) -> Path:
        """The file of that suffix that is made of this exposure: ``product("cal")``."""
        return self.path.with_name(f"{self.path.stem.rpartition('_')[0]}_{suffix}.fits")

    @property
    def truth(self) -> Truth:
        """Rates without noise."""
        return Truth.load(self.truth_path)


@dataclass(frozen=True)
class SlitObservation:
    """A simulated observation through slits and what belongs to it.

    Attributes
    ----------
    exposures : tuple of SlitExposure
    level2 : tuple of Path
        Associations for stage 2, one for each exposure; nods of a source are backgrounds of each other.
    level2_alone : tuple of Path
        The same without backgrounds.
    level3 : Path or None
        Association for stage 3; None of a series.
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

    def environment(self) -> dict[str, str]:
        """Environment variables that make CRDS serve these exposures."""
        return CrdsCache(self.cache).environment(self.context)

    def crds(self) -> AbstractContextManager[None]:
        """Context manager: within it, in this process, CRDS serves these exposures."""
        return crds_environment(self.environment())

    def save(self, directory: Path) -> None:
        """Write what `load` reads, beside the exposures."""

        def within(path):
            return str(path.relative_to(directory)) if path.is_relative_to(directory) else str(path)

        (directory / RECORD).write_text(json.dumps(asdict(self), default=within, indent=1) + "\n")

    @classmethod
    def load(cls, directory: str | Path) -> "SlitObservation":
        """The observation that was made in a directory."""
        directory = Path(directory).absolute()
        tree = json.loads((directory / RECORD).read_text())
        tree["exposures"] = tuple(
            SlitExposure(directory / one["path"], directory / one["truth_path"], one["number"])
            for one in tree["exposures"]
        )
        for name in ("level2", "level2_alone"):
            tree[name] = tuple(directory / path for path in tree[name])
        tree["level3"] = tree["level3"] and directory / tree["level3"]
        tree["spectra"] = {int(source): _spectrum(one) for source, one in tree["spectra"].items()}
        tree["sky"] = _spectrum(tree["sky"])
        tree["references"] = {kind: directory / path for kind, path in tree["references"].items()}
        tree["cache"] = directory / tree["cache"]
        return cls(**tree)


def _spectrum(tree):
    return Spectrum(**tree | {"lines": tuple(Line(**line) for line in tree["lines"])})
