"""A series of images that was simulated: its files, and what is true of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from astropy.table import Table

from gpucal.simulate.records import RecordedObservation

RECORD = "series.json"


@dataclass(frozen=True)
class SeriesObservation(RecordedObservation):
    """A simulated series of images and what belongs to it.

    Attributes
    ----------
    exposures : tuple of Path
        The rates of each segment.
    level2 : Path
        Association for stage 2, with a product for each segment.
    level3 : Path
        Association for ``calwebb_tso3``.
    catalogue : Path
        What is true of each integration: see `truth`.
    flux : float
        Of the star outside of the dip, Jy.
    depth : float
        Of the dip.
    references : dict
        Reference type -> Path inside the cache.
    cache : Path
        The CRDS cache, for CRDS_PATH.
    context : str
        The context of the cache under which the references are served.
    """

    exposures: tuple[Path, ...]
    level2: Path
    level3: Path
    catalogue: Path
    flux: float
    depth: float
    references: dict[str, Path]
    cache: Path
    context: str

    record: ClassVar[str] = RECORD

    @property
    def truth(self) -> Table:
        """A row for each integration: ``mjd``, ``flux`` (Jy), ``x`` and ``y`` (pixels from 0), ``moment`` (0 to 1)."""
        return Table.read(self.catalogue, format="ascii.ecsv")

    def files(self) -> list[tuple[str, Path]]:
        """What each file is, and where."""
        segments = [("segment", path) for path in self.exposures]
        return [*segments, ("truth", self.catalogue), ("stage 2", self.level2), ("stage 3", self.level3)]

    @classmethod
    def load(cls, directory: str | Path) -> "SeriesObservation":
        """The observation that was made in a directory."""
        directory = Path(directory).absolute()
        tree = cls.read(directory)
        tree["exposures"] = tuple(directory / path for path in tree["exposures"])
        for name in ("level2", "level3", "catalogue", "cache"):
            tree[name] = directory / tree[name]
        tree["references"] = {kind: directory / path for kind, path in tree["references"].items()}
        return cls(**tree)
