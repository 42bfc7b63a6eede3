"""IRS2 readout of NIRSpec: its electronics, and the references that it has in a form of their own.

All outputs, the reference output among them, see the same correlated noise at the same time. Raw images hold,
between the normal pixels, what interleaved reference pixels and the reference output show of it.

Source: Rauscher et al. 2017, PASP 129, 105003; formats: the mask, superbias and refpix pages of
https://jwst-pipeline.readthedocs.io/en/latest/jwst/references_general/references_general.html.
"""

import numpy as np

from gpucal.kernels.readout.irs2_layout import (
    BLOCK_TIMES,
    INTERLEAVED,
    OUTPUTS,
    RAW_SHAPE,
    irs2_layout,
    normal_rows,
)
from gpucal.simulate.electronics import DRIFT, SAMPLE_PIXELS, Electronics, correlated_series
from gpucal.simulate.reference_arrays import Contents, mask, superbias

# A series of reference pixels repeats each of the four reads of a block once.
REPEATS = 2
# Highest frequency, in units of that of the blocks, at which reference pixels tell the noise.
PASSBAND = 0.45


class Irs2Electronics(Electronics):
    """The five outputs of a detector during one exposure in IRS2 readout."""

    def __init__(self, readout, effects, rng):
        super().__init__(readout, effects, rng)
        self._layout = irs2_layout(readout.detector.name)
        self._normal = normal_rows(self._layout)
        self._signal = None

    def frame(self):
        """Offsets of the outputs and correlated noise of the normal pixels in the next frame; see `Electronics`."""
        effects, rng, layout = self._effects, self._rng, self._layout
        samples = np.zeros((*layout.rows.shape, RAW_SHAPE[1]), np.float32)
        if effects.amplifier_offsets:
            samples[1:] += (self._offset + rng.normal(0, DRIFT * effects.amplifier_offset, OUTPUTS - 1))[
                :, None, None
            ]
        if effects.odd_even:
            drift = rng.normal(0, DRIFT * effects.odd_even_offset, OUTPUTS - 1)
            sign = np.where(_is_odd(layout.rows[1:]), -0.5, 0.5)
            samples[1:] += (sign * (self._odd_even + drift)[:, None])[..., None]
        if effects.one_over_f:
            length = layout.period * RAW_SHAPE[1]
            series = correlated_series(length // SAMPLE_PIXELS, effects.one_over_f_level, rng)
            in_time = np.repeat(series, SAMPLE_PIXELS).reshape(RAW_SHAPE[1], layout.period)
            samples += in_time[:, layout.times].T
        self._signal = np.empty(RAW_SHAPE, np.float32)
        self._signal[layout.rows] = samples[..., ::-1] if layout.turned else samples
        return self._signal[self._normal]

    def stored(self, counts):
        """The raw frame: the counts of the normal pixels, and what was read between them."""
        detector = self._readout.detector
        raw = self._signal + np.float32(detector.bias)
        if self._effects.read_noise:
            noise = np.float32(detector.read_noise / detector.gain)
            raw += noise * self._rng.standard_normal(RAW_SHAPE, np.float32)
        raw = np.rint(raw)
        raw[self._normal] = counts
        return raw


def _is_odd(rows):
    """Odd columns, as the detector counts them; interleaved pixels come in pairs, the first one odd."""
    place = rows % (BLOCK_TIMES - 2) - 8
    interleaved = (place >= 0) & (place < INTERLEAVED)
    return np.where(interleaved, place < 2, rows % 2 == 0)


def _with_interleaved(image, value, readout):
    """A raw image of normal pixels and a value for all others."""
    raw = np.full(RAW_SHAPE, value, image.dtype)
    raw[normal_rows(irs2_layout(readout.detector.name))] = image
    return raw


def irs2_mask(readout, pixels, effects, options):
    """Dead, hot and reference pixels, interleaved ones too."""
    contents = mask(readout, pixels, effects, options)
    flags = {
        name: _with_interleaved(where, name == "REFERENCE_PIXEL", readout)
        for name, where in contents.flags.items()
    }
    return Contents({}, flags)


def irs2_superbias(readout, pixels, effects, options):
    """Bias, exactly; that of interleaved pixels is the same everywhere."""
    contents = superbias(readout, pixels, effects, options)
    values = {"SCI": readout.detector.bias, "ERR": 0}
    arrays = {
        name: _with_interleaved(array, values[name], readout) for name, array in contents.arrays.items()
    }
    flags = {name: _with_interleaved(where, False, readout) for name, where in contents.flags.items()}
    return Contents(arrays, flags, contents.keywords | {"READPATT": readout.pattern.name}, contents.unit)


def refpix(readout, pixels, effects, options):
    """Weights of the optimal estimate of the common noise, alike for all outputs, and no bad pixels."""
    alpha, beta = optimal_weights(readout.detector, effects.one_over_f_level)
    columns = {f"alpha_{output}": alpha for output in range(OUTPUTS - 1)}
    columns |= {f"beta_{output}": beta for output in range(OUTPUTS - 1)}
    weights = np.zeros(2 * len(alpha), [(name, "f4") for name in columns])
    for name, values in columns.items():
        weights[name][::2] = values
    pairs = [(output, pair, 0) for output in range(1, OUTPUTS) for pair in (1, 2)]
    listed = np.array(pairs, [("OUTPUT", "u2"), ("ODD_EVEN", "u2"), ("MASK", "u4")])
    return Contents({}, None, {"READPATT": readout.pattern.name}, None, {"IRS2": weights, "DQ": listed})


def optimal_weights(detector, level):
    """Weights of the reference output and of interleaved pixels that estimate the noise best.

    Both see the noise, each with read noise of its own. At each frequency the estimate is the mean of the two
    with their inverse variances as weights, drawn to zero by the variance of the noise itself. At frequency zero the
    interleaved pixels alone count: they share the constant offset of their output with the other pixels.

    Parameters
    ----------
    detector : Detector
    level : float
        Root mean square of the correlated noise, DN; its power falls as 1/f.

    Returns
    -------
    alpha, beta : ndarray (712 * 2048,), float64
        Real weights, for all frequencies as `numpy.fft.fftfreq` orders them.
    """
    layout = irs2_layout(detector.name)
    length = layout.period * RAW_SHAPE[1]
    blocks = layout.rows.shape[1] // (BLOCK_TIMES - 2) * RAW_SHAPE[1]
    frequency = np.abs(np.fft.fftfreq(length, 1 / length))
    drawn = length // SAMPLE_PIXELS // 2
    power = level**2 / (2 * np.fmax(frequency, 1) * np.sum(1 / np.arange(1, drawn + 1)))
    read_variance = (detector.read_noise / detector.gain) ** 2
    of_output = read_variance / (np.count_nonzero(layout.normal) * RAW_SHAPE[1])
    of_interleaved = read_variance / (INTERLEAVED * blocks)
    seen = frequency < PASSBAND * blocks
    total = 1 / of_output + 1 / of_interleaved + 1 / np.fmax(power, np.finfo(float).tiny)
    filled = REPEATS * INTERLEAVED * blocks / length
    alpha, beta = seen / of_output / total, seen / of_interleaved / total / filled
    alpha[0], beta[0] = 0, 1 / filled
    return alpha, beta
