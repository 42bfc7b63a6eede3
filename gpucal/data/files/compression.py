"""Compressed files: seen by how they begin, read as the plain files that they stand for."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

# How a compressed file begins, and what opens it.
_OPENERS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}

# What the names of such files end in.
ENDINGS = (".gz", ".bz2", ".xz")


def open_plain(path: Path) -> BinaryIO:
    """Open a file to be read at any place, a compressed one as the plain file that it stands for.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    binary file
        Of a compressed file a plain copy, which has no name and goes when it is closed.

    Raises
    ------
    OSError
        If the file cannot be read, is damaged, or there is no room for a copy in the directory of temporary files.
    """
    file = open(path, "rb")  # noqa: SIM115  (it is given to the caller)
    beginning = file.read(max(map(len, _OPENERS)))
    file.seek(0)
    opener = next((opener for magic, opener in _OPENERS.items() if beginning.startswith(magic)), None)
    if opener is None:
        return file
    copy = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        with file, opener(file) as plain:
            shutil.copyfileobj(plain, copy, 2**20)
    except (EOFError, lzma.LZMAError) as error:
        raise OSError(f"damaged ({error}); fetch the file again") from error
    copy.seek(0)
    return copy


def plain_name(name: str) -> str:
    """The name of a file without what says that it is compressed."""
    for ending in ENDINGS:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name
