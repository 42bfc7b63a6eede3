"""Programs of several labels of an image in one, and the strips of pixels that they run on.

See `gpucal.kernels.wcs.labels`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.kernels.wcs.instructions import CONSTANTS
from gpucal.kernels.wcs.labels import STRIP, STRIP_COLUMNS
from gpucal.wcs.program import Program

Box = tuple[float, float, float, float]


class LabelPrograms(NamedTuple):
    """Programs that are packed into one.

    Attributes
    ----------
    numbers : tuple of int
        The labels.
    tables : tuple of array
        Instructions, constants, where each program stands among them, its results and its box; on the backend.
    nregisters, nresults : int
        Of the program that needs most registers, and results of each.
    """

    numbers: tuple[int, ...]
    tables: tuple
    nregisters: int
    nresults: int


def packed(programs: Mapping[int, Program], boxes: Mapping[int, Box]) -> LabelPrograms:
    """Put programs into one.

    Parameters
    ----------
    programs : mapping of int to Program
        By label; all have as many results.
    boxes : mapping of int to tuple of float
        Where each is valid: least and greatest x, least and greatest y.
    """
    made = list(programs.values())
    ends = np.cumsum([len(one.code) for one in made])
    first_constants = np.cumsum([0] + [len(one.constants) for one in made])
    code = [one.code.copy() for one in made]
    for rows, first in zip(code, first_constants, strict=False):
        rows[:, CONSTANTS] += first
    tables = (
        np.concatenate(code),
        np.concatenate([one.constants for one in made]),
        np.column_stack([ends - [len(rows) for rows in code], ends]),
        np.array([one.results for one in made]),
        np.array([boxes[number] for number in programs]),
    )
    backend = current_backend()
    on_backend = tuple(backend.asarray(np.ascontiguousarray(table), TABLES) for table in tables)
    return LabelPrograms(tuple(programs), on_backend, max(one.nregisters for one in made), len(made[0].results))


def strips_of(firsts: Sequence[int], counts: Sequence[int]):
    """Cut lists of pixels, one for each program, into strips.

    Parameters
    ----------
    firsts, counts : sequence of int
        Where each list begins, and how many pixels it has.

    Returns
    -------
    (nstrips, 3) int64 array
        On the backend.
    """
    strips = [np.empty((0, STRIP_COLUMNS), np.int64)]
    for program, (first, count) in enumerate(zip(firsts, counts, strict=True)):
        begins = np.arange(0, count, STRIP)
        sizes = np.minimum(count - begins, STRIP)
        strips.append(np.column_stack([np.full(len(begins), program), first + begins, sizes]))
    return current_backend().asarray(np.concatenate(strips).astype(np.int64), TABLES)
