"""``gpucal collect-cfgs``: copy the configuration files into a directory, to be edited there."""

import argparse
import shutil
from importlib.resources import files
from pathlib import Path

from gpucal.errors import GpucalError


class CollectError(GpucalError):
    """The files cannot be copied."""


def add_parser(subparsers) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("collect-cfgs", help="copy the configuration files into a directory")
    parser.add_argument("directory", help="where to put them; made if it is not there")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Copy the files and name them."""
    for copy in collect_cfgs(args.directory):
        print(copy)


def collect_cfgs(directory: str | Path) -> list[Path]:
    """Copy all packaged ``.cfg`` files.

    Parameters
    ----------
    directory : path
        Where to put them; made if it is not there. Files of the same name are replaced.

    Returns
    -------
    list of pathlib.Path
        The copies.

    Raises
    ------
    CollectError
        If the directory cannot be made or written to.
    """
    directory = Path(directory).expanduser()
    originals = sorted(Path(str(files("gpucal.cfg"))).glob("*.cfg"))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copy(original, directory)) for original in originals]
    except OSError as error:
        raise CollectError(f"cannot copy the configuration files to {directory}: {error.strerror}") from error
