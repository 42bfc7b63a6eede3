"""The references of one run: found in one question, checked before the first step."""

import logging
from collections.abc import Iterable

from gpucal.data import Exposure
from gpucal.reference import Reference, ReferenceFileError, best_references, crds_parameters

log = logging.getLogger(__name__)

NOT_APPLICABLE = "N/A"


class RunReferences:
    """All references that the steps of one run use.

    Parameters
    ----------
    answers : dict
        Reference type to path, as CRDS answered.
    """

    def __init__(self, answers: dict[str, str]):
        self._answers = answers
        self._opened: dict[tuple[str, str], Reference] = {}

    @classmethod
    def find(cls, steps: Iterable, exposure: Exposure) -> "RunReferences":
        """Ask for the references of these steps, and check each of them.

        Raises
        ------
        ReferenceFileError
            If one cannot be found or opened, or belongs to another detector.
        """
        steps = list(steps)
        types = {kind for step in steps for kind in step.reference_file_types if step.override(kind) is None}
        answers = best_references(crds_parameters(exposure.model), types)
        references = cls(answers)
        for step in steps:
            used = references.of(step)
            for kind in step.reference_file_types:
                used.check(kind, exposure)
        return references

    def of(self, step) -> "StepReferences":
        """The references of one step, its overrides applied."""
        return StepReferences(step, self)

    def open(self, kind: str, source, from_crds: bool) -> Reference:
        """The reference of a source, opened once for the whole run."""
        key = (kind, str(source) if isinstance(source, str) else str(id(source)))
        if key not in self._opened:
            self._opened[key] = Reference(kind, source, from_crds)
        return self._opened[key]

    def answer(self, kind: str) -> str:
        """The answer of CRDS for a type."""
        return self._answers.get(kind, NOT_APPLICABLE)

    def nbytes(self, exposure: Exposure) -> int:
        """The most bytes that the arrays of all references take, cut to an exposure."""
        return sum(reference.nbytes(exposure) for reference in self._opened.values())

    def close(self) -> None:
        """Let go of the host copies of all references."""
        for reference in self._opened.values():
            reference.close()


class StepReferences:
    """The references that one step uses; it remembers which were asked for.

    ``references["dark"]`` is a `Reference`, or None where the answer was ``N/A``.
    """

    def __init__(self, step, run: RunReferences):
        self._step = step
        self._run = run
        self.used: dict[str, str] = {}

    def __getitem__(self, kind: str) -> Reference | None:
        reference = self._find(kind)
        self.used[kind] = NOT_APPLICABLE if reference is None else reference.label
        return reference

    def close(self) -> None:
        """Let go of the host copies of those that the step used: what it needed of them is on the backend."""
        for kind in self.used:
            if (reference := self._find(kind)) is not None:
                reference.close()

    def missing(self) -> list[str]:
        """The types that the step cannot do without, and that nobody has."""
        required = [
            kind for kind in self._step.reference_file_types if kind not in self._step.optional_references
        ]
        missing = [kind for kind in required if self._find(kind) is None]
        self.used.update(dict.fromkeys(missing, NOT_APPLICABLE))
        return missing

    def check(self, kind: str, exposure: Exposure) -> None:
        """Open a reference and see that it belongs to the exposure's instrument and detector."""
        reference = self._find(kind)
        if reference is None:
            log.info("%s reference for %s: N/A", kind.upper(), self._step.name)
            return
        log.info("%s reference for %s: %s", kind.upper(), self._step.name, reference.label)
        ours, theirs = exposure.meta.instrument, reference.meta.instrument
        for what, mine, its in (
            ("instrument", ours.name, theirs.name),
            ("detector", ours.detector, theirs.detector),
        ):
            if not _compatible(mine, its, getattr(theirs, "p_detector", None)):
                raise ReferenceFileError(
                    f"{kind} reference {reference.label} is for {what} {its}, {exposure.source} is of {what} {mine}; "
                    f"name another with --override_{kind}"
                )

    def _find(self, kind: str) -> Reference | None:
        override = self._step.override(kind)
        source = self._run.answer(kind) if override is None else override
        if isinstance(source, str) and source.strip() in (NOT_APPLICABLE, ""):
            return None
        return self._run.open(kind, source, from_crds=override is None)


def _compatible(mine: str | None, its: str | None, pattern: str | None) -> bool:
    if mine is None or its is None or str(its).upper() in ("ANY", "N/A", "MULTIPLE", "UNKNOWN"):
        return True
    return mine == its or (pattern is not None and f"{mine}|" in f"{pattern}|")
