"""``gpucal simulate --observation`` with integral field units."""

from gpucal.cli.simulated import Kind
from gpucal.simulate import CubeObservation
from gpucal.simulate.spectra.ifu import mrs_plans, nirspec_ifu_plans, observe_mrs, observe_nirspec_ifu

# Observation -> the function that makes it of a directory, values that the user gives, and keyword arguments.
CUBES = {nirspec_ifu_plans.NAME: observe_nirspec_ifu.observe_as_told, mrs_plans.NAME: observe_mrs.observe_as_told}
# Options of observations that hold for cubes, by their names among the arguments; and those of one of them alone.
FITTING = ("backgrounds", "detectors", "dithers", "rates", "roll")
OWN = {nirspec_ifu_plans.NAME: ("filters", "grating"), mrs_plans.NAME: ("bands",)}


def make(args, given: dict, effects) -> CubeObservation:
    """Observe.

    Parameters
    ----------
    args : argparse.Namespace
    given : dict
        The options of observations that are on the command line.
    effects : Effects

    Returns
    -------
    CubeObservation
    """
    return CUBES[args.observation](
        args.directory,
        given,
        rates="rates" in given,
        effects=effects,
        readpatt=args.readpatt,
        ngroups=args.ngroups,
        seed=args.seed,
        cache=args.cache,
    )


KINDS = {name: Kind(make, (*FITTING, *OWN[name])) for name in CUBES}
