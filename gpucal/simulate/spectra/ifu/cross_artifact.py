"""The cross artifact of MIRI's medium-resolution spectrometer: light that the detector spreads along its rows.

Of each pixel, a Lorentzian and two pairs of Gaussians beside it; the outer pair is twice as far away and twice as wide.
Layout of the reference: https://jwst-pipeline.readthedocs.io, "MRSXARTCORR Reference File".
"""

import numpy as np

from gpucal.simulate.spectra.ifu.mrs_settings import CHANNELS, KIND, LETTERS, RANGES, SHAPE, MrsSetting
from gpucal.simulate.spectra.reference_metadata import describe
from gpucal.startup.lazy import datamodels

HALVES = (slice(0, 516), slice(516, 1024))  # columns of either channel of a detector
RIGHT_FIRST = "MIRIFULONG"  # where the first channel is on the right
FWHM = 2 * np.sqrt(2 * np.log(2))  # of a Gaussian of sigma 1
COLUMNS = ("lor_fwhm", "lor_scale", "gau_fwhm", "gau_xoff", "gau_scale1", "gau_scale2")


def parameters(channel: int) -> dict[str, np.ndarray]:
    """The columns of the reference, by row of the detector: widths and distances in pixels, and shares of the light."""
    ramp = 0.8 + 0.4 * np.arange(SHAPE[0]) / SHAPE[0]
    return {
        "lor_fwhm": 60 + 10 * channel + 20 * ramp,
        "lor_scale": 2.5e-4 / channel * ramp,
        "gau_fwhm": 10 + 2 * channel + 4 * ramp,
        "gau_xoff": 30 + 6 * channel + 10 * ramp,
        "gau_scale1": 3e-4 / channel * ramp,
        "gau_scale2": 1.2e-4 / channel / ramp,
    }


def mrsxartcorr():
    """The parameters of all channels and bands, MirMrsXArtCorrModel."""
    model = datamodels.MirMrsXArtCorrModel()
    for channel, band in RANGES:
        columns = [np.arange(SHAPE[0]), *parameters(channel).values()]
        table = np.rec.fromarrays(columns, [("yrow", "i2"), *((name, "f4") for name in COLUMNS)])
        setattr(model, f"ch{channel}{LETTERS[band].lower()}_table", table)
    describe(model, "mrsxartcorr", KIND, name="MIRI")
    return model


def cross_artifact(image, setting: MrsSetting) -> np.ndarray:
    """What an image spreads along its rows.

    Parameters
    ----------
    image : ndarray (1024, 1032)
        DN/s; not NaN.
    setting : MrsSetting

    Returns
    -------
    ndarray (1024, 1032), float64
        DN/s.
    """
    ny, nx = SHAPE
    channels = [int(one) for one in CHANNELS[setting.detector]]
    halves = HALVES[::-1] if setting.detector == RIGHT_FIRST else HALVES
    length = 2 ** int(np.ceil(np.log2(3 * nx)))
    total = np.zeros((ny, length // 2 + 1), complex)
    for channel, columns in zip(channels, halves, strict=True):
        part = np.zeros(SHAPE)
        part[:, columns] = image[:, columns]
        total += np.fft.rfft(part, length) * np.fft.rfft(_kernel(channel), length)
    return np.fft.irfft(total, length)[:, nx - 1 : 2 * nx - 1]


def _kernel(channel):
    """By row, and by distance from a pixel: from the width of the detector to the left to as much to the right."""
    known = {name: values[:, None] for name, values in parameters(channel).items()}
    away = np.arange(1 - SHAPE[1], SHAPE[1])[None, :]
    half = known["lor_fwhm"] / 2
    kernel = known["lor_scale"] * half**2 / (half**2 + away**2)
    for times, scale in ((1, "gau_scale1"), (2, "gau_scale2")):
        sigma = times * known["gau_fwhm"] / FWHM
        for side in (-1, 1):
            kernel += known[scale] * np.exp(-0.5 * ((away - side * times * known["gau_xoff"]) / sigma) ** 2)
    return kernel
