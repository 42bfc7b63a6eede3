"""The settings of MIRI's medium-resolution spectrometer, and what each channel is like.

Ranges of wavelengths, spaxels and steps are those of the cubes of the observatory; resolution and image quality as in
https://jwst-docs.stsci.edu, "MIRI Medium Resolution Spectroscopy".
"""

from dataclasses import dataclass

import numpy as np

KIND = "MIR_MRS"
SHAPE = (1024, 1032)
CHANNELS = {"MIRIFUSHORT": "12", "MIRIFULONG": "34"}
LETTERS = {"SHORT": "A", "MEDIUM": "B", "LONG": "C"}
SLICES = {1: 21, 2: 17, 3: 16, 4: 12}
ARCSEC_SR = (np.pi / 180 / 3600) ** 2  # of a square arcsec

# Channel and band: first and last wavelength of its cube, micron.
RANGES = {
    (1, "SHORT"): (4.90, 5.74),
    (1, "MEDIUM"): (5.66, 6.63),
    (1, "LONG"): (6.53, 7.65),
    (2, "SHORT"): (7.51, 8.77),
    (2, "MEDIUM"): (8.67, 10.13),
    (2, "LONG"): (10.01, 11.70),
    (3, "SHORT"): (11.55, 13.47),
    (3, "MEDIUM"): (13.34, 15.57),
    (3, "LONG"): (15.41, 17.98),
    (4, "SHORT"): (17.70, 20.95),
    (4, "MEDIUM"): (20.69, 24.48),
    (4, "LONG"): (24.40, 28.70),
}


@dataclass(frozen=True)
class Channel:
    """What a channel is like.

    Attributes
    ----------
    spaxel : float
        Of its cubes, arcsec.
    step : float
        Of the wavelengths of its cubes, micron.
    half_slice : float
        How far from the middle of a slice its throughput has fallen to the half, arcsec.
    brightness : float
        Surface brightness that makes 1 DN/s, MJy/sr.
    year : float
        What is left of its throughput a year after the first day.
    """

    spaxel: float
    step: float
    half_slice: float
    brightness: float
    year: float


CHANNEL = {
    1: Channel(0.13, 0.0008, 1.75, 45.0, 0.995),
    2: Channel(0.17, 0.0013, 2.15, 30.0, 0.98),
    3: Channel(0.20, 0.0025, 2.8, 35.0, 0.95),
    4: Channel(0.35, 0.006, 3.55, 90.0, 0.7),
}


@dataclass(frozen=True)
class MrsSetting:
    """A detector and a position of the grating wheels.

    Attributes
    ----------
    detector : str
        MIRIFUSHORT or MIRIFULONG.
    band : str
        SHORT, MEDIUM or LONG.
    """

    detector: str
    band: str

    @property
    def channels(self) -> tuple[int, ...]:
        """The two channels on the detector."""
        return tuple(int(one) for one in CHANNELS[self.detector])

    @property
    def name(self) -> str:
        """As the optics name it, such as 12A."""
        return CHANNELS[self.detector] + LETTERS[self.band]


def mrs_sigma(wavelengths):
    """Width of the image of a point, one sigma, arcsec; wavelengths in micron."""
    return (0.033 * np.asarray(wavelengths) + 0.106) / 2.3548


def line_sigma(wavelength: float) -> float:
    """Width of an unresolved line, one sigma, micron."""
    return wavelength / 3200 / 2.3548
