"""What all simulated observations share: how they are served by CRDS, and kept in a file beside their exposures."""

import json
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

from gpucal.simulate.crds_cache import CrdsCache, crds_environment
from gpucal.simulate.simulation import Truth

# Fields of observations that are paths.
PATHS = {"level2", "level2_alone", "level3", "cache"}


class RecordedExposure:
    """An exposure that knows its files: a base of dataclasses with ``path`` and ``truth_path``."""

    def product(self, suffix: str) -> Path:
        """The file of that suffix that is made of this exposure: ``product("cal")``."""
        return self.path.with_name(f"{self.path.stem.rpartition('_')[0]}_{suffix}.fits")

    @property
    def truth(self) -> Truth:
        """Rates without noise, and cosmic rays where there are any."""
        return Truth.load(self.truth_path)


class RecordedObservation:
    """An observation that knows its CRDS cache: a base of dataclasses with ``cache`` and ``context``.

    Attributes
    ----------
    record : str
        The name of the file that it is kept in.
    """

    record: ClassVar[str]

    def of_role(self, role: str = "science") -> tuple:
        """The exposures of a role, such as ``psf`` or ``imprint``, in order."""
        return tuple(exposure for exposure in self.exposures if _role(exposure) == role)

    def files(self) -> list[tuple[str, Path]]:
        """What each file is, and where: exposures by their roles, and associations."""
        exposures = [(_role(exposure), exposure.path) for exposure in self.exposures]
        associations = [("stage 2", path) for path in _several(self.level2)]
        return [*exposures, *associations, *(("stage 3", path) for path in _several(self.level3))]

    def environment(self) -> dict[str, str]:
        """Environment variables that make CRDS serve these exposures."""
        return CrdsCache(self.cache).environment(self.context)

    def crds(self) -> AbstractContextManager[None]:
        """Context manager: within it, in this process, CRDS serves these exposures."""
        return crds_environment(self.environment())

    def save(self, directory: Path) -> None:
        """Write what `load` reads, beside the exposures; paths within the directory are relative to it."""

        def within(path):
            return str(path.relative_to(directory)) if path.is_relative_to(directory) else str(path)

        (directory / self.record).write_text(json.dumps(asdict(self), default=within, indent=1) + "\n")

    @classmethod
    def read(cls, directory: Path) -> dict:
        """The tree that `save` wrote."""
        return json.loads((directory / cls.record).read_text())

    @classmethod
    def placed(cls, directory: str | Path) -> dict:
        """The tree that `save` wrote, with paths again: of exposures, associations, references and the cache."""
        directory = Path(directory).absolute()
        tree = cls.read(directory)
        for one in tree["exposures"]:
            one |= {name: directory / one[name] for name in ("path", "truth_path")}
        for name in PATHS & tree.keys():
            tree[name] = _below(directory, tree[name])
        tree["references"] = {kind: directory / path for kind, path in tree["references"].items()}
        return tree


def _below(directory: Path, paths: str | list[str] | None) -> Path | tuple[Path, ...] | None:
    """One path, several or none, in a directory."""
    if paths is None:
        return None
    return directory / paths if isinstance(paths, str) else tuple(directory / path for path in paths)


def _role(exposure) -> str:
    return getattr(exposure, "role", "science")


def _several(paths: Path | tuple[Path, ...] | None) -> tuple[Path, ...]:
    """One path, several, or none, as a tuple."""
    return (paths,) if isinstance(paths, Path) else tuple(paths or ())
