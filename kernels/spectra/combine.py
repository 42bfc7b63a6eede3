"""Spectra combined: one grid of wavelengths for all of them, and weighted means.

Source: the ``combine_1d`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/combine_1d/description.html.
"""

import math

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.traffic import TABLES

# Wavelengths are a clump where they spread less than this, as a part of the mean spread about their neighbours.
CLUMP = 0.8


def common_wavelengths(spectra: list[np.ndarray]) -> np.ndarray:
    """The wavelengths of spectra that are combined.

    Where wavelengths of all spectra lie close together, their mean is one; elsewhere the mean of each so many in a row
    as spectra overlap.

    Parameters
    ----------
    spectra : list of (n,) float64 array
        The wavelengths of each, increasing or decreasing throughout; on the host. Those of one alone do not count.

    Returns
    -------
    (m,) float64 array
        Increasing.

    Raises
    ------
    ValueError
        If no spectrum has two wavelengths.
    """
    longer = [wavelength for wavelength in spectra if len(wavelength) > 1]
    if not longer:
        raise ValueError("no spectrum has two wavelengths")
    merged = np.sort(np.concatenate(longer))
    overlap = np.zeros(len(merged), np.int64)
    for wavelength in longer:
        first, last = _ends(wavelength)
        overlap += (merged >= first) & (merged < last)
    spread, mean = _spread_and_mean(merged, overlap)
    chosen = np.where(_is_clump(spread), mean, 0.0)
    _fill_gaps(chosen, merged, overlap)
    return np.sort(chosen[chosen > 0])


def _ends(wavelength: np.ndarray) -> tuple[float, float]:
    """The wavelengths of a spectrum from the edge of its first pixel to that of its last."""
    rising = wavelength if wavelength[1] > wavelength[0] else wavelength[::-1]
    return rising[0] - 0.5 * (rising[1] - rising[0]), rising[-1] + 0.5 * (rising[-1] - rising[-2])


def _spread_and_mean(merged: np.ndarray, overlap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviation and mean about each wavelength, of so many as spectra overlap; NaN at the ends."""
    backend = current_backend()
    out = backend.xp.empty((2, len(merged)), np.float64)
    values, counts = (backend.asarray(array, TABLES) for array in (merged, overlap))
    spread_about((len(merged),), values, counts, out)
    return tuple(backend.asnumpy(out, TABLES))


@pixel_kernel
def spread_about(place, values, counts, out):
    """One wavelength."""
    count = counts[place]
    end = place + count // 2 + 1
    begin = end - count
    out[0, place], out[1, place] = math.nan, math.nan
    if count == 1:
        out[0, place], out[1, place] = 0.0, values[place]
    elif begin >= 0 and end <= values.size and count > 0:
        mean = sum_of(values, begin, end, 0.0, False) / count
        out[0, place] = math.sqrt(sum_of(values, begin, end, mean, True) / count)
        out[1, place] = mean


@pixel_function
def sum_of(values, begin, end, mean, squares):
    """The sum of values, or of the squares of their differences to a mean, in the order of NumPy up to 128 values."""
    whole = (end - begin) // 8 * 8
    quarters = (0.0, 0.0, 0.0, 0.0)
    if whole:
        stop = begin + whole
        quarters = (
            lane_sum(values, begin, stop, mean, squares) + lane_sum(values, begin + 1, stop, mean, squares),
            lane_sum(values, begin + 2, stop, mean, squares) + lane_sum(values, begin + 3, stop, mean, squares),
            lane_sum(values, begin + 4, stop, mean, squares) + lane_sum(values, begin + 5, stop, mean, squares),
            lane_sum(values, begin + 6, stop, mean, squares) + lane_sum(values, begin + 7, stop, mean, squares),
        )
    total = (quarters[0] + quarters[1]) + (quarters[2] + quarters[3])
    for place in range(begin + whole, end):
        total += power_of(values[place] - mean, squares)
    return total


@pixel_function
def lane_sum(values, begin, end, mean, squares):
    """The sum of every eighth value."""
    total = 0.0
    for place in range(begin, end, 8):
        total += power_of(values[place] - mean, squares)
    return total


@pixel_function(inline=True)
def power_of(value, squares):
    """A value or its square."""
    return value * value if squares else value


def _is_clump(spread: np.ndarray) -> np.ndarray:
    """Where wavelengths are a clump: all equal, or less spread than about their neighbours."""
    padded = np.where(np.isnan(spread), 9999.0, spread)
    about = np.empty_like(padded)
    if len(padded) > 1:
        about[1:-1] = (padded[:-2] + padded[2:]) / 2.0
        about[0], about[-1] = padded[1], padded[-2]
    else:
        about[:] = padded
    return (padded == 0.0) | ((padded < CLUMP * about) & ~np.isnan(spread))


def _fill_gaps(chosen: np.ndarray, merged: np.ndarray, overlap: np.ndarray) -> None:
    """Where nothing is chosen among so many wavelengths as spectra overlap, choose their mean; in place."""
    place, last = 0, len(merged) - 1
    while place <= last:
        count = int(overlap[place])
        if place + count // 2 <= last:
            count = int(overlap[place + count // 2])
            if place + count <= last:
                nearby = chosen[max(place - 1, 0) : min(place + count + 1, last)]
                if nearby.max() <= 0.0:
                    chosen[place] = merged[place : place + count].mean()
        place += max(count, 1)


def weighted_means(columns: np.ndarray, errors: np.ndarray, weights: np.ndarray):
    """Weighted means of spectra on one grid.

    Parameters
    ----------
    columns, errors : (ncolumns, nspectra, n) float64 arrays
        Values, and their errors; NaN does not count.
    weights : (nspectra, n) float64 array
        0 where a spectrum has no value.

    Returns
    -------
    means, errors : (ncolumns, n) float64 arrays
    weight : (n,) float64 array
        The sum of weights.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    check_fit(columns=(columns, "m k n"), errors=(errors, "m k n"), weights=(weights, "k n"))
    total = np.nansum(weights, axis=0)
    divisor = np.where(total > 0, total, 1.0)
    means = np.nansum(columns * weights, axis=1) / divisor
    return means, np.sqrt(np.nansum((errors * weights) ** 2, axis=1)) / divisor, total
