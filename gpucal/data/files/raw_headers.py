"""Extensions of a FITS file by their headers as they stand there, for files of thousands of extensions.

Source: the FITS standard 4.0, sections 3 and 4, https://fits.gsfc.nasa.gov/fits_standard.html.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from gpucal.data.files.file_pixels import DTYPES, Encoding, FilePixels

_BLOCK, _LINE = 2880, 80
_AT_ONCE = 2 * _BLOCK  # bytes that hold most headers
_END = re.compile(rb"END {77}")
_VALUE = re.compile(r"([A-Z0-9]+) *= *(?:'((?:[^']|'')*)'|([^/ ]+))")
_STRUCTURE = re.compile(r"NAXIS\d*|XTENSION|BITPIX|[PG]COUNT|EXTNAME|EXTVER|BSCALE|BZERO|BLANK|ZIMAGE")


class RawExtension(NamedTuple):
    """An extension, or the first part of a file.

    Attributes
    ----------
    name : str
        EXTNAME, in capitals; empty for the first part.
    version : int
        EXTVER.
    header : str
        The whole header, with its padding.
    structure : dict of str to str
        The keywords that tell how it is stored.
    offset, size : int
        Where what comes after the header begins, and how many bytes it has with its padding.
    """

    name: str
    version: int
    header: str
    structure: dict[str, str]
    offset: int
    size: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of its array."""
        count = int(self.structure.get("NAXIS", 0))
        return tuple(int(self.structure[f"NAXIS{axis}"]) for axis in range(count, 0, -1))

    def pixels(self, file: BinaryIO) -> FilePixels | None:
        """The pixels of an image; None where it is none, or one that is stored in a way that is not decoded here."""
        told = self.structure
        encoding = Encoding(int(told["BITPIX"]), int(float(told.get("BZERO", 0))))
        plain = told.get("XTENSION") == "IMAGE" and "BLANK" not in told and float(told.get("BSCALE", 1)) == 1
        is_known = plain and self.shape and encoding in DTYPES
        return FilePixels(file, self.offset, encoding, self.shape) if is_known else None


def extensions_in(file: BinaryIO) -> Iterator[RawExtension]:
    """The extensions of a file, in order.

    Raises
    ------
    OSError
        If a header is damaged, or the file ends before its last extension does.
    """
    total, place = os.fstat(file.fileno()).st_size, 0
    while place < total:
        header = _header(file, place)
        if not header.strip(b"\0"):
            return  # zeros are mere padding
        text = header.decode("ascii", "replace")
        lines = (text[start : start + _LINE] for start in range(0, len(text), _LINE))
        structure = dict(filter(None, map(_structural, lines)))
        offset = place + len(header)
        size = _data_size(structure)
        if offset + size > total:
            raise OSError(f"truncated ({total} bytes of at least {offset + size}); fetch the file again")
        name, version = structure.get("EXTNAME", "").upper(), int(structure.get("EXTVER", 1))
        yield RawExtension(name, version, text, structure, offset, size)
        place = offset + size


def _header(file: BinaryIO, place: int) -> bytes:
    """The bytes of a header."""
    header = os.pread(file.fileno(), _AT_ONCE, place)
    searched = 0
    while (end := _end_of(header, searched)) is None:
        searched = len(header)
        more = os.pread(file.fileno(), _AT_ONCE, place + len(header))
        if not more:
            if header.strip(b"\0"):
                raise OSError(f"not readable from byte {place} on; fetch the file again")
            return b""
        header += more
    return header[: -(-end // _BLOCK) * _BLOCK]


def _end_of(header: bytes, start: int) -> int | None:
    """Where the last line of a header ends."""
    for found in _END.finditer(header, start):
        if found.start() % _LINE == 0:
            return found.end()
    return None


def _structural(line: str) -> tuple[str, str] | None:
    """A keyword that tells how an extension is stored, and its value as text."""
    if not _STRUCTURE.match(line):
        return None
    found = _VALUE.match(line)
    return found and (found[1], (found[2] if found[2] is not None else found[3]).strip())


def _data_size(structure: dict[str, str]) -> int:
    """Bytes after a header, with padding."""
    count = int(structure.get("NAXIS", 0))
    if not count:
        return 0
    values = 1
    for axis in range(1, count + 1):
        values *= int(structure[f"NAXIS{axis}"])
    values = int(structure.get("GCOUNT", 1)) * (int(structure.get("PCOUNT", 0)) + values)
    size = abs(int(structure["BITPIX"])) // 8 * values
    return -(-size // _BLOCK) * _BLOCK
