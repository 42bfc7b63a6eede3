"""Files of compiled code: where they are kept, which of them are run, and who makes them.

Code that somebody else could have put there is not run. Of several processes that want the same code one makes it, and
the others wait.
"""

import atexit
import fcntl
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

from gpucal.places import make_private, others_can_write, user_cache

log = logging.getLogger(__name__)

Code = TypeVar("Code")

# Seconds to wait for code that another process makes, and from one look to the next. A loop takes a second or two.
PATIENCE = 60.0
_PAUSE = 0.02


def safe_folder(folder: Path) -> Path:
    """A folder of compiled code, made if it is not there, or another one in its place where others can write to it.

    Parameters
    ----------
    folder : Path
        The folder. If it lies in the user's cache, the folders between the two are checked as well.

    Returns
    -------
    Path
        This one; or one in `temporary_folder`, after a warning. One that cannot be made is returned as it is.
    """
    with suppress(OSError):
        make_private(folder)
    root = user_cache()
    chain = [one for one in (folder, *folder.parents) if one == folder or one.is_relative_to(root)]
    unsafe = [one for one in chain if one.exists() and others_can_write(one.stat())]
    if not unsafe:
        return folder
    _warn(unsafe[-1])
    return temporary_folder() / (folder.relative_to(root) if folder.is_relative_to(root) else folder.name)


@cache
def temporary_folder() -> Path:
    """A folder of this process alone, which goes when it ends."""
    folder = Path(tempfile.mkdtemp(prefix="gpucal-kernels-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _warn(folder: Path) -> None:
    log.warning(
        "Compiled kernels are not kept: %s belongs to another user, or others can write to it. Delete it, or make it "
        "yours alone (chmod go-w), or set XDG_CACHE_HOME to another folder",
        folder,
    )


def read_own(path: Path) -> bytes | None:
    """What a file holds; None if there is none, or someone else than the user can change it."""
    try:
        with path.open("rb") as file:
            return None if others_can_write(os.fstat(file.fileno())) else file.read()
    except OSError:
        return None


def made_once(path: Path, read: Callable[[Path], Code | None], make: Callable[[Path], Code]) -> Code:
    """The code in a file; if there is none, one process makes it while others wait.

    Parameters
    ----------
    path : Path
        The file.
    read : callable
        Gives what the file holds, or None where it has to be made.
    make : callable
        Makes it, and the file.
    """
    found = read(path)
    if found is not None:
        return found
    with _turn_to_make(path):
        found = read(path)
        return make(path) if found is None else found


@contextmanager
def _turn_to_make(path: Path) -> Iterator[None]:
    """Keep other processes from making a file inside a ``with`` block.

    The lock ends with the process that holds it, however that ends. Where there is none to be had, because the file
    system knows no locks or the holder does not go on, several may make the file: each writes it whole.
    """
    lock = path.with_suffix(".lock")
    held = None
    with suppress(OSError):
        make_private(path.parent)
        held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        _wait_for(held)
    try:
        yield
    finally:
        if held is not None:
            lock.unlink(missing_ok=True)  # those that wait have it open, and then find the file
            os.close(held)


def _wait_for(held: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE)
        else:
            return
