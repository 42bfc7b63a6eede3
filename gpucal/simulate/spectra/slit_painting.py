"""Painting the spectra of slits on NIRSpec's detectors."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from gpucal.backend import current_backend
from gpucal.simulate.spectra.bar_shadows import shadow
from gpucal.simulate.spectra.point_profile import profile_sigma
from gpucal.simulate.spectra.slit_response import SlitResponse
from gpucal.simulate.spectra.spectrum import DARK, Spectrum
from gpucal.wcs.modes.nirspec.open_slits import OpenSlit, open_slits, slit_wcs
from gpucal.wcs.world import Wcs

MEGA = 1e-6  # MJy in a Jy
SOME_WAVELENGTH = 3e-6  # m; places in the plane of the slits do not depend on it


@dataclass(frozen=True)
class SlitLight:
    """What light falls on a slit.

    Attributes
    ----------
    point : Spectrum
        Jy.
    extended : Spectrum
        MJy/sr, the same everywhere in the slit; the sky among it.
    """

    point: Spectrum = DARK
    extended: Spectrum = DARK


def slits_with_sources(wcs: Wcs, sources) -> list[OpenSlit]:
    """The open slits of an exposure, with the places of sources in fixed slits.

    Parameters
    ----------
    wcs : Wcs
        Of the exposure.
    sources : dict
        Name of a fixed slit -> V2 and V3 of the source that it is for, arcsec.
    """
    slits = []
    for slit in open_slits(wcs):
        if slit.name in sources:
            to_slit = slit_wcs(wcs, slit).program("v2v3", "slit_frame")
            x, y, _ = to_slit.at(*([one] for one in sources[slit.name]), [SOME_WAVELENGTH / 1e-6])
            slit = slit._replace(source_xpos=float(x[0]), source_ypos=float(y[0]))
        slits.append(slit)
    return slits


def paint_slits(shape, wcs: Wcs, slits, lights, response: SlitResponse, corner=(0, 0)) -> np.ndarray:
    """The count rates that light makes, without noise.

    Parameters
    ----------
    shape : tuple of int
        Of the image.
    wcs : Wcs
        Of the exposure.
    slits : list of OpenSlit
        With the places of their sources.
    lights : list of SlitLight
        One for each.
    response : SlitResponse
    corner : tuple of int
        Row and column of the full frame where the image begins.

    Returns
    -------
    ndarray (ny, nx), float64
        DN/s.
    """
    image = np.zeros(shape)
    for slit, light in zip(slits, lights, strict=True):
        rows, columns = _window(slit, shape)
        image[rows, columns] += _rates(slit, light, slit_wcs(wcs, slit), (rows, columns), response, corner)
    return image


def _window(slit, shape):
    (left, right), (bottom, top) = slit.bounding_box
    rows = slice(max(0, math.ceil(bottom)), min(shape[0], math.floor(top) + 1))
    return rows, slice(max(0, math.ceil(left)), min(shape[1], math.floor(right) + 1))


def _rates(slit, light, wcs, window, response, corner):
    rows, columns = window
    size, start = (rows.stop - rows.start, columns.stop - columns.start), (columns.start, rows.start)

    def on_pixels(end):
        return current_backend().asnumpy(wcs.program("detector", end).on_grid(size, start))

    wavelengths, along = on_pixels("world")[2], on_pixels("slit_frame")[1]
    place = tuple(
        slice(one.start + first, one.stop + first) for one, first in zip(window, corner, strict=True)
    )
    total = np.zeros(size)
    if light.extended != DARK:
        flux = (
            light.extended(wavelengths)
            * response.pixel_area(slit)
            * response.passed_evenly(slit, wavelengths)
        )
        if "barshadow" in response.paths:
            flux = flux * shadow(
                response.paths["barshadow"], slit.shutter_state, along / slit.slit_yscale, wavelengths
            )
        total += flux * response.counts_per_flux(slit, wavelengths) * response.flat(slit, wavelengths, place)
    if light.point != DARK:
        true = wavelengths + response.offset(slit, wavelengths) * np.gradient(wavelengths, axis=1)
        flux = MEGA * light.point(true) * _shares(slit, along, true, wcs) * response.passed_point(slit, true)
        total += flux * response.counts_per_flux(slit, true) * response.flat(slit, true, place)
    return np.nan_to_num(total)


def _shares(slit, along, wavelengths, wcs):
    """Which share of a point's light, of that which passes, falls on each pixel of its column."""
    ends = wcs.program("slit_frame", "v2v3").at([0.0, 0.0], [-0.5, 0.5], [SOME_WAVELENGTH] * 2)
    length = float(np.hypot(*(ends[:2, 1] - ends[:2, 0])))
    half = 0.5 * np.abs(np.gradient(along, axis=0))
    scale = length / (np.sqrt(2) * profile_sigma(wavelengths))
    away = along - slit.source_ypos
    return 0.5 * (erf((away + half) * scale) - erf((away - half) * scale))
