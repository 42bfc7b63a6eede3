"""Painting what MIRI's medium-resolution spectrometer sees: slices of a scene, spread in wavelength."""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from gpucal.simulate.pointing import Attitude
from gpucal.simulate.spectra.ifu.cross_artifact import cross_artifact
from gpucal.simulate.spectra.ifu.cube_scene import CubeScene
from gpucal.simulate.spectra.ifu.fringes import fringes
from gpucal.simulate.spectra.ifu.mrs_optics import mrs_optics
from gpucal.simulate.spectra.ifu.mrs_references import brightness_of_rate, pixel_response, throughput_on
from gpucal.simulate.spectra.ifu.mrs_settings import SHAPE, MrsSetting, mrs_sigma
from gpucal.simulate.spectra.ifu.spectral_leak import LEAKING, leak
from gpucal.wcs.telescope import Pointing

PARTS = (np.arange(3) - 1) / 3  # of a pixel, along each axis
ACROSS, WEIGHTS = np.polynomial.legendre.leggauss(
    3
)  # places in half the width of a slice, and how much they count
ARCSEC = np.pi / 180 / 3600
PHASE_BY_PLACE = 0.7  # of residual fringes, radians in an arcsec along slices
RESIDUE = 0.25  # their depth, in units of that of the fringe flat
LINE_REACH = 12.0  # sigma: lines so far outside of a channel are left out


@dataclass(frozen=True)
class View:
    """How an exposure sees the sky.

    Attributes
    ----------
    pointing : Pointing
    target : tuple of float
        V2 and V3 of the target, arcsec.
    day : float
        MJD of the middle of the exposure.
    to_rest : float
        What wavelengths are multiplied with for the velocity of the telescope.
    """

    pointing: Pointing
    target: tuple[float, float]
    day: float
    to_rest: float = 1.0

    def to_sky(self, v2, v3):
        """Distances from the target to the east and north, arcsec; of places a few arcsec from it."""
        v2_target, v3_target = self.target
        roll = np.deg2rad(Attitude(self.pointing).pointing_at(*self.target).roll_ref)
        x, y = (v2 - v2_target) * np.cos(v3_target * ARCSEC), v3 - v3_target
        return x * np.cos(roll) + y * np.sin(roll), y * np.cos(roll) - x * np.sin(roll)


def paint_mrs(
    setting: MrsSetting, scene: CubeScene, view: View, residual_fringes: bool = True, straylight: bool = True
):
    """The count rates that a scene makes, without noise.

    Parameters
    ----------
    setting : MrsSetting
    scene : CubeScene
        In channel 3 of the band SHORT, the flux of the point at half the wavelength leaks in.
    view : View
    residual_fringes : bool
        Fringes beyond those of the fringe flat: their phase depends on the place along slices.
    straylight : bool
        With the cross artifact.

    Returns
    -------
    ndarray (1024, 1032), float64
        DN/s.
    """
    image = np.zeros(SHAPE)
    optics = mrs_optics(setting)
    for one in optics.slices:
        brightness = _brightness(one, optics.to_telescope[one.channel], _as_seen(scene, one, setting), view)
        per_brightness = throughput_on(view.day, one.channel, setting.band, one.wavelengths * view.to_rest)
        per_brightness /= brightness_of_rate(one.channel, setting.band, one.wavelengths)
        factor = fringes(one.wavelengths, one.channel)
        if residual_fringes:
            factor *= fringes(one.wavelengths, one.channel, RESIDUE, PHASE_BY_PLACE * one.along)
        image[:, one.columns] += np.where(one.throughput > 0, brightness * per_brightness * factor, 0.0)
    image *= pixel_response(setting)
    return image + cross_artifact(image, setting) if straylight else image


def _as_seen(scene, one, setting):
    """The scene as a channel sees it: with the spectral leak; without lines that are far outside."""
    lit = one.wavelengths[one.throughput > 0]
    first, last = lit.min(), lit.max()

    def near(spectrum):
        reach = [line.sigma * LINE_REACH for line in spectrum.lines]
        kept = (
            line
            for line, far in zip(spectrum.lines, reach, strict=True)
            if first - far < line.wavelength < last + far
        )
        return replace(spectrum, lines=tuple(kept))

    whole, spectrum = scene.point.spectrum, near(scene.point.spectrum)
    if (one.channel, setting.band) == LEAKING:

        def spectrum(wavelengths):
            return near(whole)(wavelengths) + whole(wavelengths / 2) * leak(wavelengths)

    field = replace(scene.field, sky=near(scene.field.sky), cloud=near(scene.field.cloud))
    return CubeScene(replace(scene.point, spectrum=spectrum), field)


def _brightness(one, to_telescope, scene, view):
    """Mean surface brightness within the pixels of a slice, MJy/sr."""
    sides = (np.full_like(one.along, one.beta + sign * one.width / 2) for sign in (-1, 1))
    edges = [view.to_sky(*to_telescope(one.along, side)) for side in sides]
    middle = [0.5 * (low + high) for low, high in zip(*edges, strict=True)]
    half = [0.5 * (high - low) for low, high in zip(*edges, strict=True)]
    values = *middle, one.wavelengths * view.to_rest
    slopes = [np.gradient(plane) for plane in values]  # by row, by column
    total = np.zeros_like(one.along)
    for part in product(PARTS, PARTS):
        east, north, wave = (
            plane + sum(step * slope for step, slope in zip(part, own, strict=True))
            for plane, own in zip(values, slopes, strict=True)
        )
        sigma = mrs_sigma(wave)
        for place, weight in zip(ACROSS, WEIGHTS, strict=True):
            total += weight * sum(
                scene.brightness(east + place * half[0], north + place * half[1], wave, sigma)
            )
    return total / (np.sum(WEIGHTS) * len(PARTS) ** 2)
