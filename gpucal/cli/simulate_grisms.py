"""``gpucal simulate --observation`` of spectra without slits, through grisms."""

from dataclasses import replace

from gpucal.cli.simulated import Kind
from gpucal.errors import GpucalError
from gpucal.simulate import GrismFieldObservation, GrismSeriesObservation
from gpucal.simulate.spectra.slitless.grism_plans import FIELD, SERIES, GrismSeriesPlan, field_plan
from gpucal.simulate.spectra.slitless.grisms import BANDS
from gpucal.simulate.spectra.slitless.observe_grisms import observe_grism_field, observe_grism_series


def make(args, given: dict, effects) -> GrismFieldObservation | GrismSeriesObservation:
    """Observe.

    Parameters
    ----------
    args : argparse.Namespace
    given : dict
        The options of observations that are on the command line.
    effects : Effects

    Returns
    -------
    GrismFieldObservation | GrismSeriesObservation

    Raises
    ------
    GpucalError
        It is to be raw.
    """
    if "rates" not in given:
        raise GpucalError(f"--observation {args.observation} makes rates, and no raw ramps: add --rates")
    others = {"effects": effects, "readpatt": args.readpatt, "ngroups": args.ngroups, "seed": args.seed}
    if args.observation == FIELD:
        return observe_grism_field(args.directory, _field(given), cache=args.cache, **others)
    return observe_grism_series(args.directory, _series(args, given), cache=args.cache, **others)


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


KINDS = {
    FIELD: Kind(make, ("dithers", "filters", "grisms", "rates", "roll", "sources")),
    SERIES: Kind(make, ("filters", "rates", "roll"), ("subarray", "nints")),
}
