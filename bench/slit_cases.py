"""The observations through slits that stages 2 and 3 are measured with."""

from bench.spectral_stages import SpectralCase
from gpucal.simulate import SlitPlan, observe_slits
from gpucal.simulate.spectra.shutter_layouts import many_slitlets

INTEGRATIONS = 200


def series(name: str) -> SpectralCase:
    """A usual series, of many integrations."""
    return SpectralCase(observe_slits, SlitPlan.named(name, nints=INTEGRATIONS), stages=("spec2",))


def nods(plan: SlitPlan, with_peer: bool = True) -> SpectralCase:
    """Exposures of which the others are the backgrounds of one.

    jwst takes minutes for stage 2, and hours for stage 3, of hundreds of slitlets.
    """
    return SpectralCase(observe_slits, plan, with_others=True, with_peer=with_peer)


CASES = {
    "NIRSpec fixed slits, 3 nods": nods(SlitPlan.named("fixedslit")),
    "NIRSpec shutters, 20 slitlets, 3 nods": nods(many_slitlets(20)),
    "NIRSpec shutters, 200 slitlets, 3 nods (jwst takes hours and is not run)": nods(many_slitlets(200), False),
    f"NIRSpec series, {INTEGRATIONS} integrations": series("bots"),
    "MIRI LRS slit, 2 nods": nods(SlitPlan.named("lrs")),
    f"MIRI LRS slitless, {INTEGRATIONS} integrations": series("lrs-slitless"),
}
