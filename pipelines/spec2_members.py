"""Members that stage 2 of spectra subtracts go through what the exposure goes through before."""

import logging
from collections.abc import Iterable
from dataclasses import replace

from gpucal.core import SkipStep
from gpucal.core.run.inner import run_inside
from gpucal.data import Exposure, open_exposure

log = logging.getLogger(__name__)

# The steps that members of a role go through, in order.
CLEANED_BY = {"imprint": ("clean_flicker_noise",), "background": ("clean_flicker_noise", "imprint_subtract")}


def clean_members(pipeline, steps: Iterable[str], exposure: Exposure, references) -> None:
    """Open imprints and backgrounds, and clean them as the exposure itself.

    Parameters
    ----------
    pipeline : Pipeline
        Whose steps they are.
    steps : iterable of str
        The names of those that run on the exposure.
    exposure : Exposure
        Its membership is replaced by one whose members are open, where any step is for them.
    references : RunReferences
        Those of the run.
    """
    for role, names in CLEANED_BY.items():
        at_work = [getattr(pipeline, name) for name in names if name in steps and not getattr(pipeline, name).skip]
        members = exposure.membership.of_role(role)
        if at_work and members:
            cleaned = [_cleaned(member, at_work, exposure, references) for member in members]
            others = {**exposure.membership.others, role: cleaned}
            exposure.membership = replace(exposure.membership, others=others)


def _cleaned(member, steps, exposure: Exposure, references) -> Exposure:
    """A member after these steps; it is saved by those that save what they make."""
    other = member if isinstance(member, Exposure) else open_exposure(member)
    other.membership = replace(exposure.membership, is_alone=False)
    for step in steps:
        try:
            step.check_applies(other)
            other = run_inside(step, other, references)
        except SkipStep as reason:
            log.warning("%s: %s is skipped: %s", other.source, step.name, reason)
            continue
        if step.saves:
            step.save(other)
    return other
