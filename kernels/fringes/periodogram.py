"""Which period data have: the periodogram of Lomb and Scargle, of any places, with a mean that is fitted too.

The power at a frequency is the share of the squares of the data that a sine and a mean explain (Zechmeister & Kuerster
2009, A&A 496, 577). It needs sums of ``exp(2 pi i f x)`` over all places x, with the data and without. As functions of
the frequency these are smooth, since places have an end. So they are summed at evenly spaced frequencies, where the
exponential of each is a product of a coarse and a fine one, and all sums are one product of matrices; in between they
are interpolated with a windowed sinc, to about 1e-9 of the largest.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from gpucal.backend.fit import check_fit
from gpucal.kernels.fringes.products import product_over_points

# Frequencies per the number that places between two ends need at least.
OVERSAMPLING = 2.0

# Frequencies on each side that count where a sum is interpolated, and the shape of Kaiser's window of these.
REACH = 14
SHAPE = np.pi * REACH * (1.0 - 1.0 / OVERSAMPLING)

# Lengths of spectra are rounded up to so many a doubling, so that what depends on them can be kept.
LENGTHS = 8


class Periodogram:
    """Of data at given places, the power at given periods.

    Parameters
    ----------
    places : (npoints,) float64 array
        Where data are; their order does not matter.
    periods : (nperiods,) float64 array
        Evenly spaced, ascending, above 0; in units of places.
    """

    def __init__(self, places, periods):
        self._centered = places - 0.5 * (places.max() + places.min())
        length = 2.0 ** (np.ceil(LENGTHS * np.log2(max(np.ptp(places), periods[0]))) / LENGTHS)
        between = _Between(*(_interpolation(float(periods[0]), float(periods[-1]), len(periods), number, length)
                             for number in (1, 2)))  # fmt: skip
        self._once, self._tables = between.once, _tables(self._centered, between.once)
        coarse, fine = self._tables
        first = self._once.at_periods(product_over_points(coarse, fine)) / len(places)
        coarse, fine = _tables(self._centered, between.twice)
        second = between.twice.at_periods(product_over_points(coarse, fine)) / len(places)
        c, s = first.real, first.imag
        self._products = (0.5 + 0.5 * second.real - c * c, 0.5 - 0.5 * second.real - s * s, 0.5 * second.imag - c * s)

    def power(self, data):
        """The power at each period.

        Parameters
        ----------
        data : (npoints,) float64 array
            The value at each place.

        Returns
        -------
        (nperiods,) float64 array
            From 0 to 1; NaN throughout if the data are constant.
        """
        check_fit(places=(self._centered, "npoints"), data=(data, "npoints"))
        data = data - data.mean()
        coarse, fine = self._tables
        sums = self._once.at_periods(product_over_points(coarse * data, fine)) / len(data)
        (cc, ss, cs), yc, ys = self._products, sums.real, sums.imag
        with np.errstate(divide="ignore", invalid="ignore"):
            power = (ss * yc * yc + cc * ys * ys - 2.0 * cs * yc * ys) / (cc * ss - cs * cs)
            return power / np.mean(data * data)


class _Interpolation(NamedTuple):
    """From evenly spaced frequencies, a coarse number of rows of fine ones, to those of periods."""

    first: float
    step: float
    ncoarse: int
    nfine: int
    nearest: np.ndarray  # (nperiods, 2 reach)
    shares: np.ndarray

    def at_periods(self, sums):
        return np.einsum("pk,pk->p", sums.ravel()[self.nearest], self.shares)


class _Between(NamedTuple):
    once: _Interpolation
    twice: _Interpolation


@lru_cache(maxsize=32)
def _interpolation(shortest, longest, nperiods, multiple, length):
    """The interpolation at a multiple of the frequencies of periods, for places not farther apart than a length."""
    step = 1.0 / (OVERSAMPLING * length)
    wanted = multiple / np.linspace(shortest, longest, nperiods) / step
    begin = np.floor(wanted.min()) - REACH
    before = np.floor(wanted)[:, None] + np.arange(1 - REACH, 1 + REACH)
    distances = wanted[:, None] - before
    window = np.i0(SHAPE * np.sqrt(np.maximum(1.0 - (distances / REACH) ** 2, 0.0))) / np.i0(SHAPE)
    number = int(before.max() - begin) + 1
    nfine = int(np.ceil(np.sqrt(number)))
    nearest = (before - begin).astype(np.int32)
    return _Interpolation(begin * step, step, -(-number // nfine), nfine, nearest, np.sinc(distances) * window)


def _tables(places, grid):
    """Exponentials whose products are those of the frequencies of a grid: (ncoarse, npoints), (nfine, npoints)."""
    fine = np.exp(2j * np.pi * grid.step * np.multiply.outer(np.arange(grid.nfine), places))
    starts = grid.first + grid.step * grid.nfine * np.arange(grid.ncoarse)
    return np.exp(2j * np.pi * np.multiply.outer(starts, places)), fine
