"""``gpucal simulate --observation soss``."""

from dataclasses import replace

from gpucal.cli.simulated import Kind
from gpucal.simulate import SossObservation, SossPlan, observe_soss

NAME = "soss"
FITTING = ("rates", "roll")  # options of observations that hold for it, by their names among the arguments


def make(args, given: dict, effects) -> SossObservation:
    """Observe. What is written are rates, with or without ``--rates``.

    Parameters
    ----------
    args : argparse.Namespace
    given : dict
        The options of observations that are on the command line.
    effects : Effects

    Returns
    -------
    SossObservation
    """
    named = {
        "subarray": args.subarray and args.subarray.upper(),
        "nints": args.nints,
        "roll": given.get("roll"),
    }
    plan = replace(SossPlan(), **{name: value for name, value in named.items() if value is not None})
    return observe_soss(args.directory, plan, effects, args.readpatt, args.ngroups, args.seed, args.cache)


KINDS = {NAME: Kind(make, FITTING, ("subarray", "nints"))}
