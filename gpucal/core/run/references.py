"""The references of one run: those certain to be used found in one question, and checked before the first step."""

import logging
from collections.abc import Iterable, Iterator
from functools import cached_property

from gpucal.data import Exposure, Members
from gpucal.data.files.keywords import keywords_of
from gpucal.errors import SkipStep
from gpucal.reference import Reference, ReferenceFileError, best_references, crds_parameters

log = logging.getLogger(__name__)

NOT_APPLICABLE = "N/A"

# What the header of a reference says that serves more than one instrument or detector.
SEVERAL = ("ANY", "N/A", "MULTIPLE", "UNKNOWN")


class RunReferences:
    """All references that the steps of one run use.

    Parameters
    ----------
    exposure : Exposure
        What the run begins with: its header selects the references.
    """

    def __init__(self, exposure: Exposure):
        self._exposure = exposure
        self._parameters = crds_parameters(exposure.model)
        self._answers: dict[str, str] = {}
        self._opened: dict[tuple[str, str], Reference] = {}

    @classmethod
    def find(cls, steps: Iterable, source: Exposure | Members) -> "RunReferences":
        """Ask for the references that these steps are certain to use, and open each of them.

        A step that does not apply to the exposure needs none. Of members, the first one selects the references.

        Raises
        ------
        ReferenceFileError
            If one cannot be found or opened.
        """
        exposure = source[0] if isinstance(source, Members) else source
        references = cls(exposure)
        steps = [one for step in steps for one in _at_work(step, source if step.over_members else exposure)]
        asked = [(step, kind) for step in steps for kind in step.uses(exposure) if step.override(kind) is None]
        needed = {kind for step, kind in asked if kind not in step.optional_references}
        references.ask({kind for _step, kind in asked}, needed)
        for step in steps:
            references.of(step).open_all(step.uses(exposure))
        return references

    def ask(self, types: set[str], needed: set[str]) -> None:
        """Ask CRDS for references of some types.

        Raises
        ------
        ReferenceFileError
            If CRDS cannot be asked, or has none of a type that is needed.
        """
        try:
            self._answers |= best_references(self._parameters, types, types - needed, self._in_words)
        except ReferenceFileError as error:
            raise ReferenceFileError(f"{self._exposure.source}: {error}") from error

    def answer(self, kind: str, is_needed: bool) -> str:
        """The answer of CRDS for a type, which is asked now if it was not asked before."""
        if kind not in self._answers:
            self.ask({kind}, {kind} if is_needed else set())
        return self._answers[kind]

    def of(self, step) -> "StepReferences":
        """The references of one step, its overrides applied."""
        return StepReferences(step, self)

    def open(self, kind: str, source, from_crds: bool) -> Reference:
        """The reference of a source, opened once for the whole run.

        What CRDS chose is trusted; a warning tells when what a user chose is of another type, or for another
        instrument, detector or band.
        """
        key = (kind, str(source) if isinstance(source, str) else str(id(source)))
        if key not in self._opened:
            reference = Reference(kind, source, from_crds)
            mismatch = _other_type(kind, reference) or _mismatch(
                self._exposure.meta.instrument, reference.meta.instrument
            )
            if mismatch and not from_crds:
                log.warning("%s reference %s is used as asked for, but is %s", kind, reference.label, mismatch)
            self._opened[key] = reference
        return self._opened[key]

    def nbytes(self, exposure: Exposure) -> int:
        """The most bytes that the arrays of all references take, cut to an exposure."""
        return sum(reference.nbytes(exposure) for reference in self._opened.values())

    def close(self) -> None:
        """Let go of the host copies of all references."""
        for reference in self._opened.values():
            reference.close()

    def _in_words(self, parameter: str) -> str:
        """A parameter as the exposure's header says it, with a value that was left out."""
        value = self._exposure.refused.get(parameter, self._parameters.get(parameter))
        told = "missing" if value is None else f"= {value}"
        return f"{self._keywords.get(parameter, parameter)} {told}"

    @cached_property
    def _keywords(self) -> dict[str, str]:
        """FITS keywords by their places in the metadata."""
        return {keyword.path: keyword.name for keyword in keywords_of(self._exposure.model)}


class StepReferences:
    """The references that one step uses; it remembers which were asked for.

    ``references["dark"]`` is a `Reference`, or None where the answer was ``N/A``.

    Attributes
    ----------
    run : RunReferences
        Those of the run, for steps that run inside this one.
    used : dict of str to str
        How the header names those that were asked for, by type.
    """

    def __init__(self, step, run: RunReferences):
        self._step = step
        self.run = run
        self.used: dict[str, str] = {}

    def __getitem__(self, kind: str) -> Reference | None:
        reference = self._find(kind)
        self.used[kind] = NOT_APPLICABLE if reference is None else reference.label
        return reference

    def peek(self, kind: str) -> Reference | None:
        """A reference that the header of the product does not name."""
        return self._find(kind)

    def close(self) -> None:
        """Let go of the host copies of those that the step used: what it needed of them is on the backend."""
        for kind in self.used:
            if (reference := self._find(kind)) is not None:
                reference.close()

    def open_all(self, types: Iterable[str]) -> None:
        """Open references of some types, and those that the user named."""
        named = [kind for kind in self._step.reference_file_types if self._step.override(kind) is not None]
        for kind in dict.fromkeys((*types, *named)):
            reference = self._find(kind)
            label = NOT_APPLICABLE if reference is None else reference.label
            log.info("%s reference for %s: %s", kind.upper(), self._step.name, label)

    def missing(self, exposure: Exposure) -> list[str]:
        """The types that the step cannot do without for an exposure, and that nobody has.

        The header will name those that the step would have asked for up to the first of these.
        """
        used = self._step.uses(exposure)
        missing = [kind for kind in used if self._is_needed(kind) and self._find(kind) is None]
        for kind in used[: used.index(missing[0]) + 1] if missing else ():
            self[kind]
        return missing

    def _is_needed(self, kind: str) -> bool:
        return kind not in self._step.optional_references

    def _find(self, kind: str) -> Reference | None:
        override = self._step.override(kind)
        source = self.run.answer(kind, self._is_needed(kind)) if override is None else override
        if isinstance(source, str) and source.strip() in (NOT_APPLICABLE, ""):
            return None
        return self.run.open(kind, source, from_crds=override is None)


def _at_work(step, exposure: Exposure | Members) -> Iterator:
    """A step, and those that run inside it; none if it does not apply to an exposure, or to members."""
    try:
        step.check_applies(exposure)
    except SkipStep as reason:
        log.debug("Step %s needs no references: %s", step.name, reason)
        return
    yield step
    yield from step.inner_steps(exposure)


def _other_type(kind: str, reference: Reference) -> str | None:
    """That a reference says it is of another type; None where it does not."""
    told = getattr(reference.meta, "reftype", None)
    return None if told is None or told.lower() == kind else f"of type {told}"


def _mismatch(ours, theirs) -> str | None:
    """That a reference is for another instrument, detector or band of MIRI; None where it is not."""
    for what, name in (("instrument", "name"), ("detector", "detector"), ("band", "band")):
        mine, its = getattr(ours, name, None), getattr(theirs, name, None)
        if not _compatible(mine, its, getattr(theirs, f"p_{name}", None)):
            return f"for {what} {its}, and the exposure is of {what} {mine}"
    return None


def _compatible(mine: str | None, its: str | None, pattern: str | None) -> bool:
    if mine is None or its is None or str(its).upper() in SEVERAL:
        return True
    return mine == its or (pattern is not None and f"{mine}|" in f"{pattern}|")
