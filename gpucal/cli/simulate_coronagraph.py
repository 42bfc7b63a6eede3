"""``gpucal simulate --observation coronagraphy``: a star behind a coronagraph."""

from gpucal.cli.simulated import tell
from gpucal.errors import GpucalError
from gpucal.simulate.starlight.observe_coronagraph import observe_as_told

# Options of observations that hold for coronagraphs, by their names among the arguments.
FITTING = ("instrument", "mask", "references", "rates", "roll", "turn")


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
        One of them does not hold for coronagraphs.
    """
    unfit = [name for name in given if name not in FITTING]
    unfit += ["subarray"] if args.subarray is not None else []
    if unfit:
        name = unfit[0].replace("_", "-")
        raise GpucalError(f"--{name} does not hold for --observation coronagraphy (see gpucal simulate -h)")
    observation = observe_as_told(
        args.directory,
        given | ({} if args.nints is None else {"nints": args.nints}),
        rates="rates" in given,
        effects=effects,
        readpatt=args.readpatt,
        ngroups=args.ngroups,
        seed=args.seed,
        cache=args.cache,
    )
    files = [(exposure.role, exposure.path) for exposure in observation.exposures]
    tell(console, [*files, ("stage 2", observation.level2), ("stage 3", observation.level3)], observation)
