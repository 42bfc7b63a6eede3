"""The pixels of an image extension that are still in their file, and their way to the backend."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

import numpy as np

from gpucal.backend import current_backend, row_tiles
from gpucal.backend.traffic import TABLES
from gpucal.data.rectangle import Rectangle
from gpucal.kernels.decode import decode
from gpucal.lazy import fits

# What is read at once: small enough to be decoded while it is still in the processor's cache.
READ_BYTES = 8 * 2**20


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
_DTYPES = {
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
        """The pixels of an extension; None where they have to be decoded otherwise."""
        header = hdu.header
        encoding = Encoding(header["BITPIX"], int(header.get("BZERO", 0)))
        plain = encoding in _DTYPES and header.get("BSCALE", 1) == 1 and hdu.shape and "BLANK" not in header
        return cls(file, hdu._data_offset, encoding, hdu.shape) if plain else None

    @property
    def dtype(self) -> np.dtype:
        """The type of the values."""
        return _DTYPES[self.encoding]

    @property
    def _stored_dtype(self) -> np.dtype:
        return np.dtype(f"u{self.dtype.itemsize}")

    def load(self, dtype: np.dtype | None = None, window: Rectangle | None = None, what: str = TABLES):
        """Read the pixels, and decode them on the backend.

        Parameters
        ----------
        dtype : dtype, optional
            The type wanted; by default the one that the file has.
        window : Rectangle, optional
            The part of each image to read; by default all of it.
        what : str, optional
            What the bytes are counted as: a name of `gpucal.backend.traffic`.

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
            return self.load(window=window, what=what).astype(dtype)
        ny, nx = (1, *self.shape)[-2:]
        rows, columns = window or Rectangle((0, ny), (0, nx))
        shape = (*self.shape[:-2], rows[1] - rows[0], columns[1] - columns[0])
        out = current_backend().xp.empty(shape if len(self.shape) > 1 else (shape[-1],), dtype)
        lines = out.reshape(-1, shape[-1])
        if self.dtype.kind != "u":  # decoded as the unsigned integers that share its bits
            lines = lines.view(self._stored_dtype)
        done = 0
        for moved in self._moved_rows(rows, columns, what):
            stop = done + len(moved)
            decode(moved, self.encoding.zero != 0, lines[done:stop])
            done = stop
        return out

    def _moved_rows(self, rows: tuple[int, int], columns: tuple[int, int], what: str) -> Iterator:
        """The same part of all images, as it stands in the file, on the backend; in blocks."""
        backend = current_backend()
        whole = columns == (0, self.shape[-1])
        ny, nx = (1, *self.shape)[-2:]
        nplanes = math.prod(self.shape[:-2])
        dtype = self._stored_dtype
        if rows == (0, ny):
            nplanes, ny, rows = 1, nplanes * ny, (0, nplanes * ny)
        tiles = list(row_tiles(rows[1] - rows[0], nx * dtype.itemsize, READ_BYTES))
        with backend.staging((tiles[0].stop if tiles else 0, nx), dtype) as staging:
            for plane in range(nplanes):
                for tile in tiles:
                    block = staging.free()[: tile.stop - tile.start]
                    first = plane * ny + rows[0] + tile.start
                    self._fill(block, self.offset + first * nx * dtype.itemsize)
                    if whole:
                        yield backend.fetch(block, staging, what)
                    else:
                        yield backend.asarray(block[:, slice(*columns)], what)

    def _fill(self, block: np.ndarray, position: int) -> None:
        """Read from a position of the file on; other threads may do so, too."""
        view = memoryview(block).cast("B")
        while view:
            count = os.preadv(self.file.fileno(), [view], position)
            if not count:
                raise OSError(f"{self.file.name} ends before its pixels do")
            view, position = view[count:], position + count
