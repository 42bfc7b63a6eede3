"""Painting spectra of MIRI's low-resolution spectrometer."""

import numpy as np
from astropy.io import fits
from scipy.special import erf

from gpucal.backend import current_backend
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.simulate.spectra.lrs_dispersion import SLIT, reference_place
from gpucal.simulate.spectra.point_profile import lrs_sigma
from gpucal.simulate.spectra.spectrum import Spectrum
from gpucal.simulate.spectra.throughput import at_place, change_with_time, response_at
from gpucal.wcs.world import Wcs

MEGA = 1e-6  # MJy in a Jy


def paint_lrs(
    shape, wcs: Wcs, point: Spectrum, sky: Spectrum, target, exp_type: str, paths, day: float
) -> np.ndarray:
    """The count rates that light makes, without noise.

    Parameters
    ----------
    shape : tuple of int
        Of the image.
    wcs : Wcs
        Of the exposure.
    point, sky : Spectrum
        Jy and MJy/sr.
    target : tuple of float
        Where the point is, degrees.
    exp_type : str
    paths : dict of Path
        The references.
    day : float
        MJD of the middle of the exposure.

    Returns
    -------
    ndarray (ny, nx), float64
        DN/s.
    """
    backend = current_backend()
    wavelengths = backend.asnumpy(wcs.on_pixels(shape))[2]
    along = backend.asnumpy(wcs.on_pixels(shape, end="alpha_beta"))[0]
    place = float(wcs.program("world", "alpha_beta").at(*([one] for one in target), [8.0])[0, 0])
    pixel = np.nanmedian(np.abs(np.diff(along, axis=1)))
    scale = 1 / (np.sqrt(2) * lrs_sigma(wavelengths))
    share = 0.5 * (erf((along - place + pixel / 2) * scale) - erf((along - place - pixel / 2) * scale))
    with fits.open(paths["photom"]) as hdus:
        area = hdus[0].header["PIXAR_SR"]
        row = hdus["PHOTOM"].data[0]
        per_brightness = change_with_time(hdus, 0, day) / (row["photmjsr"] * response_at(row, wavelengths))
    kept = _kept_back(paths["pathloss"], wcs, target, wavelengths) if exp_type == SLIT else 1.0
    brightness = sky(wavelengths) + MEGA * point(wavelengths) * share / (area * kept)
    return np.nan_to_num(brightness * per_brightness * _flat(paths["flat"]))


def _kept_back(path, wcs, target, wavelengths):
    """The factor that makes up for what the slit keeps back; beyond the table that of its middle."""
    x0, y0 = reference_place(SLIT)
    x, y = wcs.program("world", "detector").at(*([one] for one in target), [8.0])[:, 0]
    with fits.open(path) as hdus:
        header, table = hdus["PATHLOSS"].header, hdus["PATHLOSS"].data
        factors, waves = table["pathloss"], table["wavelength"]
        steps = header["CDELT1"], header["CDELT2"]
        column, row = header["CRPIX1"] - 1 + (x - x0) / steps[0], header["CRPIX2"] - 1 + (y - y0) / steps[1]
    last = factors.shape[1] - 1
    if not (0 <= column < last and 0 <= row < last):
        column = row = last / 2
    vector = at_place(factors, row, column)
    return np.interp(wavelengths, waves[::-1], vector[::-1])


def _flat(path):
    flat, flags = fits.getdata(path, "SCI").astype(float), fits.getdata(path, "DQ")
    return np.where(np.isfinite(flat) & (flags & DO_NOT_USE == 0), flat, 1.0)
