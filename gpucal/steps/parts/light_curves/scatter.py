"""How much a light curve scatters, told in the log.

What changes slowly, such as a transit, is no scatter: it is told from the differences of neighbours in time, which have
twice the variance of the values. Values of pure photon noise that are averaged scatter as one over the root of their
number; where the averages scatter more, there is noise that lasts.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

log = logging.getLogger(__name__)

# The standard deviation of a Gaussian, in units of its median deviation.
OF_MEDIAN_DEVIATION = 1.482602218505602

# Lengths of averages that are told, where at least so many of them can be made.
LENGTHS = (10, 100, 1000)
FEWEST = 4


class Scatter(NamedTuple):
    """Scatter of a light curve, relative to its median.

    Attributes
    ----------
    count : int
        Values that are finite.
    deviation : float
        Standard deviation from one value to the next.
    median_deviation : float
        The same from the median of absolute differences, which outliers do not move.
    expected : float
        What the errors say; NaN without them.
    averaged : tuple of (int, float)
        Lengths of averages over time, and the scatter from one average to the next.
    """

    count: int
    deviation: float
    median_deviation: float
    expected: float
    averaged: tuple[tuple[int, float], ...]

    def __str__(self) -> str:
        """In words, parts per million."""
        words = f"{1e6 * self.deviation:.0f} ppm from one integration to the next"
        words += f" ({1e6 * self.median_deviation:.0f} by the median deviation)"
        if np.isfinite(self.expected):
            words += f", {1e6 * self.expected:.0f} by their errors"
        for length, value in self.averaged:
            white = self.deviation / np.sqrt(length)
            words += f"; averages of {length}: {1e6 * value:.0f} ppm ({1e6 * white:.0f} if white)"
        return words


def scatter_of(flux: Sequence[float], error: Sequence[float] | None = None) -> Scatter | None:
    """The scatter of a light curve.

    Parameters
    ----------
    flux : (n,) array
        In order of time; what is not finite is left out.
    error : (n,) array, optional
        Standard deviations that are expected.

    Returns
    -------
    Scatter or None
        None where fewer than three values are finite, or their median is zero.
    """
    flux = np.asarray(flux, float)
    known = np.isfinite(flux)
    values = flux[known]
    middle = np.median(values) if len(values) else 0.0
    if len(values) < 3 or middle == 0:
        return None
    relative = values / middle
    expected = np.nan
    if error is not None:
        errors = np.asarray(error, float)[known]
        expected = (
            float(np.sqrt(np.nanmean(errors**2)) / abs(middle)) if np.isfinite(errors).any() else np.nan
        )
    averaged = []
    for length in LENGTHS:
        number = len(relative) // length
        if number >= FEWEST:
            means = relative[: number * length].reshape(number, length).mean(axis=1)
            averaged.append((length, _step_deviation(means)))
    steps = np.abs(np.diff(relative)) / np.sqrt(2)
    robust = OF_MEDIAN_DEVIATION * float(np.median(steps))
    return Scatter(len(values), _step_deviation(relative), robust, expected, tuple(averaged))


def tell_scatter(name: str, flux, error=None) -> None:
    """Log the scatter of a light curve, if there is enough of it."""
    scatter = scatter_of(flux, error)
    if scatter is not None:
        log.info("%s: %d integrations scatter by %s", name, scatter.count, scatter)


def _step_deviation(values: np.ndarray) -> float:
    """The standard deviation of values that change slowly, from the differences of neighbours."""
    return float(np.sqrt(np.mean(np.diff(values) ** 2) / 2))
