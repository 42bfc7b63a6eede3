"""An observation with an integral field unit that was simulated: its files, and what is true of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from gpucal.simulate.records import RecordedExposure, RecordedObservation
from gpucal.simulate.spectra.ifu.cube_scene import CubeScene, ExtendedField, PointSource
from gpucal.simulate.spectra.spectrum import Spectrum

RECORD = "cubes.json"
SCIENCE, BACKGROUND, IMPRINT = "science", "background", "imprint"


@dataclass(frozen=True)
class CubeExposure(RecordedExposure):
    """An exposure of one detector.

    Attributes
    ----------
    path : Path
        The rates, or the level-1b file.
    truth_path : Path
        Rates without noise, DN/s: see `gpucal.simulate.Truth`.
    detector : str
    role : str
        ``science``, ``background`` (beside the target) or ``imprint`` (with the entrance of the unit closed).
    number : int
        Among those of its role and setting, from 1; detectors that were exposed together have the same.
    setting : str
        Of an observation in several settings one after another: which it is; empty of others.
    """

    path: Path
    truth_path: Path
    detector: str
    role: str
    number: int
    setting: str = ""


@dataclass(frozen=True)
class CubeObservation(RecordedObservation):
    """A simulated observation with an integral field unit and what belongs to it.

    Attributes
    ----------
    exposures : tuple of CubeExposure
    level2 : tuple of Path
        Associations for stage 2, one for each science exposure, with the imprints and backgrounds there are.
    level2_alone : tuple of Path
        The same without backgrounds.
    level3 : tuple of Path
        Associations for stage 3.
    scene : CubeScene
        What is true; the backgrounds see its sky alone.
    target : tuple of float
        Where the places of the scene are measured from: right ascension and declination, degrees.
    references : dict
        Reference type -> Path inside the cache, of the first detector where they differ.
    cache : Path
        The CRDS cache, for CRDS_PATH.
    context : str
        The context of the cache under which the references are served.
    """

    exposures: tuple[CubeExposure, ...]
    level2: tuple[Path, ...]
    level2_alone: tuple[Path, ...]
    level3: tuple[Path, ...]
    scene: CubeScene
    target: tuple[float, float]
    references: dict[str, Path]
    cache: Path
    context: str

    record: ClassVar[str] = RECORD

    @classmethod
    def load(cls, directory: str | Path) -> "CubeObservation":
        """The observation that was made in a directory."""
        directory = Path(directory).absolute()
        tree = cls.read(directory)
        tree["exposures"] = tuple(
            CubeExposure(**one | {name: directory / one[name] for name in ("path", "truth_path")})
            for one in tree["exposures"]
        )
        for name in ("level2", "level2_alone", "level3"):
            tree[name] = tuple(directory / path for path in tree[name])
        point, field = tree["scene"]["point"], tree["scene"]["field"]
        tree["scene"] = CubeScene(
            PointSource(**point | {"spectrum": Spectrum.of_tree(point["spectrum"])}),
            ExtendedField(**field | {name: Spectrum.of_tree(field[name]) for name in ("sky", "cloud")}),
        )
        tree["target"] = tuple(tree["target"])
        tree["references"] = {kind: directory / path for kind, path in tree["references"].items()}
        tree["cache"] = directory / tree["cache"]
        return cls(**tree)
