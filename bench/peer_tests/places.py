"""Which classes of the peer gpucal stands in for, where they are found, and which tests are theirs."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import jwst.pipeline
import jwst.step

from gpucal.core.config.registry import all_classes


class Place(NamedTuple):
    """A step or pipeline that both programs have.

    Attributes
    ----------
    peer, ours : type
        The classes.
    """

    peer: type
    ours: type

    @property
    def tests(self) -> list[Path]:
        """The files of the peer's tests that name this class."""
        module = sys.modules[self.peer.__module__]
        folder = Path(module.__file__).parent / "tests"
        alone = folder / f"test_{Path(module.__file__).name}"
        # All pipelines stand in one package, each with a file of tests; a step has a package of its own.
        is_pipeline = module.__name__.startswith("jwst.pipeline.")
        files = [alone] if is_pipeline else sorted(folder.glob("test_*.py"))
        return [file for file in files if file.exists() and self.peer.__name__ in file.read_text()]

    def put_in(self) -> None:
        """Let our class stand where the peer's tests import theirs from.

        The peer's own pipelines and steps have taken theirs already, and keep it.
        """
        package = self.peer.__module__.rpartition(".")[0]
        for name in (self.peer.__module__, package, "jwst.step", "jwst.pipeline"):
            module = sys.modules[name]
            for attribute, value in list(vars(module).items()):
                if value is self.peer:
                    setattr(module, attribute, self.ours)


def places(aliases: Sequence[str] = ()) -> list[Place]:
    """All steps and pipelines that both programs have, or those of some aliases."""
    peers = {
        one.class_alias: one
        for module in (jwst.step, jwst.pipeline)
        for one in vars(module).values()
        if getattr(one, "class_alias", None)
    }
    ours = {one.class_alias: one for one in all_classes()}
    return [Place(peers[alias], ours[alias]) for alias in ours if alias in peers and alias in (aliases or ours)]
