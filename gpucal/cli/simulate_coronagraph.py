"""``gpucal simulate --observation coronagraphy``: a star behind a coronagraph."""

from gpucal.cli.simulated import Kind
from gpucal.simulate import CoronagraphicObservation
from gpucal.simulate.starlight import coronagraphs
from gpucal.simulate.starlight.observe_coronagraph import observe_as_told

# Options of observations that hold for coronagraphs, by their names among the arguments.
FITTING = ("instrument", "mask", "references", "rates", "roll", "turn")


def make(args, given: dict, effects) -> CoronagraphicObservation:
    """Observe.

    Parameters
    ----------
    args : argparse.Namespace
    given : dict
        The options of observations that are on the command line.
    effects : Effects

    Returns
    -------
    CoronagraphicObservation
    """
    return observe_as_told(
        args.directory,
        given | ({} if args.nints is None else {"nints": args.nints}),
        rates="rates" in given,
        effects=effects,
        readpatt=args.readpatt,
        ngroups=args.ngroups,
        seed=args.seed,
        cache=args.cache,
    )


KINDS = {coronagraphs.NAME: Kind(make, FITTING, ("nints",))}
