"""What all simulated observations share: how they are served by CRDS, and kept in a file beside their exposures."""

import json
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

from gpucal.simulate.crds_cache import CrdsCache, crds_environment
from gpucal.simulate.simulation import Truth


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
