"""Simulating an observation: exposures of one field, dithered, with the associations that combine them."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from astropy.io import fits
from astropy.table import Table

from gpucal.simulate.optics import Band
from gpucal.simulate.projection import Projection, projection_of
from gpucal.simulate.records import RecordedExposure, RecordedObservation
from gpucal.simulate.subarrays import Subarray
from gpucal.wcs.documents import read_document
from gpucal.wcs.telescope import Pointing

RECORD = "observation.json"
WINDOW = ("SUBSTRT1", "SUBSTRT2", "SUBSIZE1", "SUBSIZE2")


@dataclass(frozen=True)
class ObservedExposure(RecordedExposure):
    """An exposure of an observation, and what is true of it.

    Attributes
    ----------
    path : Path
        The level-1b file, or that of the rates.
    truth_path : Path
        Rates without noise, DN/s, and the cosmic rays that are in the file: see `gpucal.simulate.Truth`.
    instrument, detector : str
    band : Band
    role : str
        ``science`` or ``background``.
    number : int
        From 1; detectors that were exposed together have the same.
    sky : float
        Level of the sky, MJy/sr.
    pointing : Pointing
        Where the middle of the image really was; the header says where it should have been.
    error : tuple of float
        How far that is from what the header says: arcsec east and north, degrees.
    references : dict
        Reference type -> Path inside the cache, of those of stages 2 and 3.
    """

    path: Path
    truth_path: Path
    instrument: str
    detector: str
    band: Band
    role: str
    number: int
    sky: float
    pointing: Pointing
    error: tuple[float, float, float]
    references: dict[str, Path]

    def projection(self) -> Projection:
        """The way between the sky and its pixels as it really was."""
        header = fits.getheader(self.path)
        window = Subarray(header["SUBARRAY"], *(header[key] for key in WINDOW), header["NOUTPUTS"])
        offsets = self.references.get("filteroffset")
        rows = read_document(offsets)["filters"] if offsets else []
        distortion = read_document(self.references["distortion"])["model"]
        return projection_of(window, self.band, self.pointing, distortion, rows)


@dataclass(frozen=True)
class Observation(RecordedObservation):
    """A simulated observation and what belongs to it.

    Attributes
    ----------
    exposures : tuple of ObservedExposure
        The background ones last.
    level2 : Path
        Association for stage 2, whose members are the rates of all science exposures.
    level3 : tuple of Path
        Associations for stage 3, one for each band; for the wave front, those of ``calwebb_wfs-image3``.
    catalogue : Path
        The sources, an ECSV file: see `gpucal.simulate.sky.draw_sources`.
    cache : Path
        The CRDS cache, for CRDS_PATH.
    context : str
        The context of the cache under which the references are served.
    """

    exposures: tuple[ObservedExposure, ...]
    level2: Path
    level3: tuple[Path, ...]
    catalogue: Path
    cache: Path
    context: str

    record: ClassVar[str] = RECORD

    @property
    def science(self) -> list[ObservedExposure]:
        """The science exposures."""
        return [exposure for exposure in self.exposures if exposure.role == "science"]

    @property
    def sources(self) -> Table:
        """What the catalogue holds."""
        return Table.read(self.catalogue, format="ascii.ecsv")

    def files(self) -> list[tuple[str, Path]]:
        """What each file is, and where."""
        return [*super().files(), ("sources", self.catalogue)]

    @classmethod
    def load(cls, directory: str | Path) -> "Observation":
        """The observation that was made in a directory."""
        directory = Path(directory).absolute()
        tree = cls.read(directory)
        exposures = []
        for one in tree.pop("exposures"):
            one |= {name: directory / one[name] for name in ("path", "truth_path")}
            one["references"] = {kind: directory / path for kind, path in one["references"].items()}
            one |= {"pointing": Pointing(*one["pointing"]), "band": Band(*one["band"]), "error": tuple(one["error"])}
            exposures.append(ObservedExposure(**one))
        level3 = tuple(directory / path for path in tree.pop("level3"))
        paths = {name: directory / tree.pop(name) for name in ("level2", "catalogue", "cache")}
        return cls(tuple(exposures), level3=level3, **paths, **tree)
