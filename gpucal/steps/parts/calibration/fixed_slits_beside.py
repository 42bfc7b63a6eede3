"""Fixed slits in exposures of the micro-shutters: they have references of their own."""

from collections.abc import Iterator

from gpucal.core.run.references import RunReferences

SHUTTERS, FIXED = "NRS_MSASPEC", "NRS_FIXEDSLIT"


def parts_of(exposure, references, step) -> Iterator[tuple]:
    """An exposure, or the slits of shutters and the fixed slits of one, each with its references.

    Parameters
    ----------
    exposure : Exposure
    references : StepReferences
        Those of the exposure.
    step : Step
        Which uses them.

    Yields
    ------
    exposure : Exposure
        Fixed slits are as if the exposure was of the type of these.
    references : StepReferences
    """
    fixed = [number for number, slit in enumerate(exposure.slits) if not slit.name.lstrip("-").isdigit()]
    if str(exposure.meta.exposure.type).upper() != SHUTTERS or not fixed:
        yield exposure, references
        return
    of_shutters = [slit for number, slit in enumerate(exposure.slits) if number not in fixed]
    if of_shutters:
        yield exposure.with_slits(of_shutters), references
    beside = exposure.with_slits(exposure.slits.part(fixed))
    beside.meta.exposure.type = FIXED
    yield beside, RunReferences(beside).of(step)
