"""What an integral field unit looks at: a point source and an extended field, by place on the sky and wavelength."""

from dataclasses import dataclass

import numpy as np

from gpucal.simulate.spectra.spectrum import DARK, Spectrum

MEGA = 1e-6  # MJy in a Jy
SQUARE_ARCSEC = (np.pi / 180 / 3600) ** 2  # sr


@dataclass(frozen=True)
class PointSource:
    """A point source; an integral field unit sees it as a round Gaussian.

    Attributes
    ----------
    spectrum : Spectrum
        Jy.
    east, north : float
        Its distance from the target, arcsec.
    """

    spectrum: Spectrum = DARK
    east: float = 0.0
    north: float = 0.0

    def brightness(self, east, north, wavelengths, sigma):
        """Surface brightness, MJy/sr; see `CubeScene.brightness`."""
        square = (np.asarray(east) - self.east) ** 2 + (np.asarray(north) - self.north) ** 2
        share = np.exp(-0.5 * square / sigma**2) / (2 * np.pi * sigma**2)  # of all light, in a square arcsec
        return MEGA * self.spectrum(wavelengths) * share / SQUARE_ARCSEC


@dataclass(frozen=True)
class ExtendedField:
    """A sky that is the same everywhere, and a round cloud before it.

    Attributes
    ----------
    sky : Spectrum
        MJy/sr.
    cloud : Spectrum
        MJy/sr in its middle.
    east, north : float
        Where the middle of the cloud is: arcsec from the target.
    width : float
        One sigma of the cloud, arcsec; what the telescope makes of it counted in.
    """

    sky: Spectrum = DARK
    cloud: Spectrum = DARK
    east: float = 0.0
    north: float = 0.0
    width: float = 1.0

    def brightness(self, east, north, wavelengths):
        """Surface brightness, MJy/sr; see `CubeScene.brightness`."""
        square = (np.asarray(east) - self.east) ** 2 + (np.asarray(north) - self.north) ** 2
        return self.sky(wavelengths) + self.cloud(wavelengths) * np.exp(-0.5 * square / self.width**2)


@dataclass(frozen=True)
class CubeScene:
    """A point source before an extended field.

    Attributes
    ----------
    point : PointSource
    field : ExtendedField
    """

    point: PointSource = PointSource()
    field: ExtendedField = ExtendedField()

    def brightness(self, east, north, wavelengths, sigma):
        """Surface brightness at places on the sky.

        Parameters
        ----------
        east, north : ndarray
            Distance from the target, arcsec: the first along right ascension, times the cosine of the declination.
        wavelengths : ndarray
            Micron; a shape that goes together with the places.
        sigma : ndarray
            Width of the point spread function, one sigma, arcsec.

        Returns
        -------
        point, extended : ndarray
            MJy/sr; NaN where the wavelength is NaN.
        """
        return (
            self.point.brightness(east, north, wavelengths, sigma),
            self.field.brightness(east, north, wavelengths),
        )
