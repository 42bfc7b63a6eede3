"""``gpucal simulate --observation`` of spectra without slits, through grisms."""

from dataclasses import replace

from gpucal.cli.simulated import tell
from gpucal.errors import GpucalError
from gpucal.simulate.spectra.slitless.grism_plans import FIELD, SERIES, GrismSeriesPlan, field_plan
from gpucal.simulate.spectra.slitless.grisms import BANDS
from gpucal.simulate.spectra.slitless.observe_grisms import observe_grism_field, observe_grism_series

# Observation -> options of observations that hold for it, by their names among the arguments.
GRISM_OBSERVATIONS = {
    FIELD: ("dithers", "filters", "grisms", "rates", "roll", "sources"),
    SERIES: ("filters", "rates", "roll"),
}
# Options of single exposures that do not hold for fields.
UNFIT_FOR_FIELDS = ("subarray", "nints")


def run(args, given: dict, effects, console) -> None:
    """Observe, and tell where everything is.

    Parameters
    ----------
    args : argparse.Namespace
    given : dict
        The options of observations that are on the command line.
    effects : Effects
    console : rich.console.Console

    Raises
    ------
    GpucalError
        One of them does not hold for such an observation, or it is to be raw.
    """
    kind = args.observation
    unfit = [name for name in given if name not in GRISM_OBSERVATIONS[kind]]
    if kind == FIELD:
        unfit += [name for name in UNFIT_FOR_FIELDS if getattr(args, name) is not None]
    if unfit:
        name = unfit[0].replace("_", "-")
        raise GpucalError(f"--{name} does not hold for --observation {kind} (see gpucal simulate -h)")
    if "rates" not in given:
        raise GpucalError(f"--observation {kind} makes rates, and no raw ramps: add --rates")
    others = {"effects": effects, "readpatt": args.readpatt, "ngroups": args.ngroups, "seed": args.seed}
    if kind == FIELD:
        observe, plan = observe_grism_field, _field(given)
    else:
        observe, plan = observe_grism_series, _series(args, given)
    observation = observe(args.directory, plan, cache=args.cache, **others)
    files = [("science", exposure.path) for exposure in observation.exposures]
    files += [("stage 2", path) for path in observation.level2]
    tell(console, [*files, *(("stage 3", path) for path in observation.level3)], observation)


def _field(given):
    changes = {"roll": given["roll"]} if "roll" in given else {}
    return field_plan(
        given.get("grisms", ()), _band(given), given.get("dithers"), given.get("sources"), **changes
    )


def _series(args, given):
    named = {"band": _band(given), "subarray": args.subarray and args.subarray.upper()}
    named |= {"nints": args.nints, "roll": given.get("roll")}
    plan = replace(GrismSeriesPlan(), **{name: value for name, value in named.items() if value is not None})
    if plan.band not in BANDS["NIRCAM"]:
        raise GpucalError(f"series are simulated with {', '.join(BANDS['NIRCAM'])}, not with {plan.band}")
    return plan


def _band(given):
    """The one value of ``--filters``, upper case; None if it is not there."""
    names = given.get("filters", [None])
    if len(names) > 1:
        raise GpucalError(f"--filters takes one name for spectra, not {len(names)}")
    return names[0] and names[0].upper()
