"""``gpucal strun``: run a step or a pipeline on an exposure."""

import argparse
from pathlib import Path

from gpucal.cli.options import add_run_options

# What opens files and selects references: imported without what only other users of it need.
BEHIND = ("stdatamodels.jwst.datamodels", "astropy.table", "crds.core.heavy_client", "crds.jwst.locate")


def add_parser(subparsers) -> None:
    """Add the subcommand, with the options that every step shares."""
    parser = subparsers.add_parser(
        "strun",
        add_help=False,
        help="run a step or a pipeline on an exposure",
        usage="gpucal strun <what> <input> [--parameter=value ...] [options]",
        description="Run a step or a pipeline. <what> is an alias (jump, calwebb_detector1), a class "
        "(jwst.jump.JumpStep), a .cfg file or a parameter .asdf file; <input> an exposure or an association. "
        "gpucal strun <what> -h lists its parameters.",
    )
    parser.add_argument("-h", "--help", action="store_true", help="show this, or all parameters of <what>")
    parser.add_argument("--save-parameters", metavar="FILE", help="save the parameters as .asdf or .cfg")
    add_run_options(parser, log_level="INFO")
    parser.set_defaults(run=run, free_words=True, parser=parser)


def run(args: argparse.Namespace) -> None:
    """Do what the command line says."""
    if args.help:
        _show_help(args)
        return
    from gpucal.startup.deferred import import_deferring
    from gpucal.startup.garbage import look_rarely

    look_rarely()
    import_deferring(*BEHIND)
    from gpucal.core.config.configure import find_step
    from gpucal.core.config.words import CommandLineError, split_words
    from gpucal.core.log.configuration import choose_rules, log_set_up
    from gpucal.startup.asdf_start import few_extensions

    words = split_words(args.words)
    if words.what is None:
        raise CommandLineError("say what to run, such as: gpucal strun calwebb_detector1 exposure_uncal.fits")
    config, step_class = find_step(words.what)
    if not words.inputs and args.save_parameters is None:
        raise CommandLineError(f"name the exposure or association to run {step_class.__name__} on")
    logcfg = args.logcfg or (config and config.logcfg)
    rules = choose_rules(args.verbose, args.log_level, args.log_file, args.log_stream, logcfg)
    with few_extensions(), log_set_up(rules):
        _configure_and_run(args, words)


def _configure_and_run(args: argparse.Namespace, words) -> None:
    from gpucal.backend import select_backend
    from gpucal.cli.watching import watched
    from gpucal.core.config.configure import configured_by_words
    from gpucal.data.writing import products_written_behind

    if words.inputs:
        select_backend(args.backend)
    step, inputs = configured_by_words(words, args.disable_crds_steppars or None)
    step.save_results = step.save_results or bool(inputs)
    if args.save_parameters:
        step.export_config(args.save_parameters, include_metadata=True)
    if inputs:
        with watched(), products_written_behind():
            step.make_products(inputs)


def _show_help(args: argparse.Namespace) -> None:
    from gpucal.cli.step_help import print_parameters, print_steps
    from gpucal.core.config.configure import config_layer, find_step
    from gpucal.core.config.registry import nothing_imported_beside
    from gpucal.core.config.words import split_words

    words = split_words(args.words)
    if words.what is None:
        args.parser.print_help()
        print_steps()
        return
    with nothing_imported_beside():
        config, step_class = find_step(words.what)
        given = config_layer(step_class, config) if config else {}
    print_parameters(words.what, step_class, given, Path(config.path).name if config else "")
