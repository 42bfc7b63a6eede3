"""``gpucal batch``: run a step or a pipeline on many exposures."""

import argparse

from gpucal.cli.options import add_run_options

SOME_FAILED = 1

DESCRIPTION = """\
Run a step or a pipeline on many exposures. <what> and --parameter=value are those of gpucal strun. An input is a file,
a pattern ('raw/*_uncal.fits'), a directory, an association (each science member, or for stages 2 and 3 the whole), or
a list of these (@name, name.txt).
Reading, computing and writing overlap. The journal gpucal-batch.jsonl in the output directory tells what was done.
The exit code is 0 if all is done, 1 if an exposure failed or the batch could not run, 130 if it was interrupted."""


def add_parser(subparsers) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "batch",
        help="run a step or a pipeline on many exposures",
        usage="gpucal batch <what> <input> ... [--output-dir DIR] [--parameter=value ...] [options]",
        description=DESCRIPTION,
    )
    parser.add_argument("--output-dir", metavar="DIR", help="where products and journal go (default: here)")
    parser.add_argument("--resume", action="store_true", help="leave out what the journal shows as done")
    workers = parser.add_argument_group("workers")
    workers.add_argument("--jobs", type=int, default=1, metavar="N", help="worker processes (default 1)")
    workers.add_argument("--scheduler", metavar="ADDRESS", help="send the exposures to this Dask cluster")
    workers.add_argument(
        "--retries",
        type=int,
        default=1,
        metavar="N",
        help="how often to try again when a worker dies (default 1)",
    )
    add_run_options(parser, log_level="WARNING")
    parser.set_defaults(run=run, free_words=True)


def run(args: argparse.Namespace) -> int:
    """Run the batch, and show how it goes.

    Returns
    -------
    int
        Exit code.
    """
    from gpucal.core.config.words import CommandLineError, split_words

    words = split_words(args.words)
    if words.what is None or not words.inputs:
        raise CommandLineError(
            "say what to run and on what, such as: gpucal batch calwebb_detector1 'raw/*_uncal.fits'"
        )
    from gpucal.core.log.configuration import log_set_up
    from gpucal.startup.asdf_start import few_extensions

    with few_extensions(), log_set_up(_log_rules(args)):
        return _run(args, words)


def _run(args: argparse.Namespace, words) -> int:
    from gpucal.cli.batch_view import BatchView
    from gpucal.core.config.words import COMMAND_LINE, nest
    from gpucal.scheduling.batch import Batch
    from gpucal.scheduling.inputs import find_inputs
    from gpucal.scheduling.recipe import make_recipe

    recipe = make_recipe(
        words.what,
        nest(_parameters(args.output_dir, words)),
        disable_crds_steppars=args.disable_crds_steppars or None,
        backend=args.backend,
        source=COMMAND_LINE,
    )
    inputs = find_inputs(words.inputs, recipe.parameters.get("input_dir"), recipe.takes_associations)
    batch = Batch(recipe, inputs, args.jobs, args.scheduler, args.retries, args.resume)
    with BatchView(len(batch)) as view:
        for outcome in batch:
            view.add(outcome)
    return SOME_FAILED if view.failed else 0


def _parameters(output_dir: str | None, words) -> dict[str, str]:
    """The parameters among the words; ``--output-dir`` is another way to write ``--output_dir``."""
    from gpucal.core.config.words import CommandLineError

    if output_dir is None:
        return words.parameters
    if "output_dir" in words.parameters:
        raise CommandLineError("the output directory is given twice, as --output-dir and as --output_dir")
    return words.parameters | {"output_dir": output_dir}


def _log_rules(args: argparse.Namespace) -> list:
    """What the log shows: warnings, unless something else is asked for."""
    from gpucal.core.log.configuration import LogRule, choose_rules

    if args.verbose or args.log_level or args.logcfg:
        return choose_rules(args.verbose, args.log_level, args.log_file, args.log_stream, args.logcfg)
    shown = choose_rules(log_level="WARNING", log_file=args.log_file, log_stream=args.log_stream)
    # All messages are still made: products keep those of their own calibration.
    return [*shown, LogRule(handlers=("null",))]
