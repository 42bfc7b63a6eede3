"""Rows of the images of a file, brought to the backend block by block, still encoded as in the file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

import numpy as np

from gpucal.backend import current_backend


class Rows(NamedTuple):
    """Consecutive rows, counted through all images of a file: the first, and how many."""

    first: int
    count: int


def joined(spans: Iterable[Rows]) -> list[Rows]:
    """The same rows, with spans that continue each other joined into one."""
    together: list[Rows] = []
    for span in spans:
        if together and together[-1].first + together[-1].count == span.first:
            span = Rows(together[-1].first, together.pop().count + span.count)
        together.append(span)
    return together


def in_blocks(spans: Iterable[Rows], size: int) -> list[list[Rows]]:
    """The same rows in the same order, in blocks of ``size`` rows; the last block has what is left."""
    blocks: list[list[Rows]] = [[]]
    room = size
    for first, count in spans:
        while count:
            taken = min(count, room)
            blocks[-1].append(Rows(first, taken))
            first, count, room = first + taken, count - taken, room - taken
            if not room:
                blocks.append([])
                room = size
    return [block for block in blocks if block]


def count_rows(block: Iterable[Rows]) -> int:
    """How many rows a block has."""
    return sum(span.count for span in block)


@dataclass(frozen=True)
class FileRows:
    """The rows of all images of one extension.

    Attributes
    ----------
    file : binary file
        Open, so that rows can be read even when another file takes its name.
    offset : int
        Where the first row begins, in bytes.
    width : int
        Values of a row.
    dtype : dtype
        The type of a value in the file.
    """

    file: BinaryIO
    offset: int
    width: int
    dtype: np.dtype

    @property
    def nbytes_each(self) -> int:
        """Bytes of a row."""
        return self.width * self.dtype.itemsize

    def moved(self, blocks: Sequence[list[Rows]], columns: tuple[int, int], what: str) -> Iterator:
        """Some columns of blocks of rows, on the backend; while one block is used the next is read.

        Parameters
        ----------
        blocks : sequence of list of Rows
            What to read.
        columns : (int, int)
            First column and the one after the last.
        what : str
            What the bytes are counted as: a name of `gpucal.backend.traffic`.

        Yields
        ------
        (nrows, ncolumns) array
            Valid until the next one is asked for.

        Raises
        ------
        OSError
            If the file ends too early.
        """
        backend = current_backend()
        most = max(map(count_rows, blocks), default=0)
        with (
            backend.staging((most, self.width), self.dtype) as staging,
            ThreadPoolExecutor(1, thread_name_prefix="gpucal-read") as reader,
        ):
            following = None
            for place, block in enumerate(blocks):
                filled = following.result() if following else self._filled(staging.free(), block)
                if columns == (0, self.width):
                    moved = backend.fetch(filled, staging, what)
                else:
                    moved = backend.asarray(filled[:, slice(*columns)], what)
                if place + 1 < len(blocks):
                    following = reader.submit(self._filled, staging.free(), blocks[place + 1])
                yield moved

    def _filled(self, buffer: np.ndarray, block: list[Rows]) -> np.ndarray:
        """Read a block into a buffer, and return the part that it fills."""
        filled = buffer[: count_rows(block)]
        done = 0
        for first, count in block:
            self._read(filled[done : done + count], self.offset + first * self.nbytes_each)
            done += count
        return filled

    def _read(self, rows: np.ndarray, position: int) -> None:
        """Read from a position of the file on; other threads may do so, too."""
        view = memoryview(rows).cast("B")
        while view:
            count = os.preadv(self.file.fileno(), [view], position)
            if not count:
                raise OSError(f"{self.file.name} ends before its pixels do")
            view, position = view[count:], position + count
