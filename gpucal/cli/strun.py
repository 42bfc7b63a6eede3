"""``gpucal strun``: run a step or a pipeline on an exposure."""

import argparse
from pathlib import Path

from gpucal.cli.options import add_run_options
from gpucal.cli.words import COMMAND_LINE, CommandLineError, Words, nest, split_words

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
    words = split_words(args.words)
    if args.help:
        _show_help(args, words)
        return
    if words.what is None:
        raise CommandLineError("say what to run, such as: gpucal strun calwebb_detector1 exposure_uncal.fits")
    from gpucal.startup.deferred import import_deferring
    from gpucal.startup.garbage import look_rarely

    look_rarely()
    import_deferring(*BEHIND)
    from gpucal.core.config.configure import find_step
    from gpucal.core.log.configuration import choose_rules, log_set_up
    from gpucal.startup.asdf_start import few_extensions

    config, step_class = find_step(words.what)
    logcfg = args.logcfg or (config and config.logcfg)
    rules = choose_rules(args.verbose, args.log_level, args.log_file, args.log_stream, logcfg)
    with few_extensions(), log_set_up(rules):
        _configure_and_run(args, words, config, step_class)


def _configure_and_run(args: argparse.Namespace, words: Words, config, step_class: type) -> None:
    from gpucal.backend import select_backend
    from gpucal.cli.watching import watched
    from gpucal.core.config import configure
    from gpucal.core.config.config_file import follow_config_files
    from gpucal.core.config.parameters import validate
    from gpucal.data.writing import products_written_behind

    own = validate(step_class, follow_config_files(nest(words.parameters)), source=COMMAND_LINE)
    path = config and config.path
    if not words.inputs:
        _save_only(args.save_parameters, step_class, config, own)
        return
    select_backend(args.backend)
    source = words.inputs[0] if len(words.inputs) == 1 else words.inputs
    disable = args.disable_crds_steppars or None
    step, inputs = configure.configured(step_class, source, path, disable, own)
    step.save_results = True
    if args.save_parameters:
        step.export_config(args.save_parameters, include_metadata=True)
    with watched(), products_written_behind():
        step.make_products(inputs)


def _save_only(path: str | None, step_class: type, config, own: dict) -> None:
    """Without an input there is nothing to run, but there are parameters to save."""
    from gpucal.core.config import configure
    from gpucal.core.config.parameters import merge

    if path is None:
        raise CommandLineError(f"name the exposure or association to run {step_class.__name__} on")
    from_file = configure.config_layer(step_class, config) if config else {}
    step = configure.build(step_class, merge(from_file, own), config and config.name, config and config.path)
    step.export_config(path, include_metadata=True)


def _show_help(args: argparse.Namespace, words: Words) -> None:
    from gpucal.cli.step_help import print_parameters, print_steps
    from gpucal.core.config.configure import config_layer, find_step
    from gpucal.core.config.registry import nothing_imported_beside

    if words.what is None:
        args.parser.print_help()
        print_steps()
        return
    with nothing_imported_beside():
        config, step_class = find_step(words.what)
        given = config_layer(step_class, config) if config else {}
    print_parameters(words.what, step_class, given, Path(config.path).name if config else "")
