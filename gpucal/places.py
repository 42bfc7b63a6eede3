"""Where gpucal keeps things of its own."""

import os
from pathlib import Path

# The bits of a file's mode that let its group and all others write.
_OTHERS_WRITE = 0o022


def user_cache() -> Path:
    """The folder of what can be made again: compiled kernels, schemas."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gpucal"


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, that nobody but the user can look into, whatever the umask.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    for one in (*reversed(folder.parents), folder):
        if not one.exists():
            one.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that nobody but the user can read or change, whole or not at all; its folder is made.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    make_private(path.parent)
    unfinished = path.with_suffix(f".{os.getpid()}")
    with open(unfinished, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
    unfinished.replace(path)


def others_can_write(found: os.stat_result) -> bool:
    """Whether someone else than the user can change a file or a folder: its owner (root, too), or by its mode."""
    return found.st_uid != os.geteuid() or bool(found.st_mode & _OTHERS_WRITE)
