"""The command ``gpucal``: finds the subcommand, and turns what goes wrong into one line and an exit code."""

import argparse
import importlib
import os
import sys
import traceback
from importlib.util import find_spec
from typing import NamedTuple

from gpucal import __version__
from gpucal.errors import GpucalError
from gpucal.startup.garbage import end_without_search

DONE = 0
ERROR = 1
INTERRUPTED = 130


class Subcommand(NamedTuple):
    """A subcommand: the module with its ``add_parser(subparsers)``, and what it does in a few words.

    ``add_parser`` sets the default ``run`` to a function that takes the parsed arguments and returns an exit
    code or None. Arguments that the parser does not know are an error, unless it sets ``free_words`` to True:
    then ``run`` finds them, in order, in ``args.words``.
    """

    module: str
    help: str


SUBCOMMANDS = {
    "strun": Subcommand("gpucal.cli.strun", "run a step or a pipeline on an exposure"),
    "batch": Subcommand("gpucal.cli.batch", "run a step or a pipeline on many exposures"),
    "asn-from-list": Subcommand("gpucal.cli.asn_from_list", "make an association of a list of files"),
    "collect-cfgs": Subcommand("gpucal.cli.collect_cfgs", "copy the configuration files into a directory"),
    "simulate": Subcommand("gpucal.cli.simulate", "make exposures and reference files with known truth"),
    "info": Subcommand("gpucal.cli.info", "tell what a file is, what was done to it, and what can be run on it next"),
    "picture": Subcommand("gpucal.cli.picture", "draw products"),
    "ami-search": Subcommand("gpucal.cli.ami_search", "look for a companion of a star in an OIFITS file"),
    "demo": Subcommand("gpucal.cli.demo", "simulate observations, calibrate them and draw the results"),
}


class UsageError(GpucalError):
    """A command line that cannot be understood."""


class _Parser(argparse.ArgumentParser):
    """A parser that raises, so that all errors end in the same way."""

    def __init__(self, **settings):
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message):
        raise UsageError(f"{message} (see {self.prog} -h)")


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : list of str, optional
        The words after ``gpucal``; by default those of this process.

    Returns
    -------
    int
        Exit code: 0 done, 1 error, 64 no science data found, 130 interrupted.
    """
    code = _run(sys.argv[1:] if argv is None else argv)
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has seen enough; do not complain at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _run(argv: list[str]) -> int:
    debug = "--debug" in argv
    try:
        end_without_search()
        args = _parse(argv)
        return args.run(args) or DONE
    except BrokenPipeError:
        return ERROR
    except KeyboardInterrupt:
        return _close("interrupted", INTERRUPTED, debug)
    except GpucalError as error:
        return _close(_one_line(error), error.exit_code, debug)
    except Exception as error:
        hint = "" if debug else " (--debug shows where)"
        return _close(f"{type(error).__name__}: {_one_line(error)}{hint}", ERROR, debug)


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = _Parser(prog="gpucal", description="JWST science calibration on GPUs and on plain CPUs.")
    parser.add_argument("--version", action="version", version=f"gpucal {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="command", required=True)
    wanted = next((word for word in argv if not word.startswith("-")), None)
    for name, subcommand in SUBCOMMANDS.items():
        if name == wanted:
            importlib.import_module(subcommand.module).add_parser(subparsers)
        elif find_spec(subcommand.module):
            subparsers.add_parser(name, help=subcommand.help)
    args, words = parser.parse_known_args(argv)
    unknown = [word for word in words if word != "--debug"]
    if unknown and not getattr(args, "free_words", False):
        raise UsageError(f"gpucal {args.command} does not know the argument {unknown[0]!r} (see its -h)")
    args.words = words
    return args


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _close(message: str, code: int, debug: bool) -> int:
    """Say why the run ends, on standard error."""
    print(f"gpucal: {message}", file=sys.stderr)
    if debug:
        traceback.print_exc()
        if sys.stdin.isatty() and code != INTERRUPTED:
            import pdb  # noqa: T100

            pdb.post_mortem(sys.exc_info()[2])
    return code
