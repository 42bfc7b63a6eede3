"""``gpucal simulate --observation ami``: a binary and a reference star through the mask of NIRISS."""

from dataclasses import replace

from gpucal.cli.simulated import Kind
from gpucal.simulate import InterferometricObservation, InterferometryPlan, observe_interferometer

NAME = "ami"

# Options for these observations alone: words for argparse.
OPTIONS = {
    "separation": {"type": float, "metavar": "ARCSEC", "help": "of ami: of the companion (default 0.15)"},
    "position_angle": {
        "type": float,
        "metavar": "DEG",
        "help": "of ami: of the companion, east of north (default 50)",
    },
    "contrast": {
        "type": float,
        "metavar": "RATIO",
        "help": "of ami: companion over star (default 0.05; 0 for none)",
    },
}
# Options of observations that hold for it, by their names among the arguments.
FITTING = ("rates", "roll", "dithers", "filters", *OPTIONS)


def make(args, given: dict, effects) -> InterferometricObservation:
    """Observe.

    Parameters
    ----------
    args : argparse.Namespace
    given : dict
        The options of observations that are on the command line.
    effects : Effects

    Returns
    -------
    InterferometricObservation
    """
    changes = {name: given[name] for name in ("roll", *OPTIONS) if name in given}
    if "dithers" in given:
        changes["exposures"] = changes["references"] = given["dithers"]
    if "filters" in given:
        changes["filter"] = given["filters"][0].upper()
    if args.nints is not None:
        changes["nints"] = args.nints
    plan = replace(InterferometryPlan(), **changes)
    return observe_interferometer(
        args.directory, plan, "rates" in given, effects, args.readpatt, args.ngroups, args.seed, args.cache
    )


KINDS = {NAME: Kind(make, FITTING, ("nints",))}
