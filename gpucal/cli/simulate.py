"""``gpucal simulate``: make an exposure or an observation, its references, and a CRDS cache that serves them."""

from rich.console import Console

from gpucal.cli import simulate_observation
from gpucal.cli.simulated import tell
from gpucal.simulate import Effects, ReferenceOptions, simulate


def add_parser(subparsers):
    """Register the subcommand.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
    """
    parser = subparsers.add_parser(
        "simulate", help="make an exposure with known truth, and the references that calibrate it"
    )
    parser.add_argument("directory", help="where the exposure and its truth are written")
    parser.add_argument("--detector", help="DETECTOR, such as NRCA1, NIS, NRS1 or GUIDER1 (default NRCA1)")
    parser.add_argument("--filter", help="FILTER (default: a usual one of the instrument)")
    parser.add_argument("--subarray", help="SUBARRAY (default FULL)")
    parser.add_argument("--readpatt", help="READPATT (default: the fastest one of the instrument)")
    parser.add_argument("--exp-type", help="EXP_TYPE (default: that of the detector and subarray)")
    parser.add_argument("--ngroups", type=int, help="groups in an integration (default 10)")
    parser.add_argument("--nints", type=int, help="integrations, of superstripes whole frames (default 1)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the exposure (default 1)")
    parser.add_argument("--template", metavar="FILE", help="level-1b file whose keywords are taken over")
    parser.add_argument(
        "--cache", metavar="DIR", help="CRDS cache to make or extend (default: crds_cache in DIRECTORY)"
    )
    parser.add_argument(
        "--full-frame-references", action="store_true", help="serve a subarray with full-frame references"
    )
    parser.add_argument(
        "--inverse-linearity", action="store_true", help="add INV_COEFFS to the linearity reference"
    )
    for effect in Effects.switches():
        parser.add_argument(
            f"--no-{effect.replace('_', '-')}",
            dest=effect,
            action="store_false",
            help=f"leave out {effect.replace('_', ' ')}",
        )
    simulate_observation.add_options(parser)
    parser.set_defaults(run=run)


def run(args):
    """Simulate, and tell where everything is.

    Parameters
    ----------
    args : argparse.Namespace

    Returns
    -------
    int
        Exit code.
    """
    simulate_observation.check_options(args)
    effects = Effects(**{name: getattr(args, name) for name in Effects.switches()})
    console = Console(soft_wrap=True, highlight=False)
    if args.observation:
        simulate_observation.run(args, effects, console)
        return 0
    simulation = simulate(
        args.directory,
        detector=args.detector,
        filter=args.filter,
        subarray=args.subarray,
        readpatt=args.readpatt,
        ngroups=args.ngroups,
        nints=args.nints,
        effects=effects,
        seed=args.seed,
        template=args.template,
        cache=args.cache,
        exp_type=args.exp_type,
        references=ReferenceOptions(
            full_frame=args.full_frame_references, inverse_linearity=args.inverse_linearity
        ),
    )
    tell(console, [("exposure", simulation.exposure), ("truth", simulation.truth_path)], simulation)
    return 0
