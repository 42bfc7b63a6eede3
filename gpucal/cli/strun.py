"""``gpucal strun``: run a step or a pipeline on an exposure."""

import argparse
from pathlib import Path
from typing import NamedTuple

from gpucal.errors import GpucalError

COMMAND_LINE = "the command line"


class CommandLineError(GpucalError):
    """Words on the command line of ``strun`` that cannot be understood."""


class Words(NamedTuple):
    """The words that are no option of ``strun`` itself: what to run, on what, with which parameters."""

    what: str | None
    inputs: list[str]
    parameters: dict[str, str]


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
    parser.add_argument("--disable-crds-steppars", action="store_true", help="leave out pars-* references")
    parser.add_argument("--backend", metavar="NAME", help="auto (default), cpu or cuda")
    parser.add_argument("--debug", action="store_true", help="on an error show where, and start the debugger")
    logs = parser.add_argument_group("log")
    logs.add_argument("-v", "--verbose", action="store_true", help="show all messages")
    logs.add_argument("--log-level", metavar="LEVEL", help="DEBUG, INFO (default), WARNING or ERROR")
    logs.add_argument("--log-file", metavar="FILE", help="write the messages to a file as well")
    logs.add_argument("--log-stream", metavar="STREAM", help="stdout (default), stderr or null")
    logs.add_argument("--logcfg", metavar="FILE", help="log configuration; by default ./stpipe-log.cfg")
    parser.set_defaults(run=run, free_words=True, parser=parser)


def split_words(words: list[str]) -> Words:
    """Tell parameters (``--name=value`` or ``--name value``) from what to run and its input.

    Raises
    ------
    CommandLineError
        If a parameter has no value, or is given twice.
    """
    plain, parameters = [], {}
    remaining = iter(words)
    for word in remaining:
        if not word.startswith("--"):
            plain.append(word)
            continue
        name, equals, value = word.removeprefix("--").partition("=")
        if not equals:
            value = next(remaining, "--")
            if value.startswith("--"):
                raise CommandLineError(f"parameter {word} has no value; write {word}=VALUE")
        if name in parameters:
            raise CommandLineError(f"parameter --{name} is given twice")
        parameters[name] = value
    return Words(plain[0] if plain else None, plain[1:], parameters)


def nest(parameters: dict[str, str]) -> dict:
    """Read the values and put those of a pipeline's steps where they belong.

    ``{"steps.jump.skip": "true"}`` becomes ``{"steps": {"jump": {"skip": "true"}}}``.
    """
    from gpucal.core.parameters import merge, parse_value

    nested = {}
    for name, text in parameters.items():
        branch = parse_value(name, text)
        parts = name.split(".", 2) if name.startswith("steps.") and name.count(".") > 1 else [name]
        for part in reversed(parts):
            branch = {part: branch}
        nested = merge(nested, branch)
    return nested


def run(args: argparse.Namespace) -> None:
    """Do what the command line says."""
    words = split_words(args.words)
    if args.help:
        _show_help(args, words)
        return
    if words.what is None:
        raise CommandLineError("say what to run, such as: gpucal strun calwebb_detector1 exposure_uncal.fits")
    from gpucal.core.log_config import choose_rules, log_set_up
    from gpucal.data.asdf_start import plain_metadata

    config, step_class = find_step(words.what)
    logcfg = args.logcfg or (config and config.logcfg)
    rules = choose_rules(args.verbose, args.log_level, args.log_file, args.log_stream, logcfg)
    with plain_metadata(), log_set_up(rules):
        _configure_and_run(args, words, config, step_class)


def find_step(what: str):
    """The configuration and the Step class that a word on the command line means.

    Returns
    -------
    StepConfig or None, type
        None where the word is no file.

    Raises
    ------
    GpucalError
        If there is no such file, step or pipeline.
    """
    from gpucal.core.config_file import ConfigError, looks_like_file, read_config
    from gpucal.core.registry import find_class

    if not looks_like_file(what):
        return None, find_class(what)
    config = read_config(what)
    if config.class_name is None:
        raise ConfigError(f"{config.path} names no class; add a line such as class = jump")
    return config, find_class(config.class_name, config.path.parent)


def _configure_and_run(args: argparse.Namespace, words: Words, config, step_class: type) -> None:
    from gpucal.backend import select_backend
    from gpucal.cli.progress import live_line
    from gpucal.cli.summary import summary_tables
    from gpucal.core import configure
    from gpucal.core.config_file import follow_config_files
    from gpucal.core.parameters import validate

    own = validate(step_class, follow_config_files(nest(words.parameters)), source=COMMAND_LINE)
    path = config and config.path
    if not words.inputs:
        _save_only(args.save_parameters, step_class, config, own)
        return
    select_backend(args.backend)
    source = words.inputs[0] if len(words.inputs) == 1 else words.inputs
    disable = args.disable_crds_steppars or None
    step, exposures = configure.configured(step_class, source, path, disable, own)
    step.save_results = True
    if args.save_parameters:
        step.export_config(args.save_parameters, include_metadata=True)
    with summary_tables(), live_line():
        step.run(exposures)


def _save_only(path: str | None, step_class: type, config, own: dict) -> None:
    """Without an input there is nothing to run, but there are parameters to save."""
    from gpucal.core import configure
    from gpucal.core.parameters import merge

    if path is None:
        raise CommandLineError(f"name the exposure or association to run {step_class.__name__} on")
    from_file = configure.config_layer(step_class, config) if config else {}
    step = configure.build(step_class, merge(from_file, own), config and config.name, config and config.path)
    step.export_config(path, include_metadata=True)


def _show_help(args: argparse.Namespace, words: Words) -> None:
    from gpucal.cli.step_help import print_parameters, print_steps

    if words.what is None:
        args.parser.print_help()
        print_steps()
        return
    config, step_class = find_step(words.what)
    given = {}
    if config:
        from gpucal.core.configure import config_layer

        given = config_layer(step_class, config)
    print_parameters(words.what, step_class, given, Path(config.path).name if config else "")
