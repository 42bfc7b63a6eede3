"""Painting the spectra of sources onto a detector."""

import numpy as np
from scipy.special import erf

from gpucal.simulate.spectra.slitless.grisms import Grism, throughput, wavelengths_beside

SAMPLES = 4  # of a spectrum, for each pixel along it
REACH = 5.0  # sigmas
TOGETHER = 500  # samples
JANSKY = 1e-6  # MJy


def paint_source(image, grism: Grism, order: int, place, sigma, spectrum, band, area: float, velocity: float) -> None:
    """Add the light of a source in an order to an image.

    Parameters
    ----------
    image : ndarray (ny, nx), float64
        DN/s, edited. Its first pixel is that of the full frame.
    grism : Grism
    order : int
    place : tuple of float
        Column and row of the source in the direct image.
    sigma : float
        Of the source itself, pixels.
    spectrum : callable
        Jy of wavelengths, micron.
    band : tuple of float
        Micron.
    area : float
        Of a pixel, steradians.
    velocity : float
        VELOSYS, m/s.
    """
    ends = np.array(wavelengths_beside(band))
    columns, rows = grism.place(*place, ends, order, velocity)
    number = int(SAMPLES * np.hypot(np.ptp(columns), np.ptp(rows))) + 10 * SAMPLES
    step = np.ptp(ends) / number
    wavelengths = ends[0] + (np.arange(number) + 0.5) * step
    columns, rows = grism.place(*place, wavelengths, order, velocity)
    light = spectrum(wavelengths) * JANSKY / area * step * response(grism, order, wavelengths, band)
    deposit(image, columns, rows, light, np.hypot(grism.sigma, sigma))


def response(grism: Grism, order: int, wavelengths, band):
    """DN/s that 1 MJy/sr micron makes."""
    return throughput(wavelengths, band) / grism.traces[order].brightness


def deposit(image, columns, rows, light, sigma: float) -> None:
    """Add round Gaussians to an image, each with its light; what lies beyond the image is lost."""
    half = int(np.ceil(REACH * sigma)) + 1
    around = np.arange(-half, half + 1)
    for begin in range(0, len(columns), TOGETHER):
        part = slice(begin, begin + TOGETHER)
        x, y = columns[part, None], rows[part, None]
        on_x, on_y = np.rint(x).astype(int) + around, np.rint(y).astype(int) + around
        rows_inside, columns_inside = (on_y >= 0) & (on_y < image.shape[0]), (on_x >= 0) & (on_x < image.shape[1])
        inside = rows_inside[:, :, None] & columns_inside[:, None, :]
        if not inside.any():
            continue
        in_rows, in_columns = in_pixels(on_y - y, sigma), in_pixels(on_x - x, sigma)
        spread = light[part, None, None] * in_rows[:, :, None] * in_columns[:, None, :]
        where = np.broadcast_arrays(on_y[:, :, None], on_x[:, None, :])
        np.add.at(image, tuple(one[inside] for one in where), spread[inside])


def in_pixels(away, sigma: float):
    """The part of a Gaussian that falls into pixels, whose middles are so far from its own."""
    edge = 1 / (np.sqrt(2) * sigma)
    return 0.5 * (erf((away + 0.5) * edge) - erf((away - 0.5) * edge))
