"""The base of steps that work on one exposure and another one that it is held against."""

from pathlib import Path
from typing import Any, ClassVar

from gpucal.core.step import Step
from gpucal.data import Exposure, Members
from gpucal.errors import GpucalError


class PairedStep(Step):
    """A step with two inputs, as ``klip`` has: ``KlipStep.call(science, references)``, or ``gpucal strun klip A B``.

    Its `process` is given both as `gpucal.data.Members`; see `pair_of`. The second one may be an argument by itself, or
    both a list.

    Attributes
    ----------
    pair_words : tuple of str
        What its two inputs are called in messages.
    """

    over_members: ClassVar[bool] = True
    pair_words: ClassVar[tuple[str, str]] = ("exposure", "other exposure")

    def run(self, source, other=None) -> Any:
        """Run the step with the parameters it has, on two inputs; see `gpucal.core.Step.run`."""
        return super().run(source if other is None else [source, other])

    def __call__(self, source, other=None) -> Any:
        """The same as `run`."""
        return self.run(source, other)

    @classmethod
    def call(cls, source, other=None, config_file: str | Path | None = None, **parameters: Any) -> Any:
        """Configure a new step for two inputs, and run it; see `gpucal.core.Step.call`."""
        return super().call(source if other is None else [source, other], config_file, **parameters)

    def pair_of(self, members: Members) -> tuple[Exposure, Exposure]:
        """The two inputs.

        Raises
        ------
        GpucalError
            If there are not two.
        """
        if len(members) != 2:
            one, other = self.pair_words
            raise GpucalError(
                f"{self.class_alias} takes two inputs, a {one} and then {other}, not {len(members)}: "
                f"gpucal strun {self.class_alias} {one.upper()} {other.upper()}"
            )
        return members[0], members[1]
