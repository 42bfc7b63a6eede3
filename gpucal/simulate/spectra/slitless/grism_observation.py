"""An observation without slits that was simulated: its files, and what is true of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from gpucal.simulate.records import RecordedExposure, RecordedObservation
from gpucal.simulate.series.dip import Dip
from gpucal.simulate.spectra.slitless.direct_image import DirectImage
from gpucal.simulate.spectra.slitless.grism_scene import FieldSource
from gpucal.simulate.spectra.spectrum import Spectrum


@dataclass(frozen=True)
class GrismExposure(RecordedExposure):
    """An exposure through a grism, or a segment of one.

    Attributes
    ----------
    path : Path
        The rates.
    truth_path : Path
        Rates without noise, DN/s: see `gpucal.simulate.Truth`.
    grism : str
    number : int
        Of the dither or the segment, from 1.
    """

    path: Path
    truth_path: Path
    grism: str
    number: int


@dataclass(frozen=True)
class _GrismObservation(RecordedObservation):
    """What fields and series have in common."""

    exposures: tuple[GrismExposure, ...]
    level2: tuple[Path, ...]
    level3: tuple[Path, ...]
    band: str
    wavelengths: tuple[float, float]
    references: dict[str, Path]
    cache: Path
    context: str

    @classmethod
    def _tree(cls, directory: Path) -> dict:
        """What was saved, with the paths of where it is now."""
        tree = cls.read(directory)
        tree["exposures"] = tuple(
            GrismExposure(**one | {name: directory / one[name] for name in ("path", "truth_path")})
            for one in tree["exposures"]
        )
        for name in ("level2", "level3"):
            tree[name] = tuple(directory / path for path in tree[name])
        tree["wavelengths"] = tuple(tree["wavelengths"])
        tree["references"] = {kind: directory / path for kind, path in tree["references"].items()}
        tree["cache"] = directory / tree["cache"]
        return tree


@dataclass(frozen=True)
class GrismFieldObservation(_GrismObservation):
    """A simulated field of sources, exposed through grisms, and what belongs to it.

    Attributes
    ----------
    exposures : tuple of GrismExposure
    level2 : tuple of Path
        Associations for stage 2, one for each exposure, with catalogue, segmentation map and direct image.
    level3 : tuple of Path
        Associations for stage 3, one for each grism.
    band : str
    wavelengths : tuple of float
        Between which the band lets light through, micron.
    references : dict
        Reference type -> Path inside the cache, of the first grism where they differ.
    cache : Path
        The CRDS cache, for CRDS_PATH.
    context : str
        The context of the cache under which the references are served.
    direct : DirectImage
        The other members of the associations.
    sources : tuple of FieldSource
        What is true.
    background : float
        In units of its reference.
    """

    direct: DirectImage
    sources: tuple[FieldSource, ...]
    background: float

    record: ClassVar[str] = "field.json"

    @classmethod
    def load(cls, directory: str | Path) -> "GrismFieldObservation":
        """The observation that was made in a directory."""
        directory = Path(directory).absolute()
        tree = cls._tree(directory)
        tree["direct"] = DirectImage(**{name: directory / path for name, path in tree["direct"].items()})
        tree["sources"] = tuple(FieldSource.of_tree(one) for one in tree["sources"])
        return cls(**tree)


@dataclass(frozen=True)
class GrismSeriesObservation(_GrismObservation):
    """A simulated series of spectra of a star, and what belongs to it.

    Attributes
    ----------
    exposures, level2, level3, band, wavelengths, references, cache, context
        See `GrismFieldObservation`; an exposure is a segment.
    spectrum : Spectrum
        Of the star, Jy.
    transit : Dip
    """

    spectrum: Spectrum
    transit: Dip

    record: ClassVar[str] = "series.json"

    @classmethod
    def load(cls, directory: str | Path) -> "GrismSeriesObservation":
        """The observation that was made in a directory."""
        tree = cls._tree(Path(directory).absolute())
        tree["spectrum"], tree["transit"] = Spectrum.of_tree(tree["spectrum"]), Dip(**tree["transit"])
        return cls(**tree)
