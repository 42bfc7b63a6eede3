"""``gpucal simulate --observation series``: images of a star with a transit."""

from dataclasses import replace

from gpucal.cli.simulated import Kind
from gpucal.errors import GpucalError
from gpucal.simulate.series.observe_series import observe_series
from gpucal.simulate.series.series_observation import SeriesObservation
from gpucal.simulate.series.series_plan import SeriesPlan

SERIES = "series"

# Options of observations that hold for series, by their names among the arguments.
FITTING = ("detectors", "filters", "rates", "segments", "depth", "jitter", "flicker", "sky")

# Those that are for series alone: words for argparse.
OPTIONS = {
    "segments": {"type": int, "metavar": "N", "help": "of series: files that hold the integrations (default 2)"},
    "depth": {"type": float, "metavar": "SHARE", "help": "of series: light missing in the transit (default 0.01)"},
    "jitter": {"type": float, "metavar": "PIXELS", "help": "of series: how far the telescope wanders (default 0.01)"},
    "flicker": {"type": float, "metavar": "DN_S", "help": "of series: noise that rows share (default 0)"},
}  # fmt: skip


def make(args, given: dict, effects) -> SeriesObservation:
    """Observe.

    Parameters
    ----------
    args : argparse.Namespace
    given : dict
        The options of observations that are on the command line.
    effects : Effects

    Returns
    -------
    SeriesObservation

    Raises
    ------
    GpucalError
        Several detectors are named.
    """
    plan = SeriesPlan()
    detectors = given.get("detectors", [plan.detector])
    if len(detectors) > 1:
        raise GpucalError(f"--detectors takes one name for series, not {len(detectors)}")
    changes = {name: given[name] for name in ("segments", "jitter", "flicker", "sky") if name in given}
    changes |= {name: getattr(args, name) for name in ("subarray", "nints", "ngroups") if getattr(args, name)}
    if "depth" in given:
        changes["transit"] = replace(plan.transit, depth=given["depth"])
    plan = replace(plan, detector=detectors[0].upper(), filters=tuple(given.get("filters", ())), **changes)
    return observe_series(args.directory, plan, effects, args.readpatt, args.seed, args.cache)


KINDS = {SERIES: Kind(make, FITTING, ("subarray", "nints"))}
