"""``gpucal simulate --observation`` of spectra through slits."""

from dataclasses import replace

from gpucal.cli.simulated import Kind
from gpucal.errors import GpucalError
from gpucal.simulate import Dip, SlitObservation, SlitPlan, observe_slits
from gpucal.simulate.spectra.shutter_layouts import many_slitlets
from gpucal.simulate.spectra.slit_plans import SLIT_PLANS

# Options of observations that hold for spectra, by their names among the arguments.
FITTING = ("depth", "detectors", "filters", "grating", "rates", "roll", "slitlets")


def make(args, given: dict, effects) -> SlitObservation:
    """Observe.

    Parameters
    ----------
    args : argparse.Namespace
    given : dict
        The options of observations that are on the command line.
    effects : Effects

    Returns
    -------
    SlitObservation

    Raises
    ------
    GpucalError
        An option does not hold for the observation.
    """
    named = {"detector": _only(given, "detectors"), "filter": _only(given, "filters"), "subarray": args.subarray}
    named |= {"grating": given.get("grating"), "nints": args.nints, "roll": given.get("roll")}
    changes = {name: value for name, value in named.items() if value is not None}
    plan = replace(_plan(args.observation, given.get("slitlets")), **changes)
    if "depth" in given:
        if not (plan.series and "rates" in given):
            raise GpucalError("--depth is for the --rates of series, such as bots (see gpucal simulate -h)")
        plan = replace(plan, dip=Dip(given["depth"]))
    return observe_slits(
        args.directory,
        plan,
        rates="rates" in given,
        effects=effects,
        readpatt=args.readpatt,
        ngroups=args.ngroups,
        seed=args.seed,
        cache=args.cache,
    )


def _plan(name, slitlets) -> SlitPlan:
    if slitlets is None:
        return SlitPlan.named(name)
    if name != "mos":
        raise GpucalError("--slitlets is for --observation mos (see gpucal simulate -h)")
    return many_slitlets(slitlets)


def _only(given, name):
    """The one value of an option that takes several; upper case. None if it is not there."""
    values = given.get(name, [None])
    if len(values) > 1:
        raise GpucalError(f"--{name} takes one name for spectra, not {len(values)}")
    return values[0] and values[0].upper()


KINDS = {name: Kind(make, FITTING, ("subarray", "nints")) for name in SLIT_PLANS}
