"""The pixels of an image extension that are still in their file, and their way to the backend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import BinaryIO, NamedTuple

import numpy as np

from gpucal.backend import current_backend, row_tiles
from gpucal.backend.traffic import TABLES
from gpucal.data.files.file_rows import FileRows, Rows, count_rows, in_blocks, joined
from gpucal.data.files.rectangle import Rectangle
from gpucal.kernels.storage.decode import decode
from gpucal.startup.lazy import fits

# Bytes that are read at a time: few enough for a cache, and enough that the work for each block does not count.
READ_BYTES = 16 * 2**20


class Encoding(NamedTuple):
    """How values stand in a file.

    Attributes
    ----------
    bits : int
        The BITPIX keyword.
    zero : int
        The BZERO keyword.
    """

    bits: int
    zero: int = 0


# The types of values that are decoded on the backend.
DTYPES = {
    Encoding(8): np.dtype(np.uint8),
    Encoding(8, -(2**7)): np.dtype(np.int8),
    Encoding(16): np.dtype(np.int16),
    Encoding(16, 2**15): np.dtype(np.uint16),
    Encoding(32): np.dtype(np.int32),
    Encoding(32, 2**31): np.dtype(np.uint32),
    Encoding(-32): np.dtype(np.float32),
}


@dataclass(frozen=True)
class FilePixels:
    """The pixels of one image extension.

    Attributes
    ----------
    file : binary file
        Open, so that the pixels can be read even when another file takes its name.
    offset : int
        Where they begin, in bytes.
    encoding : Encoding
        How they are stored.
    shape : tuple of int
        The shape of the image.
    """

    file: BinaryIO
    offset: int
    encoding: Encoding
    shape: tuple[int, ...]

    @classmethod
    def of(cls, hdu: fits.ImageHDU, file: BinaryIO) -> FilePixels | None:
        """The pixels of an extension; None where they are stored in a way that is not decoded here."""
        header = hdu.header
        encoding = Encoding(header["BITPIX"], int(header.get("BZERO", 0)))
        plain = encoding in DTYPES and header.get("BSCALE", 1) == 1 and hdu.shape and "BLANK" not in header
        return cls(file, hdu._data_offset, encoding, hdu.shape) if plain else None

    @property
    def dtype(self) -> np.dtype:
        """The type of the values."""
        return DTYPES[self.encoding]

    def load(
        self,
        dtype: np.dtype | None = None,
        window: Rectangle | None = None,
        what: str = TABLES,
        counts: tuple[int, ...] = (),
    ):
        """Read the pixels, and decode them on the backend.

        Parameters
        ----------
        dtype : dtype, optional
            The type wanted; by default the one that the file has.
        window : Rectangle, optional
            The part of each image to read; by default all of it.
        what : str, optional
            What the bytes are counted as: a name of `gpucal.backend.traffic`.
        counts : tuple of int, optional
            How many to read along each of the first axes; by default all.

        Returns
        -------
        array on the backend
            Of the file's shape, the last two axes those of the window.

        Raises
        ------
        OSError
            If the file ends too early.
        """
        dtype = self.dtype if dtype is None else np.dtype(dtype)
        if dtype != self.dtype and (self.dtype.kind, dtype.kind) != ("u", "f"):
            return self.load(window=window, what=what, counts=counts).astype(dtype)
        rows, columns = window or self._whole
        shape = (*self._leading(counts), rows[1] - rows[0], columns[1] - columns[0])
        out = current_backend().xp.empty(shape if len(self.shape) > 1 else shape[-1:], dtype)
        spans = joined(self._rows_of_all(rows, counts))
        blocks = in_blocks(spans, max(1, READ_BYTES // max(1, self._in_file.nbytes_each)))
        lines = self._lines(out)
        done = 0
        for moved in self._in_file.moved(blocks, columns, what):
            self._decode(moved, lines[done : done + len(moved)])
            done += len(moved)
        return out

    def parts(
        self, window: Rectangle | None = None, what: str = TABLES, counts: tuple[int, ...] = ()
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Read the same rows of all images, some rows at a time; see `load`.

        Yields
        ------
        slice
            Which rows of the window.
        array on the backend
            Their pixels, in the type of the file. All parts are in the same memory: each is valid until the next.
        """
        rows, columns = window or self._whole
        leading = self._leading(counts)
        images = int(np.prod(leading))
        ncolumns = columns[1] - columns[0]
        tiles = list(row_tiles(rows[1] - rows[0], images * self._in_file.nbytes_each, READ_BYTES))
        blocks = [
            list(self._rows_of_all((rows[0] + tile.start, rows[0] + tile.stop), counts)) for tile in tiles
        ]
        most = max(map(count_rows, blocks), default=0)
        memory = current_backend().xp.empty((most, ncolumns), self.dtype)
        for tile, moved in zip(tiles, self._in_file.moved(blocks, columns, what), strict=True):
            part = memory[: len(moved)]
            self._decode(moved, self._lines(part))
            yield tile, part.reshape(*leading, tile.stop - tile.start, ncolumns)

    def _decode(self, stored, lines) -> None:
        decode(stored, self.encoding.zero != 0, lines)

    def _lines(self, array):
        """An array as rows of pixels, seen as unsigned integers: decoding writes the bits of whatever type they are."""
        lines = array.reshape(-1, array.shape[-1])
        return lines if self.dtype.kind == "u" else lines.view(f"u{self.dtype.itemsize}")

    @property
    def _in_file(self) -> FileRows:
        return FileRows(self.file, self.offset, self.shape[-1], np.dtype(f"u{self.dtype.itemsize}"))

    @property
    def _whole(self) -> Rectangle:
        ny, nx = (1, *self.shape)[-2:]
        return Rectangle((0, ny), (0, nx))

    def _leading(self, counts: tuple[int, ...]) -> tuple[int, ...]:
        """The lengths of all axes but those of an image, some of them cut."""
        leading = self.shape[:-2]
        return tuple(min(cut) for cut in zip(counts, leading, strict=False)) + leading[len(counts) :]

    def _rows_of_all(self, rows: tuple[int, int], counts: tuple[int, ...]) -> Iterator[Rows]:
        """Rows of one image after the other."""
        ny = self._whole.rows[1]
        for place in product(*map(range, self._leading(counts))):
            image = int(np.ravel_multi_index(place, self.shape[:-2])) if place else 0
            yield Rows(image * ny + rows[0], rows[1] - rows[0])
