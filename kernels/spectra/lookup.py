"""Look-up by wavelength: values between those of a table.

Source: linear interpolation as `numpy.interp` does it,
https://numpy.org/doc/stable/reference/generated/numpy.interp.html.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit, check_indices
from gpucal.backend.traffic import REFERENCES
from gpucal.kernels.spectra.windows import Packing, check_packing


class Tables(NamedTuple):
    """Tables of values by wavelength, one after another; on the backend.

    Attributes
    ----------
    wavelength : (n,) float64 array
        Increasing in each table.
    values : (n,) float64 array
        What is looked up.
    begins : (ntables + 1,) int64 array
        Where each table begins, and where the last one ends. One without values is NaN everywhere.
    """

    wavelength: np.ndarray
    values: np.ndarray
    begins: np.ndarray


def pack_tables(tables: Iterable[tuple[Sequence[float], Sequence[float]]]) -> Tables:
    """Put tables on the backend.

    Parameters
    ----------
    tables : iterable of (wavelength, values)
        Each of one length, on the host.

    Returns
    -------
    Tables
        All of them.

    Raises
    ------
    ValueError
        If a table has not as many values as wavelengths.
    """
    pairs = [(np.asarray(wavelength, np.float64), np.asarray(values, np.float64)) for wavelength, values in tables]
    for place, (wavelength, values) in enumerate(pairs):
        if wavelength.shape != values.shape or wavelength.ndim != 1:
            raise ValueError(f"table {place} has {values.shape} values for {wavelength.shape} wavelengths")
    lengths = [len(wavelength) for wavelength, _ in pairs]
    parts = [np.concatenate([pair[part] for pair in pairs]) if pairs else np.empty(0) for part in (0, 1)]
    move = current_backend().asarray
    return Tables(*(move(part, REFERENCES) for part in parts), move(np.cumsum([0, *lengths]), REFERENCES))


def check_tables(tables: Tables, name: str = "tables", which=None) -> None:
    """See that tables are whole, and that there are those that are asked for.

    Raises
    ------
    ValueError
        If there are not as many values as wavelengths, tables end elsewhere, or one is missing.
    """
    check_fit(**{f"{name}.wavelength": (tables.wavelength, "n"), f"{name}.values": (tables.values, "n")})
    if not tables.begins.size or int(tables.begins[-1]) != tables.wavelength.size:
        raise ValueError(f"{name} do not end with their {tables.wavelength.size} wavelengths")
    if which is not None:
        check_indices(which, tables.begins.size - 1)


def look_up(wavelength, tables: Tables, which, packing: Packing):
    """The values of tables at the wavelengths of all slits.

    Parameters
    ----------
    wavelength : (npixels,) float32 or float64 array
        A packed plane.
    tables : Tables
        In the same unit.
    which : (nslits,) int64 array
        The table of each slit.
    packing : Packing
        See `gpucal.kernels.spectra.windows`.

    Returns
    -------
    (npixels,) float64 array
        NaN outside of a table, and where the wavelength is NaN.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_tables(tables, "tables", which)
    check_packing(packing, wavelength=(wavelength, "npixels"), which=(which, "nslits"))
    found = array_namespace(wavelength).empty(wavelength.shape, np.float64)
    look_up_pixel(packing.grid, packing.rows, wavelength, tables, which, found)
    return found


@pixel_kernel
def look_up_pixel(row, x, rows, wavelength, tables, which, found):
    """One pixel of a packed plane."""
    if x < rows.columns[row]:
        place = rows.first[row] + x
        found[place] = value_at(wavelength[place], tables, which[rows.slit[row]])


@pixel_function
def value_at(wavelength, tables, table):
    """The value of a table at a wavelength; NaN outside of it."""
    begin, end = tables.begins[table], tables.begins[table + 1]
    return interpolated(wavelength, tables.wavelength, tables.values, begin, end)


@pixel_function
def interpolated(x, grid, values, begin, end):
    """The value at ``x`` between those of the elements ``begin`` to ``end - 1``; NaN outside of their grid."""
    if not (begin < end and grid[begin] <= x and x <= grid[end - 1]):
        return math.nan
    if x == grid[end - 1]:
        return np.float64(values[end - 1])
    place = place_below(x, grid, begin, end)
    slope = (values[place + 1] - values[place]) / (grid[place + 1] - grid[place])
    return slope * (x - grid[place]) + values[place]


@pixel_function
def place_below(x, grid, begin, end):
    """The last element of a grid that is not above ``x``, which lies from its first to before its last."""
    while end - begin > 1:
        middle = (begin + end) // 2
        if grid[middle] <= x:
            begin = middle
        else:
            end = middle
    return begin
