"""What light meets before an imaging detector: the filters, and the image of a point.

Wavelengths are those of the JWST user documentation (filter pages of each instrument), the widths of images those of
a telescope of 6.5 m at its diffraction limit, and the calibrations are of the order of those in flight.
"""

from typing import NamedTuple

import numpy as np

from gpucal.simulate.errors import SimulationError

FWHM_OF_MICRON = 0.0328  # arcsec: 1.03 wavelengths over 6.5 m
CORE, HALO = 0.85, 0.15  # of the light
HALO_WIDTH = 3.0  # times that of the core
FWHM_OF_SIGMA = np.sqrt(8 * np.log(2))
JANSKY = 1e-6  # MJy


class Band(NamedTuple):
    """A setting of the filter wheels.

    Attributes
    ----------
    filter, pupil : str or None
        Values of FILTER and PUPIL; None where the instrument has no such wheel.
    wavelength : float
        Microns.
    photmjsr : float
        Surface brightness that makes a count in a second, MJy/sr for DN/s.
    """

    filter: str | None
    pupil: str | None
    wavelength: float
    photmjsr: float

    @property
    def name(self) -> str:
        """The element that chooses the light."""
        names = (self.filter, self.pupil)
        return next((name for name in names[::-1] if name and name[0] == "F"), "CLEAR")

    @property
    def sigmas(self) -> np.ndarray:
        """Widths of the core and of the halo of the image of a point, arcsec (2,)."""
        core = FWHM_OF_MICRON * self.wavelength / FWHM_OF_SIGMA
        return np.array([core, HALO_WIDTH * core])

    def encircled(self, radius, pixel: float = 0.0) -> np.ndarray:
        """Fraction of the light of a point within a radius.

        Parameters
        ----------
        radius : array_like
            Arcsec.
        pixel : float
            Size of the pixels of a mosaic that it is measured on, which are as large as those of the detector, arcsec.
            Four squares of this size widen the image: the detector's pixel, that which is dropped, that on which it
            falls, and that which the aperture cuts.
        """
        variances = self.sigmas**2 + 4 * pixel**2 / 12
        outside = np.exp(-0.5 * np.asarray(radius, float)[..., None] ** 2 / variances)
        return 1 - outside @ (CORE, HALO)


BANDS = {
    "NIRCAM SHORT": (
        Band("F200W", "CLEAR", 1.990, 1.9),
        Band("F070W", "CLEAR", 0.704, 4.1),
        Band("F090W", "CLEAR", 0.901, 2.9),
        Band("F115W", "CLEAR", 1.154, 2.7),
        Band("F150W", "CLEAR", 1.501, 2.1),
        Band("F212N", "CLEAR", 2.120, 31.0),
    ),
    "NIRCAM LONG": (
        Band("F444W", "CLEAR", 4.421, 0.40),
        Band("F277W", "CLEAR", 2.786, 0.43),
        Band("F356W", "CLEAR", 3.563, 0.38),
        Band("F444W", "F405N", 4.055, 3.2),
        Band("F335M", "MASKRND", 3.362, 0.60),
    ),
    "MIRI": (
        Band("F770W", None, 7.639, 0.30),
        Band("F560W", None, 5.645, 0.45),
        Band("F1000W", None, 9.953, 0.47),
        Band("F1500W", None, 15.065, 0.61),
        Band("F2100W", None, 20.795, 0.85),
        Band("F1550C", None, 15.514, 1.9),
        Band("F2300C", None, 22.642, 2.1),
    ),
    "NIRISS": (
        Band("CLEAR", "F200W", 1.993, 0.24),
        Band("CLEAR", "F090W", 0.902, 0.39),
        Band("CLEAR", "F115W", 1.150, 0.33),
        Band("CLEAR", "F150W", 1.494, 0.28),
        Band("F277W", "CLEARP", 2.765, 0.21),
        Band("F444W", "CLEARP", 4.435, 0.30),
        Band("F380M", "NRM", 3.828, 9.0),
        Band("F430M", "NRM", 4.286, 9.0),
        Band("F480M", "NRM", 4.817, 9.0),
    ),
    "FGS": (Band(None, None, 2.5, 0.18),),
}


def channel_of(detector) -> str:
    """The key of `BANDS` for a detector.

    Raises
    ------
    SimulationError
        It makes no images.
    """
    if detector.instrument == "NIRCAM":
        return "NIRCAM LONG" if detector.name.endswith("LONG") else "NIRCAM SHORT"
    if detector.instrument not in BANDS or detector.name.startswith("MIRIFU"):
        raise SimulationError(f"{detector.name} is not simulated as an imager; there are {', '.join(BANDS)}")
    return detector.instrument


def band_named(detector, names) -> Band:
    """The band of a detector, of those that are asked for; its usual one if none is.

    Parameters
    ----------
    detector : Detector
    names : sequence of str
        Such as F444W; others may be for another channel.

    Raises
    ------
    SimulationError
        None of them is one of its channel.
    """
    bands = BANDS[channel_of(detector)]
    wanted = {name.upper() for name in names}
    for band in bands:
        if band.name in wanted or not wanted or band.filter is None:
            return band
    known = ", ".join(band.name for band in bands)
    raise SimulationError(f"{detector.name} has none of the filters {', '.join(sorted(wanted))}; it has {known}")
