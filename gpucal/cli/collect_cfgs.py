"""``gpucal collect-cfgs``: copy the configuration files into a directory, to be edited there."""

import argparse
import shutil
import sys
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from gpucal.errors import GpucalError


class CollectError(GpucalError):
    """The files cannot be copied."""


class Collected(NamedTuple):
    """What became of the files.

    Attributes
    ----------
    copied : list of pathlib.Path
        Those that are now as they are packaged.
    left : list of pathlib.Path
        Those that were there and differ, and were left alone.
    """

    copied: list[Path]
    left: list[Path]


def add_parser(subparsers) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("collect-cfgs", help="copy the configuration files into a directory")
    parser.add_argument("directory", help="where to put them; made if it is not there")
    parser.add_argument("--force", action="store_true", help="overwrite files that were edited")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Copy the files and name them."""
    collected = collect_cfgs(args.directory, args.force)
    for copy in collected.copied:
        print(copy)
    for edited in collected.left:
        print(f"{edited}: differs from the packaged file, and was left alone (--force overwrites it)", file=sys.stderr)


def collect_cfgs(directory: str | Path, force: bool = False) -> Collected:
    """Copy all packaged ``.cfg`` files.

    Parameters
    ----------
    directory : path
        Where to put them; made if it is not there.
    force : bool
        Overwrite files of the same name that differ.

    Returns
    -------
    Collected
        The copies, and the files that were left alone.

    Raises
    ------
    CollectError
        If the directory cannot be made or written to.
    """
    directory = Path(directory).expanduser()
    collected = Collected([], [])
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for original in sorted(Path(str(files("gpucal.cfg"))).glob("*.cfg")):
            target = directory / original.name
            edited = target.exists() and target.read_bytes() != original.read_bytes()
            if not edited or force:
                shutil.copy(original, target)
            (collected.left if edited and not force else collected.copied).append(target)
    except OSError as error:
        raise CollectError(f"cannot copy the configuration files to {directory}: {error.strerror}") from error
    return collected
