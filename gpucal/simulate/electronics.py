"""Additive signals of the readout electronics, drawn frame by frame in readout order."""

import numpy as np
from scipy import fft

from gpucal.simulate.orientation import readout_shape, to_science
from gpucal.simulate.readout import ROW_OVERHEAD_PIXELS

SAMPLE_PIXELS = 8
DRIFT = 0.1


class Electronics:
    """The outputs of a detector during one exposure.

    Parameters
    ----------
    readout : Readout
    effects : Effects
    rng : numpy.random.Generator
    """

    def __init__(self, readout, effects, rng):
        self._readout = readout
        self._effects = effects
        self._rng = rng
        outputs = readout.subarray.noutputs
        self._offset = rng.normal(0, effects.amplifier_offset * effects.amplifier_offsets, outputs)
        self._odd_even = rng.normal(0, effects.odd_even_offset * effects.odd_even, outputs)

    def frame(self):
        """Offsets of the outputs and correlated noise of the next frame.

        Returns
        -------
        ndarray (ny, nx), float32
            DN; zero where all such effects are off.
        """
        effects, rng, outputs = self._effects, self._rng, self._readout.subarray.noutputs
        slow, fast = readout_shape(self._readout.detector, self._readout.subarray.shape)
        signal = np.zeros((slow, outputs, fast // outputs), np.float32)
        if effects.amplifier_offsets:
            signal += (self._offset + rng.normal(0, DRIFT * effects.amplifier_offset, outputs))[:, None]
        if effects.odd_even:
            drift = rng.normal(0, DRIFT * effects.odd_even_offset, outputs)
            half = (self._odd_even + drift)[:, None] / 2
            odd, even = self._odd_and_even(signal)
            odd -= half
            even += half
        if effects.one_over_f:
            signal += correlated_noise(slow, fast // outputs, effects.one_over_f_level, rng)[:, None, :]
        if self._readout.detector.interleaved_outputs:
            signal = signal.swapaxes(1, 2)
        return to_science(self._readout.detector, signal.reshape(slow, fast))

    def _odd_and_even(self, signal):
        """Views of the odd and the even columns of an output; of rows, where outputs take turns along a row."""
        if self._readout.detector.interleaved_outputs:
            return signal[0::2], signal[1::2]
        return signal[..., 0::2], signal[..., 1::2]

    def stored(self, counts):
        """The frame as raw images hold it: here, the counts of the pixels."""
        return counts


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
    series = correlated_series(rows * samples, level, rng)
    return np.repeat(series.reshape(rows, samples), SAMPLE_PIXELS, axis=1)[:, :columns]


def correlated_series(samples, level, rng):
    """A series with a 1/f power spectrum.

    Parameters
    ----------
    samples : int
        Its length.
    level : float
        Root mean square, DN.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray (samples,), float32
    """
    length = fft.next_fast_len(2 * samples, real=True)
    frequencies = length // 2 + 1
    spectrum = rng.standard_normal(2 * frequencies, dtype=np.float32).view(np.complex64)
    amplitude = np.zeros(frequencies, np.float32)
    amplitude[1:] = np.arange(1, frequencies) ** -0.5
    amplitude *= level * length / np.sqrt(4 * np.sum(amplitude**2))
    return fft.irfft(spectrum * amplitude, length)[:samples]
