"""Painting what NIRSpec's integral field unit sees on the detectors."""

from pathlib import Path

import numpy as np
from astropy.io import fits

from gpucal.backend import current_backend
from gpucal.simulate.spectra.ifu.cube_scene import SQUARE_ARCSEC, CubeScene
from gpucal.simulate.spectra.ifu.nirspec_ifu_plans import EXP_TYPE
from gpucal.simulate.spectra.ifu.nirspec_ifu_references import APERTURE
from gpucal.simulate.spectra.point_profile import profile_sigma
from gpucal.simulate.spectra.slit_response import SlitResponse
from gpucal.wcs.modes.nirspec.open_slits import OpenSlit
from gpucal.wcs.slices import Slices

_WHOLE_FIELD = OpenSlit(name=APERTURE)


class NirspecIfuResponse:
    """What NIRSpec makes of the light of an integral field, as its references tell.

    Parameters
    ----------
    paths : dict of Path
        Reference type -> file.
    filter_name, grating : str
    day : float
        MJD of the middle of the exposure.
    """

    def __init__(self, paths: dict[str, Path], filter_name: str, grating: str, day: float):
        self._response = SlitResponse(paths, EXP_TYPE, filter_name, grating, day)
        with fits.open(paths["area"]) as hdus:
            table = hdus["AREA"].data
            self._areas = np.zeros(table["slice_id"].max() + 1)
            self._areas[table["slice_id"]] = table["pixarea"] * SQUARE_ARCSEC

    def rates(self, point, extended, wavelengths, slices):
        """Count rates of surface brightness.

        Parameters
        ----------
        point, extended : ndarray (ny, nx)
            MJy/sr.
        wavelengths : ndarray (ny, nx)
            Micron; NaN where nothing falls.
        slices : ndarray (ny, nx), int
            From 1; 0 where there is none.

        Returns
        -------
        ndarray (ny, nx), float64
            DN/s; 0 where nothing falls.
        """
        response, everywhere = self._response, (slice(None), slice(None))
        passed = point * response.passed_point(_WHOLE_FIELD, wavelengths)
        passed = passed + extended * response.passed_evenly(_WHOLE_FIELD, wavelengths)
        counts = passed * self._areas[np.maximum(slices - 1, 0)] * response.counts_per_flux(_WHOLE_FIELD, wavelengths)
        return np.nan_to_num(counts * response.flat(_WHOLE_FIELD, wavelengths, everywhere))


def paint_scene(slices: Slices, scene: CubeScene, target: tuple[float, float], response: NirspecIfuResponse):
    """The count rates that a scene makes, without noise: its brightness in the middle of each pixel.

    Parameters
    ----------
    slices : Slices
        Of the exposure.
    scene : CubeScene
    target : tuple of float
        Where the places of the scene are measured from, degrees.
    response : NirspecIfuResponse

    Returns
    -------
    ndarray (ny, nx), float64
        DN/s.
    """
    ra, dec, wavelengths = current_backend().asnumpy(slices.world)
    east = (ra - target[0]) * np.cos(np.deg2rad(target[1])) * 3600
    north = (dec - target[1]) * 3600
    light = scene.brightness(east, north, wavelengths, profile_sigma(wavelengths))
    return response.rates(*light, wavelengths, current_backend().asnumpy(slices.labels))


def leaks(shape: tuple[int, int], level: float) -> np.ndarray:
    """What comes through closed shutters: a smooth glow, and the trace of one that stays open, DN/s."""
    y, x = np.indices(shape, float)
    glow = (1 + 0.5 * np.sin(x / 300)) * (1 + 0.3 * np.cos(y / 250))
    trace = 12 * np.exp(-0.5 * ((y - 850 - 0.01 * x) / 3) ** 2)
    return level * (glow + trace)
