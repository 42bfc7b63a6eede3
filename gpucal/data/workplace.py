"""Temporary directories in which products are written, and the removal of those whose process has died.

A process holds a lock on each of its directories as long as it lives, however it ends: a directory that nobody has
locked is debris.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = ".gpucal-"


@contextmanager
def workplace(directory: Path) -> Iterator[Path]:
    """A temporary directory inside another one, removed at the end of the ``with`` block.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    place, held = _make_locked(directory)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(held)


def sweep_workplaces(directory: str | os.PathLike) -> list[Path]:
    """Remove the temporary directories that dead processes have left.

    Parameters
    ----------
    directory : path
        The directory of the products; it may not exist.

    Returns
    -------
    list of Path
        What was removed. A directory whose process lives, on this host or on another, is left alone.
    """
    return [place for place in Path(directory).glob(f"{PREFIX}*") if _removed(place)]


def _make_locked(directory: Path) -> tuple[Path, int]:
    """Make a directory and lock it. If another process swept it between the two, do so again."""
    while True:
        place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=directory))
        with suppress(FileNotFoundError):
            held = os.open(place, os.O_RDONLY)
            with suppress(OSError):  # a file system without locks: the directory stays unlocked
                fcntl.flock(held, fcntl.LOCK_EX)
            if place.exists():
                return place, held
            os.close(held)


def _removed(place: Path) -> bool:
    try:
        held = os.open(place, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # locked, or on a file system without locks
        return False
    else:
        shutil.rmtree(place, ignore_errors=True)
        return not place.exists()
    finally:
        os.close(held)
