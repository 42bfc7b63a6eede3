"""Fourier transform of a frame as a series in time, as the readout of IRS2 needs it.

The samples of one output are a series of ``nslow * period`` pixel times, kept as an image: sample n stands in
row ``n % period`` and column ``n // period``, so that an image row holds one place of all detector rows.
A transform of such a length is one along the image rows, a turn of phases, and one along the columns
(Cooley and Tukey 1965, Math. Comp. 19, 297). Most image rows are known to be zero before it, or are of no
interest after it: the second transform is a product with those rows or columns of its matrix that count.

Spectra are kept as images too: frequency k stands in row ``k // nslow`` and column ``k % nslow``, up to
column ``nslow // 2``. The others are conjugates, since series are real.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace


class FourierTables(NamedTuple):
    """Constants of the transform.

    Attributes
    ----------
    turn : (period, nslow // 2 + 1) complex64 array
        Phases between the transforms along image rows and along columns.
    matrix : (period, period) complex64 array
        Transform along columns: frequencies in rows, times in columns.
    nslow : int
        Length of the image rows.
    """

    turn: np.ndarray
    matrix: np.ndarray
    nslow: int


def fourier_tables(period, nslow):
    """Tables of the transform of a series of ``nslow * period`` samples; on the host."""
    place = np.arange(period)
    return FourierTables(
        _phases(np.outer(place, np.arange(nslow // 2 + 1)), period * nslow),
        _phases(np.outer(place, place), period),
        nslow,
    )


def _phases(steps, steps_of_a_turn):
    return np.exp(-2j * np.pi * (steps % steps_of_a_turn) / steps_of_a_turn).astype(np.complex64)


def spectrum(image, tables):
    """Transform a whole series.

    Parameters
    ----------
    image : (period, nslow) float32 array
        The series.
    tables : FourierTables
        On the backend.

    Returns
    -------
    (period, nslow // 2 + 1) complex64 array
        The spectrum.
    """
    xp = array_namespace(image)
    turned = xp.fft.rfft(image, axis=-1)
    turned *= tables.turn
    return xp.fft.fft(turned, axis=0)


def spectrum_of_rows(samples, times, tables, band=slice(None)):
    """Transform a series of which some image rows are given and all others are zero.

    Parameters
    ----------
    samples : (nrows, nslow) float32 array
        The image rows.
    times : (nrows,) int array
        Where each belongs.
    tables : FourierTables
        On the backend.
    band : slice or array of int
        The rows of the spectrum that are wanted.

    Returns
    -------
    (nband, nslow // 2 + 1) complex64 array
        Those rows of the spectrum.
    """
    turned = array_namespace(samples).fft.rfft(samples, axis=-1)
    turned *= tables.turn[times]
    return tables.matrix[band][:, times] @ turned


def series(spectra, times, tables):
    """Transform a whole spectrum back, and return some of the image rows.

    Parameters
    ----------
    spectra : (period, nslow // 2 + 1) complex64 array
        The spectrum.
    times : (nrows,) int array
        The image rows that are wanted.
    tables : FourierTables
        On the backend.

    Returns
    -------
    (nrows, nslow) float32 array
        The image rows.
    """
    xp = array_namespace(spectra)
    turned = xp.fft.ifft(spectra, axis=0)[times]
    turned *= tables.turn[times].conj()
    return xp.fft.irfft(turned, tables.nslow, axis=-1)


def series_of_band(spectra, times, tables, band):
    """As `series`, of a spectrum that is zero but for the rows in ``band``."""
    turned = tables.matrix[band][:, times].conj().T @ spectra
    turned *= tables.turn[times].conj() / np.float32(len(tables.matrix))
    return array_namespace(spectra).fft.irfft(turned, tables.nslow, axis=-1)


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
