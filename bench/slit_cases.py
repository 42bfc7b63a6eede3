"""The observations through slits that stages 2 and 3 are measured with."""

from dataclasses import dataclass
from pathlib import Path

from bench.cases import elsewhere
from gpucal.simulate import Effects, SlitObservation, SlitPlan, observe_slits
from gpucal.simulate.spectra.shutter_layouts import many_slitlets

EFFECTS = Effects.only("stars", "sky", "poisson", "read_noise")
INTEGRATIONS = 200


@dataclass(frozen=True)
class SlitCase:
    """An observation to simulate, and what is measured of it.

    Attributes
    ----------
    plan : SlitPlan
    nods : bool
        Whether the other exposures are the backgrounds of one.
    stages : tuple of str
        Of ``spec2`` and ``spec3``; stage 3 of series is another pipeline.
    with_peer : bool
        Whether jwst is measured, too. It takes minutes for stage 2, and hours for stage 3, of hundreds of slitlets.
    """

    plan: SlitPlan
    nods: bool = False
    stages: tuple[str, ...] = ("spec2", "spec3")
    with_peer: bool = True


def series(name: str) -> SlitCase:
    """A usual series, of many integrations."""
    return SlitCase(SlitPlan.named(name, nints=INTEGRATIONS), stages=("spec2",))


CASES = {
    "NIRSpec fixed slits, 3 nods": SlitCase(SlitPlan.named("fixedslit"), nods=True),
    "NIRSpec shutters, 20 slitlets, 3 nods": SlitCase(many_slitlets(20), nods=True),
    "NIRSpec shutters, 200 slitlets, 3 nods (jwst takes hours and is not run)": SlitCase(
        many_slitlets(200), nods=True, with_peer=False
    ),
    f"NIRSpec series, {INTEGRATIONS} integrations": series("bots"),
    "MIRI LRS slit, 2 nods": SlitCase(SlitPlan.named("lrs"), nods=True),
    f"MIRI LRS slitless, {INTEGRATIONS} integrations": series("lrs-slitless"),
}


def make(case: SlitCase, directory: Path) -> SlitObservation:
    """Simulate the rates of a case in a process of its own."""
    return elsewhere(observe_slits, directory, case.plan, effects=EFFECTS)


def association_of(observation: SlitObservation, case: SlitCase) -> Path:
    """The association of stage 2 of the first exposure."""
    return (observation.level2 if case.nods else observation.level2_alone)[0]
