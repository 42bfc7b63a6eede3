"""Fourier transform of a frame as a series in time, as the readout of IRS2 needs it.

The samples of one output are a series of ``nslow * period`` pixel times, kept as an image: sample n stands in
row ``n % period`` and column ``n // period``, so that an image row holds one place of all detector rows.
A transform of such a length is a transform along the image rows, a multiplication by phases ("twiddle factors"), and a
transform along the columns (Cooley and Tukey 1965, Math. Comp. 19, 297). Image rows after the first two of these are
called turned.

Spectra are kept as images too: frequency k stands in row ``k // nslow`` and column ``k % nslow``, up to
column ``nslow // 2``. The others are conjugates, since series are real.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.fourier import (
    columns_of_transforms,
    rows_of_transforms,
    transform_columns,
    transform_rows,
)


def turns(times, period, nslow):
    """The phases to multiply by between the transforms along image rows and along columns; on the host.

    Parameters
    ----------
    times : (nrows,) int array
        The image rows.
    period, nslow : int
        Rows and columns of the image.

    Returns
    -------
    (nrows, nslow // 2 + 1) complex64 array
    """
    return _phases(np.outer(times, np.arange(nslow // 2 + 1)), period * nslow)


def transform_matrix(frequencies, times, length):
    """The matrix of the Fourier transform from some times to some frequencies: (nfrequencies, ntimes) complex64."""
    return _phases(np.outer(frequencies, times), length)


def _phases(steps, steps_of_a_turn):
    return np.exp(-2j * np.pi * (steps % steps_of_a_turn) / steps_of_a_turn).astype(np.complex64)


class SeriesPlan(NamedTuple):
    """All that is prepared once to make a series from the weighted spectra of two others.

    Attributes
    ----------
    turn : (period, nslow // 2 + 1) complex64 array
        Phases from the transforms of image rows to turned rows.
    places : (period,) int array
        The number of the given row that stands at each time of the first series; -1 where the series is zero.
    wanted : (nwanted,) int array
        Times of the image rows that are made.
    nrows : int
        The rows that are given.
    """

    turn: np.ndarray
    places: np.ndarray
    wanted: np.ndarray
    nrows: int


def weighted_series(samples, beta, spectrum, alpha, plan: SeriesPlan):
    """Add the spectra of two series, each with its weights, and transform them back.

    Parameters
    ----------
    samples : (nrows, nslow) float32 array
        Image rows of the first series; each may stand in several places.
    beta : (period, nslow // 2 + 1) complex64 array
        Its weights, arranged by `weight_image`.
    spectrum : (period, nslow // 2 + 1) complex64 array
        That of the second series.
    alpha : (period, nslow // 2 + 1) complex64 array
        Its weights.
    plan : SeriesPlan
        On the backend.

    Returns
    -------
    (nwanted, nslow) float32 array
        Image rows of the sum.
    """
    check_fit(
        samples=(samples, (plan.nrows, "nslow")),
        turn=(plan.turn, ("period", samples.shape[1] // 2 + 1)),
        places=(plan.places, "period"),
        beta=(beta, plan.turn.shape),
        spectrum=(spectrum, plan.turn.shape),
        alpha=(alpha, plan.turn.shape),
    )
    empty = array_namespace(samples).empty
    turned = empty(plan.turn.shape, np.complex64)
    turn_row(turned.shape, transform_rows(samples), plan.places, plan.turn, turned)
    both = transform_columns(turned)
    weigh(both.shape, both, beta, spectrum, alpha)
    transforms = empty((len(plan.wanted), both.shape[1]), np.complex64)
    turn_back(transforms.shape, columns_of_transforms(both), plan.wanted, plan.turn, transforms)
    return rows_of_transforms(transforms, samples.shape[1])


@pixel_kernel
def turn_row(time, column, transforms, places, turn, turned):
    """Turn the transform of the image row of a time, at one frequency."""
    place = places[time]
    if place < 0:
        turned[time, column] = 0
    else:
        turned[time, column] = transforms[place, column] * turn[time, column]


@pixel_kernel
def turn_back(row, column, turned, times, turn, transforms):
    """Undo the turn of a row that is wanted, at one frequency."""
    time = times[row]
    transforms[row, column] = turned[time, column] * turn[time, column].conjugate()


@pixel_kernel
def weigh(row, column, both, beta, spectrum, alpha):
    """Weigh two spectra at one frequency, and put their sum in the place of the first."""
    both[row, column] = both[row, column] * beta[row, column] + spectrum[row, column] * alpha[row, column]


def weight_image(weights, nslow):
    """Arrange the weights of all frequencies as spectra are; on the host.

    Of weights that are not conjugate at opposite frequencies, that part is kept which acts on the real part
    of the series.

    Parameters
    ----------
    weights : (period * nslow,) complex64 array
        A weight for each frequency, from zero up and then the negative ones.
    nslow : int
        Length of the image rows.

    Returns
    -------
    (period, nslow // 2 + 1) complex64 array
        The weights by which to multiply spectra.
    """
    image = weights.reshape(-1, nslow)
    kept = image[:, : nslow // 2 + 1]
    opposite = np.empty_like(kept)
    opposite[:, 1:] = image[::-1, : nslow // 2 - 1 : -1]
    opposite[:, 0] = np.roll(image[::-1, 0], 1)
    return np.complex64(0.5) * (kept + opposite.conj())
