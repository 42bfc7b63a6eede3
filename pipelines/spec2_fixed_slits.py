"""Fixed slits in exposures of the micro-shutters of NIRSpec: they are calibrated as fixed slits are."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from gpucal.core.run.references import RunReferences
from gpucal.data import Exposure
from gpucal.data.slits import Slit
from gpucal.names.products import split_suffix

# The quadrant that the MSA metadata file gives to fixed slits.
FIXED_QUADRANT = 5

SHUTTERS, FIXED = "NRS_MSASPEC", "NRS_FIXEDSLIT"
STEPS = ("wavecorr", "flat_field", "pathloss", "photom")

Run = Callable[[Sequence[str], Exposure, RunReferences], Exposure]


def calibrate_slits(steps: Sequence[str], exposure: Exposure, references, run: Run, find: Callable) -> Exposure:
    """Run steps on shutters and, as many as are for these, on fixed slits, with the references of either.

    Parameters
    ----------
    steps : sequence of str
        Names of steps, in order.
    exposure : Exposure
        Slits of all kinds.
    references : RunReferences
        Those for shutters.
    run : callable
        Runs steps on an exposure.
    find : callable
        Finds the references of steps for an exposure.

    Returns
    -------
    Exposure
        All slits, shutters first.
    """
    fixed = [place for place, slit in enumerate(exposure.slits) if is_fixed(slit)]
    if not fixed:
        return run(steps, exposure, references)
    shutters = [place for place in range(len(exposure.slits)) if place not in fixed]
    beside = of_fixed_slits(exposure, fixed)
    names = [name for name in steps if name in STEPS]
    beside = run(names, beside, find(names, beside))
    if not shutters:
        made = beside.with_slits(beside.slits)
        made.meta.exposure.type = SHUTTERS
    else:
        main = run(steps, exposure.with_slits(exposure.slits.part(shutters)), references)
        made = main.with_slits([*main.slits, *beside.slits])
    made.source, made.membership = exposure.source, exposure.membership
    return made


def is_fixed(slit: Slit) -> bool:
    """Whether a slit is one of the fixed slits."""
    return slit["quadrant"] == FIXED_QUADRANT


def of_fixed_slits(exposure: Exposure, places: Sequence[int]) -> Exposure:
    """Fixed slits as an exposure of its own: what steps save of it is named apart."""
    made = exposure.with_slits(exposure.slits.part(places))
    made.meta.exposure.type = FIXED
    for slit in made.slits:
        slit["meta.exposure.type"] = FIXED
    base, separator, suffix = split_suffix(exposure.membership.product or exposure.source.removesuffix(".fits"))
    made.source = f"{base}_fs{separator}{suffix or 'rate'}.fits"
    made.membership = replace(exposure.membership, is_alone=False)
    return made
