"""Binary tables of FITS files as bytes, written and read without an object for each column."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from gpucal.data.files.quiet import quietly
from gpucal.startup.lazy import fits

BLOCK = 2880
CARD = 80
END = b"END".ljust(CARD)

# The bit that FITS files turn over in unsigned integers.
SIGN = np.uint32(1 << 31)


def header_bytes(table: np.ndarray, units: tuple, name: str, version: int, cards) -> bytes:
    """The header of a table, as astropy writes it.

    Parameters
    ----------
    table : (nrows,) structured array
    units : tuple of (str, str)
        Units of columns, by the names of these.
    name, version : str, int
        Those of the extension.
    cards : iterable of (str, object, str)
        Further keywords, their values and comments.

    Returns
    -------
    bytes
        Whole blocks.
    """
    text = [_structure(_described(table.dtype), units, name, len(table)), _card("EXTVER", version, "extension value")]
    text += [_card(*card) for card in cards]
    return padded("".join(text).encode("ascii") + END, b" ")


def table_bytes(table: np.ndarray) -> bytes:
    """The rows of a table as they stand in a FITS file, in whole blocks."""
    stored = np.empty(table.shape, _stored_dtype(table.dtype))
    for name in table.dtype.names:
        column = table[name]
        stored[name] = (column ^ SIGN).view(np.int32) if column.dtype == np.uint32 else column
    return padded(stored.tobytes(), b"\0")


def table_of(content: bytes, dtype: np.dtype, nrows: int) -> np.ndarray:
    """A table of the bytes of its rows.

    Parameters
    ----------
    content : bytes
    dtype : dtype
        Of the table in memory.
    nrows : int
        The number of rows.

    Returns
    -------
    (nrows,) structured array
    """
    stored = np.frombuffer(content, _stored_dtype(dtype), nrows)
    table = np.empty(nrows, dtype)
    for name in dtype.names:
        column = stored[name]
        unsigned = dtype[name].base == np.uint32
        table[name] = column.astype(np.int32).view(np.uint32) ^ SIGN if unsigned else column
    return table


def padded(content: bytes, filling: bytes) -> bytes:
    """Bytes filled up to whole blocks of a FITS file."""
    return content + filling * (-len(content) % BLOCK)


@lru_cache(maxsize=64)
def _structure(fields: tuple, units: tuple, name: str, nrows: int) -> str:
    """The cards that tell the columns of a table, up to its name."""
    header = fits.BinTableHDU(with_units(np.empty(0, np.dtype(list(fields))), dict(units)), name=name).header
    header["NAXIS2"] = nrows
    return header.tostring(endcard=False, padding=False)


def with_units(table: np.ndarray, units: dict[str, str]) -> fits.FITS_rec:
    """A table as models hold it, its columns with their units."""
    held = table.view(fits.FITS_rec)
    for name, unit in units.items():
        held.columns[name].unit = unit
    return held


@lru_cache(maxsize=4096, typed=True)
def _card(keyword: str, value, comment: str) -> str:
    with quietly(fits.verify.VerifyWarning):
        return str(fits.Card(keyword, value, comment))


def _described(dtype: np.dtype) -> tuple:
    """The fields of a type, each its name, type and shape."""
    return tuple((name, dtype[name].base.str, dtype[name].shape) for name in dtype.names)


@lru_cache(maxsize=64)
def _stored_dtype(dtype: np.dtype) -> np.dtype:
    """The type of a table in a FITS file: numbers with the highest byte first, none of them unsigned."""
    return np.dtype(
        [
            (name, dtype[name].base.str.replace("u", "i").replace("<", ">"), dtype[name].shape)
            for name in dtype.names
        ]
    )


class RawHdu(NamedTuple):
    """An extension of a FITS file as bytes.

    Attributes
    ----------
    cards : list of str
        Of its header, without those after the end.
    header, data : bytes
        In whole blocks.
    """

    cards: list[str]
    header: bytes
    data: bytes

    @property
    def name(self) -> str:
        """The name of the extension."""
        return next((str(value_of(card)) for card in self.cards if card.startswith("EXTNAME =")), "")


def raw_hdus(file) -> Iterator[RawHdu]:
    """The extensions of a FITS file, the primary one first.

    Parameters
    ----------
    file : binary file

    Raises
    ------
    OSError
        If it ends too early.
    """
    while header := _read_header(file):
        text = header.decode("ascii")
        cards = [text[place : place + CARD] for place in range(0, len(text), CARD)]
        cards = cards[: next(place for place, card in enumerate(cards) if card.startswith("END     "))]
        size = _data_size(cards)
        data = file.read(size + -size % BLOCK)
        if len(data) < size:
            raise OSError("truncated; fetch the file again")
        yield RawHdu(cards, header, data)


def _read_header(file) -> bytes:
    blocks = b""
    while block := file.read(BLOCK):
        blocks += block
        if len(block) < BLOCK:
            raise OSError("truncated; fetch the file again")
        if any(block[place : place + 8] == b"END     " for place in range(0, BLOCK, CARD)):
            return blocks
    if blocks:
        raise OSError("truncated; fetch the file again")
    return blocks


def _data_size(cards: list[str]) -> int:
    values = {card[:8].rstrip(): card for card in cards if card[:5] in ("BITPI", "NAXIS", "PCOUN", "GCOUN")}
    number = {keyword: value_of(card) for keyword, card in values.items()}
    axes = [number[f"NAXIS{axis}"] for axis in range(1, number["NAXIS"] + 1)]
    pixels = math.prod(axes) if axes else 0
    return abs(number["BITPIX"]) // 8 * number.get("GCOUNT", 1) * (number.get("PCOUNT", 0) + pixels)


@lru_cache(maxsize=4096, typed=True)
def value_of(card: str):
    """The value that a card of a header holds."""
    return fits.Card.fromstring(card.encode("ascii")).value
