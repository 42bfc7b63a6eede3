"""Additive signals of the readout electronics, drawn frame by frame in readout order."""

import numpy as np
from scipy import fft

from gpucal.simulate.orientation import readout_shape, to_science
from gpucal.simulate.readout import ROW_OVERHEAD_PIXELS

SAMPLE_PIXELS = 8


def electronic_signal(readout, effects, rng):
    """Offsets of the outputs and correlated noise of one frame.

    Parameters
    ----------
    readout : Readout
    effects : Effects
    rng : numpy.random.Generator

    Returns
    -------
    ndarray (ny, nx), float32
        DN; zero where all such effects are off.
    """
    outputs = readout.subarray.noutputs
    slow, fast = readout_shape(readout.detector, readout.subarray.shape)
    signal = np.zeros((slow, outputs, fast // outputs), np.float32)
    if effects.amplifier_offsets:
        signal += rng.normal(0, effects.amplifier_offset, outputs)[:, None]
    if effects.odd_even:
        half = rng.normal(0, effects.odd_even_offset, outputs)[:, None] / 2
        signal[..., 0::2] -= half
        signal[..., 1::2] += half
    if effects.one_over_f:
        signal += correlated_noise(slow, fast // outputs, effects.one_over_f_level, rng)[:, None, :]
    return to_science(readout.detector, signal.reshape(slow, fast))


def correlated_noise(rows, columns, level, rng):
    """Noise with a 1/f power spectrum along the time in which pixels are read.

    The series has one sample for every few pixels, and runs through the pauses at the row ends.

    Parameters
    ----------
    rows, columns : int
        Pixels read through one output.
    level : float
        Root mean square, DN.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray (rows, columns), float32
    """
    samples = -(-(columns + ROW_OVERHEAD_PIXELS) // SAMPLE_PIXELS)
    length = fft.next_fast_len(2 * rows * samples, real=True)
    frequencies = length // 2 + 1
    spectrum = rng.standard_normal(2 * frequencies, dtype=np.float32).view(np.complex64)
    amplitude = np.zeros(frequencies, np.float32)
    amplitude[1:] = np.arange(1, frequencies) ** -0.5
    amplitude *= level * length / np.sqrt(4 * np.sum(amplitude**2))
    series = fft.irfft(spectrum * amplitude, length)[: rows * samples]
    return np.repeat(series.reshape(rows, samples), SAMPLE_PIXELS, axis=1)[:, :columns]
