"""Fluxes of sources in apertures, less a background from a ring about each.

Source: the documentation of ``source_catalog``,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/source_catalog/main.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.sources.daofind import measure_daofind
from gpucal.kernels.sources.local_peaks import convolve, cutouts
from gpucal.kernels.sources.star_profile import StarProfile
from gpucal.kernels.statistics.sigma_clip import BlockSums, SortedRows, clip_rows
from gpucal.steps.parts.catalogs.apertures import Apertures

# A place that no image reaches, for sources without one.
NOWHERE = -1000.0


class Photometry(NamedTuple):
    """Fluxes of sources, in the unit of the image.

    Attributes
    ----------
    background, background_err : (nsources,) float64 array
        Median in the ring, for a pixel, and its standard error.
    flux, flux_err : (napertures, nsources) float64 array
        In each aperture, without background; NaN where it is not on the image, or has pixels that are NaN.
    """

    background: np.ndarray
    background_err: np.ndarray
    flux: np.ndarray
    flux_err: np.ndarray


def measure_apertures(image, err, places, apertures: Apertures) -> Photometry:
    """Measure sources in apertures.

    Parameters
    ----------
    image : (ny, nx) float array
        On the host.
    err : (ny, nx) float array or None
        Errors.
    places : (nsources, 2) float64 array
        x and y.
    apertures : Apertures
        About each place.
    """
    from photutils.aperture import CircularAnnulus, CircularAperture  # here, because it takes long to import

    places = np.where(np.isfinite(places), places, NOWHERE)
    background, background_err = _backgrounds(image, CircularAnnulus(places, *apertures.ring))
    fluxes, errors = [], []
    for radius in apertures.radii:
        circle = CircularAperture(places, radius)
        sums, errors_of_sums = circle.do_photometry(image, error=err)
        fluxes.append(sums - background * circle.area)
        errors.append(np.full(len(sums), np.nan) if err is None else errors_of_sums)
    return Photometry(background, background_err, np.array(fluxes), np.array(errors))


def _backgrounds(image, rings):
    """Clipped medians of the pixels whose centres are in rings, and their standard errors."""
    pixels = [ring.get_values(image) for ring in rings.to_mask(method="center")]
    longest = max(1, *(len(values) for values in pixels))
    rows = np.full((len(pixels), longest), np.nan, image.dtype)
    for row, values in zip(rows, pixels, strict=True):
        row[: len(values)] = values
    backend = current_backend()
    rows = backend.asarray(rows)
    samples = SortedRows.of(rows, backend.xp.isfinite(rows))
    bounds, median, sigma = (backend.asnumpy(part) for part in clip_rows(samples, BlockSums.of(samples)))
    with np.errstate(divide="ignore"):
        return median, np.sqrt(np.pi / (2 * (bounds[:, 1] - bounds[:, 0]))) * sigma


def star_shapes(image, places, fwhm):
    """Sharpness and roundness of sources, as DAOFIND has them, on the pixels nearest to their places.

    Parameters
    ----------
    image : (ny, nx) float array
        On the backend.
    places : (nsources, 2) float64 array
        x and y.
    fwhm : float
        Of a star, pixels.

    Returns
    -------
    sharpness, roundness : (nsources,) float64 array
        NaN where a source is not on the image.
    """
    profile = StarProfile.of(fwhm)
    middles = np.ceil(np.where(np.isfinite(places), places, NOWHERE) - 0.5).astype(int).T
    around, convolved = (cutouts(plane, *middles, profile.radius) for plane in (image, convolve(image, profile.filter)))
    with np.errstate(invalid="ignore", divide="ignore"):
        columns, _ = measure_daofind(around, convolved, profile)
    return columns["sharpness"], columns["roundness1"]


def nearest_neighbours(places):
    """The nearest other source of each.

    Parameters
    ----------
    places : (nsources, 2) float64 array
        x and y.

    Returns
    -------
    number : (nsources,) int64 array
        Its number, from 0; -1 for a source without a place, or the only one.
    distance : (nsources,) float64 array
        Pixels; NaN where there is none.
    """
    from scipy.spatial import KDTree

    number, distance = np.full(len(places), -1), np.full(len(places), np.nan)
    if len(places) > 1:
        known = np.isfinite(places).all(1)
        reachable = np.where(np.isfinite(places), places, NOWHERE)
        distances, numbers = KDTree(reachable).query(reachable, k=2)
        number[known], distance[known] = numbers[known, 1], distances[known, 1]
    return number, distance
