"""``gpucal simulate --observation soss``."""

from dataclasses import replace

from gpucal.cli.simulated import tell
from gpucal.errors import GpucalError
from gpucal.simulate import SossPlan, observe_soss

NAME = "soss"
FITTING = ("rates", "roll")  # options of observations that hold for it, by their names among the arguments


def run(args, given: dict, effects, console) -> None:
    """Observe, and tell where everything is. What is written are rates, with or without ``--rates``.

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
        One of them does not hold for SOSS.
    """
    unfit = [name for name in given if name not in FITTING]
    if unfit:
        name = unfit[0].replace("_", "-")
        raise GpucalError(f"--{name} does not hold for --observation soss (see gpucal simulate -h)")
    named = {
        "subarray": args.subarray and args.subarray.upper(),
        "nints": args.nints,
        "roll": given.get("roll"),
    }
    plan = replace(SossPlan(), **{name: value for name, value in named.items() if value is not None})
    observation = observe_soss(
        args.directory, plan, effects, args.readpatt, args.ngroups, args.seed, args.cache
    )
    files = [("science", exposure.path) for exposure in observation.exposures]
    files += [("stage 2", path) for path in observation.level2]
    tell(console, [*files, ("stage 3", observation.level3)], observation)
