"""Fourier transform of a frame as a series in time, as the readout of IRS2 needs it.

The samples of one output are a series of ``nslow * period`` pixel times, kept as an image: sample n stands in
row ``n % period`` and column ``n // period``, so that an image row holds one place of all detector rows.
A transform of such a length is one along the image rows, a turn of phases, and one along the columns
(Cooley and Tukey 1965, Math. Comp. 19, 297). Image rows after the first two of these are called turned.

Spectra are kept as images too: frequency k stands in row ``k // nslow`` and column ``k % nslow``, up to
column ``nslow // 2``. The others are conjugates, since series are real.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace
from gpucal.backend.fourier import (
    columns_of_transforms,
    rows_of_transforms,
    transform_columns,
    transform_rows,
)


def turns(times, period, nslow):
    """Phases between the transforms along image rows and along columns; on the host.

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
    """What turns values at some times into those at some frequencies: (nfrequencies, ntimes) complex64."""
    return _phases(np.outer(frequencies, times), length)


def _phases(steps, steps_of_a_turn):
    return np.exp(-2j * np.pi * (steps % steps_of_a_turn) / steps_of_a_turn).astype(np.complex64)


class ImageRows(NamedTuple):
    """Some image rows of series.

    Attributes
    ----------
    times : (nrows,) int array
        Which they are.
    turn : (nrows, nslow // 2 + 1) complex64 array
        Phases from the transforms of rows to turned rows.
    period : int
        Number of all image rows.
    """

    times: np.ndarray
    turn: np.ndarray
    period: int


def image_rows(times, period, nslow) -> ImageRows:
    """The image rows of some times; on the host."""
    return ImageRows(times, turns(times, period, nslow), period)


def spectrum_of_rows(samples, rows):
    """Transform a series of which some image rows are given and all others are zero.

    Parameters
    ----------
    samples : (nrows, nslow) float32 array
        The image rows.
    rows : ImageRows
        Which they are; on the backend.

    Returns
    -------
    (period, nslow // 2 + 1) complex64 array
        The spectrum.
    """
    turned = array_namespace(samples).zeros((rows.period, rows.turn.shape[1]), np.complex64)
    turned[rows.times] = transform_rows(samples) * rows.turn
    return transform_columns(turned)


def series(spectra, rows):
    """Transform a whole spectrum back, and return some of the image rows.

    Parameters
    ----------
    spectra : (period, nslow // 2 + 1) complex64 array
        The spectrum, overwritten.
    rows : ImageRows
        The image rows that are wanted; on the backend.

    Returns
    -------
    (nrows, nslow) float32 array
        The image rows.
    """
    nslow = 2 * (spectra.shape[1] - 1)
    turned = columns_of_transforms(spectra)[rows.times]
    turned *= rows.turn.conj()
    return rows_of_transforms(turned, nslow)


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
    opposite = np.roll(weights[::-1], 1)
    real = np.complex64(0.5) * (weights + opposite.conj())
    return np.ascontiguousarray(real.reshape(-1, nslow)[:, : nslow // 2 + 1])
