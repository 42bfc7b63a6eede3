"""The profile of a point source across the dispersion: a Gaussian that widens with wavelength."""

import numpy as np

SIGMA_AT_ZERO, SIGMA_PER_MICRON = 0.03, 0.012  # arcsec, NIRSpec
LRS_SIGMA_AT_ZERO, LRS_SIGMA_PER_MICRON = 0.06, 0.014
LRS_PIXEL = 0.11  # arcsec


def profile_sigma(wavelengths):
    """Width of NIRSpec's profile, one sigma, arcsec; wavelengths in micron."""
    return SIGMA_AT_ZERO + SIGMA_PER_MICRON * np.asarray(wavelengths)


def lrs_sigma(wavelengths):
    """Width of the profile of MIRI's low-resolution spectrometer, one sigma, arcsec; wavelengths in micron."""
    return LRS_SIGMA_AT_ZERO + LRS_SIGMA_PER_MICRON * np.asarray(wavelengths)


def held(half_width, wavelengths):
    """Share of the light of NIRSpec's profile within a distance of the middle, arcsec; shapes that go together."""
    return _held(half_width, profile_sigma(wavelengths))


def lrs_held(half_width, wavelengths):
    """The same of MIRI's low-resolution spectrometer."""
    return _held(half_width, lrs_sigma(wavelengths))


def _held(half_width, sigma):
    from scipy.special import erf

    return erf(half_width / (np.sqrt(2) * sigma))
