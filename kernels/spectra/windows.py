"""Planes of many slits, packed in one array: where each row of each slit is.

A packed plane is the planes of all slits, one after another, each row by row. A kernel that works on all slits at once
is launched on a grid of rows and columns: as many rows as the slits have together, as many columns as the widest has.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.backend.fit import check_fit


class Rows(NamedTuple):
    """The rows of packed planes, and the columns of slits in packed rows of values.

    Attributes
    ----------
    first : (nrows,) int64 array
        The place of each row's first pixel in a packed plane.
    columns : (nrows,) int64 array
        How many pixels it has.
    slit : (nrows,) int64 array
        The slit that it belongs to.
    y : (nrows,) int64 array
        Its number in the slit.
    """

    first: np.ndarray
    columns: np.ndarray
    slit: np.ndarray
    y: np.ndarray


class Packing(NamedTuple):
    """How planes are packed.

    Attributes
    ----------
    rows : Rows
        On the backend.
    slits : (nslits, 4) int64 array
        On the backend, for each slit: its place in a packed plane, its rows and columns, and the place of its first
        column in a packed row, which has a value for each column of each slit.
    nslits, npixels, ncolumns, widest : int
        How many slits, pixels and columns there are, and how many columns the widest slit has.
    """

    rows: Rows
    slits: np.ndarray
    nslits: int
    npixels: int
    ncolumns: int
    widest: int

    @property
    def grid(self) -> tuple[int, int]:
        """The grid of a kernel for all pixels; a row may be shorter than it."""
        return len(self.rows.first), self.widest


def packing_of(windows) -> Packing:
    """How planes with these windows are packed.

    Parameters
    ----------
    windows : (nslits, 3) int64 array
        On the host, for each slit: its place in a packed plane, its rows, and its columns.

    Returns
    -------
    Packing
        Its arrays are on the backend.

    Raises
    ------
    ValueError
        If slits overlap, or do not follow each other.
    """
    check_fit(windows=(windows, ("nslits", 3)))
    windows = np.asarray(windows, np.int64)
    begins, heights, widths = windows.T
    sizes = heights * widths
    if (begins != np.cumsum(sizes) - sizes).any():
        raise ValueError("the windows of slits do not follow each other")
    slit = np.repeat(np.arange(len(windows)), heights)
    y = np.arange(len(slit)) - np.repeat(np.cumsum(heights) - heights, heights)
    rows = Rows(begins[slit] + y * widths[slit], widths[slit], slit, y)
    slits = np.column_stack([windows, np.cumsum(widths) - widths])
    move = current_backend().asarray
    return Packing(
        Rows(*(move(np.ascontiguousarray(part, np.int64)) for part in rows)),
        move(np.ascontiguousarray(slits)),
        len(windows),
        int(sizes.sum()),
        int(widths.sum()),
        int(widths.max(initial=0)),
    )


def check_packing(packing: Packing, **planes) -> None:
    """See that arrays fit each other, before a kernel is launched on packed planes.

    Parameters
    ----------
    packing : Packing
        How planes are packed.
    **planes : (array, axes)
        As of `gpucal.backend.fit.check_fit`, where ``"npixels"``, ``"ncolumns"`` and ``"nslits"`` have the lengths of
        the packing.

    Raises
    ------
    ValueError
        If one does not fit.
    """
    lengths = {name: getattr(packing, name) for name in ("npixels", "ncolumns", "nslits")}
    sized = {
        name: (array, tuple(lengths.get(axis, axis) for axis in (axes.split() if isinstance(axes, str) else axes)))
        for name, (array, axes) in planes.items()
    }
    rows = {f"packing.rows.{name}": (array, "nrows") for name, array in packing.rows._asdict().items()}
    check_fit(**rows, **{"packing.slits": (packing.slits, (packing.nslits, 4))}, **sized)


def in_planes(array, packing: Packing):
    """A packed plane, or one for each integration of a series, as rows of planes: (nplanes, npixels).

    Raises
    ------
    ValueError
        If it has not as many pixels as the slits have.
    """
    if packing.npixels == 0 or array.size % packing.npixels:
        raise ValueError(f"{array.size} packed pixels are not those of slits with {packing.npixels} pixels")
    return array_namespace(array).reshape(array, (-1, packing.npixels))
