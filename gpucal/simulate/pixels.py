"""The pixels of a detector: what each one really does, and which ones are bad."""

from dataclasses import dataclass, replace

import numpy as np

from gpucal.simulate.fields import DetectorFields
from gpucal.simulate.response import correction_polynomial, measured_signal, response_polynomial

HOT_PIXEL_RATES = (0.5, 50.0)
BAD_KINDS = (
    "dead",
    "nan_linearity",
    "no_lin_corr",
    "nan_saturation",
    "no_sat_check",
    "nan_gain",
    "negative_gain",
    "nan_readnoise",
)


@dataclass(frozen=True)
class Pixels:
    """Properties of the pixels in one window of a detector, science frame.

    Attributes
    ----------
    gain : ndarray (ny, nx), float32
        Electrons per DN.
    read_noise : ndarray (ny, nx), float32
        Noise of a single read, DN.
    bias : ndarray (ny, nx), float32
        DN.
    pedestal : ndarray (ny, nx), float32
        What the response acts on together with the signal, DN: the bias, or zero (`Detector.linearity_with_bias`).
    dark_rate : ndarray (ny, nx), float32
        Electrons per second.
    full_well : ndarray (ny, nx), float32
        Linear signal at which the pixel saturates, DN.
    correction, response : ndarray
        Polynomials of the linearity correction and of its inverse, in units of `scale`.
    reference : ndarray (ny, nx), bool
        Reference pixels: no light, no dark, no well.
    hot : ndarray (ny, nx), bool
    bad : dict
        Name of each kind of bad pixel -> bool map.
    """

    gain: np.ndarray
    read_noise: np.ndarray
    bias: np.ndarray
    pedestal: np.ndarray
    dark_rate: np.ndarray
    full_well: np.ndarray
    correction: np.ndarray
    response: np.ndarray
    reference: np.ndarray
    hot: np.ndarray
    bad: dict

    @property
    def scale(self):
        """Unit of the polynomials, DN: the largest value that they act on, ndarray (ny, nx)."""
        return self.full_well + self.pedestal

    def counts(self, linear):
        """What the pixels show of a linear signal, bias included.

        Parameters
        ----------
        linear : ndarray (ny, nx), float32
            DN.

        Returns
        -------
        ndarray (ny, nx), float32
            DN.
        """
        counts = measured_signal(linear + self.pedestal, self.scale, self.response)
        counts += self.bias - self.pedestal
        return counts

    def taken(self, rows, axis):
        """The pixels of some rows (axis 0) or columns (axis 1), which may come in any order and several times."""
        maps = {
            name: np.take(values, rows, axis) for name, values in vars(self).items() if np.ndim(values) == 2
        }
        bad = {kind: np.take(where, rows, axis) for kind, where in self.bad.items()}
        return replace(self, **maps, bad=bad)


def make_pixels(detector, window, effects):
    """Draw the pixels of a detector.

    Parameters
    ----------
    detector : Detector
    window : tuple of slice
        Rows and columns of the full frame, counting from 0.
    effects : Effects
        Only what `Effects.detector_state` names matters.

    Returns
    -------
    Pixels
    """
    fields = DetectorFields(detector, window, effects.detector_seed)
    reference = detector.reference_pixels()[window]
    gain = detector.gain * (1 + 0.02 * fields.normal("gain"))
    read_noise = detector.read_noise / detector.gain * np.exp(0.1 * fields.normal("read noise"))
    full_well = detector.full_well / gain * (1 + 0.04 * fields.normal("full well"))
    hot = fields.chosen("hot", effects.hot_pixel_fraction * effects.hot_pixels) & ~reference
    strength = effects.nonlinearity if effects.linearity else 0.0
    bias = _bias(detector, fields, effects)
    return Pixels(
        gain=gain.astype(np.float32),
        read_noise=read_noise.astype(np.float32),
        bias=bias,
        pedestal=bias if detector.linearity_with_bias else np.zeros_like(bias),
        dark_rate=_dark_rate(detector, fields, effects, reference, hot),
        full_well=full_well.astype(np.float32),
        correction=correction_polynomial(strength),
        response=response_polynomial(strength),
        reference=reference,
        hot=hot,
        bad=_bad_pixels(fields, effects, reference),
    )


def _bias(detector, fields, effects):
    pixel = fields.normal("bias")
    if not effects.bias:
        return np.full_like(pixel, detector.bias)
    return (detector.bias + 120 * pixel + 30 * fields.normal_columns("bias columns")).astype(np.float32)


def _dark_rate(detector, fields, effects, reference, hot):
    if not effects.dark:
        rate = np.zeros(reference.shape, np.float32)
    else:
        rate = detector.dark_rate * np.exp(0.3 * fields.normal("dark"))
    low, high = HOT_PIXEL_RATES
    rate[hot] += (low * (high / low) ** fields.uniform("hot rate"))[hot]
    rate[reference] = 0
    return rate.astype(np.float32)


def _bad_pixels(fields, effects, reference):
    fraction = effects.bad_pixel_fraction * effects.bad_pixels
    return {kind: fields.chosen(kind, fraction) & ~reference for kind in BAD_KINDS}
