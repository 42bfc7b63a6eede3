"""``gpucal simulate --observation`` with integral field units."""

from gpucal.cli.simulated import tell
from gpucal.errors import GpucalError
from gpucal.simulate.spectra.ifu import mrs_plans, nirspec_ifu_plans, observe_mrs, observe_nirspec_ifu

# Observation -> the function that makes it of a directory, values that the user gives, and keyword arguments.
CUBES = {nirspec_ifu_plans.NAME: observe_nirspec_ifu.observe_as_told, mrs_plans.NAME: observe_mrs.observe_as_told}
# Options of observations that hold for cubes, by their names among the arguments; and those of one of them alone.
FITTING = ("backgrounds", "detectors", "dithers", "rates", "roll")
OWN = {nirspec_ifu_plans.NAME: ("filters", "grating"), mrs_plans.NAME: ("bands",)}


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
        One of them does not hold for cubes.
    """
    unfit = [name for name in given if name not in (*FITTING, *OWN[args.observation])]
    if unfit:
        name = unfit[0].replace("_", "-")
        raise GpucalError(f"--{name} does not hold for --observation {args.observation} (see gpucal simulate -h)")
    for name in ("subarray", "nints"):
        if getattr(args, name) is not None:
            raise GpucalError(f"--{name} does not hold for cubes (see gpucal simulate -h)")
    observation = CUBES[args.observation](
        args.directory,
        given,
        rates="rates" in given,
        effects=effects,
        readpatt=args.readpatt,
        ngroups=args.ngroups,
        seed=args.seed,
        cache=args.cache,
    )
    files = [(exposure.role, exposure.path) for exposure in observation.exposures]
    files += [("stage 2", path) for path in observation.level2]
    tell(console, [*files, *(("stage 3", path) for path in observation.level3)], observation)
