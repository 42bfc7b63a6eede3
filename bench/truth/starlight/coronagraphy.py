"""Coronagraphs against the truth: how well references are aligned, and what is measured of companions."""

import importlib
import os
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.truth.imaging.products import PROGRAMS
from gpucal.data import open_exposure
from gpucal.kernels.starlight.alignment import Aligner
from gpucal.kernels.starlight.contrast import point_fluxes
from gpucal.simulate import (
    CoronagraphicObservation,
    CoronagraphyPlan,
    Effects,
    observe_coronagraph,
)
from gpucal.simulate.detectors import detector_named
from gpucal.simulate.distortion import pixel_scale
from gpucal.simulate.optics import FWHM_OF_SIGMA, band_named
from gpucal.simulate.starlight.coronagraphy_headers import star_place
from gpucal.steps.parts.starlight.cleaning import cleaned

EFFECTS = Effects.only("stars", "sky", "poisson", "read_noise", "bad_pixels")
MASKS = {"NIRCam MASKA335R": "MASKA335R", "MIRI 4QPM_1550": "4QPM_1550", "MIRI LYOT_2300": "LYOT_2300"}
APERTURE, ANNULUS = 2.5, (3.5, 5.0)  # radii, images of a point (FWHM)
CENTRINGS = 8  # of the circle that a centre is measured in, on that centre
LEVEL = 5.0


@dataclass(frozen=True)
class CoronagraphyTruth:
    """What a program made of an observation.

    Attributes
    ----------
    shift : float
        The largest of the shifts that references have in psfalign against the star, pixels.
    flux : tuple of float
        Of each companion in i2d, measured over true.
    offset : tuple of float
        Of each companion from where it is, milliarcseconds.
    limit : tuple of float
        Flux of a point that is five standard deviations, over that of the star, at the distance of each companion.
    pulls : float
        Spread of (SCI - median) / ERR in psfsub.
    """

    shift: float
    flux: tuple[float, ...]
    offset: tuple[float, ...]
    limit: tuple[float, ...]
    pulls: float


def make(title: str, directory: Path, cache: Path) -> CoronagraphicObservation:
    """Simulate a case, and run stage 2 of gpucal on it."""
    observation = observe_coronagraph(directory, CoronagraphyPlan(MASKS[title]), effects=EFFECTS, cache=cache)
    _run(observation, "gpucal", "Image2Pipeline", observation.level2, directory)
    return observation


def measure(observation: CoronagraphicObservation, program: str, folder: Path) -> CoronagraphyTruth:
    """Run stage 3 of a program, and measure its products."""
    _run(observation, program, "Coron3Pipeline", observation.level3, folder)
    detector = detector_named(_detector(observation))
    band = band_named(detector, (_header(observation, "filter"),))
    fwhm = band.sigmas[0] * FWHM_OF_SIGMA / pixel_scale(detector.name)
    image = open_exposure(next(folder.glob("*_i2d.fits")))
    places = _places(observation, image)
    distances = _distances(image.data.shape, places)
    measured = [_measured(image.data, place, fwhm, band, pixel_scale(detector.name)) for place in places]
    area = image.meta.photometry.pixelarea_steradians * 1e6
    given = [observation.star * one.contrast for one in observation.companions]
    scale = np.sqrt(image.meta.photometry.pixelarea_arcsecsq)
    beside = (distances > 4 * fwhm).all(axis=0)
    fluxes = point_fluxes(np.where(np.isfinite(image.data), image.data, 0).astype(float), fwhm) * area
    star = np.hypot(*(_indices(image.data.shape) - np.reshape(_to_pixels(image, *observation.target), (2, 1, 1))))
    limits = []
    for companion in observation.companions:
        ring = beside & (abs(star - companion.separation / scale) < fwhm) & np.isfinite(image.data)
        limits.append(LEVEL * fluxes[ring].std() / observation.star)
    return CoronagraphyTruth(
        _largest_shift(observation, folder),
        tuple(flux * area / true for (flux, _), true in zip(measured, given, strict=True)),
        tuple(float(np.hypot(*away)) * scale * 1000 for _, away in measured),
        tuple(limits),
        _pulls(folder),
    )


def _run(observation, program, pipeline, association, folder) -> None:
    os.environ["STPIPE_DISABLE_CRDS_STEPPARS"] = "true"
    runner = getattr(importlib.import_module(PROGRAMS[program]), pipeline)
    with observation.crds(), chdir(association.parent):
        runner.call(str(association), save_results=True, output_dir=str(folder), configure_log=False)


def _header(observation, name):
    return getattr(open_exposure(observation.exposures[0].path).meta.instrument, name)


def _detector(observation) -> str:
    return _header(observation, "detector")


def _largest_shift(observation, folder: Path) -> float:
    """As `Aligner` finds it, by the weights of the psfmask."""
    mask = open_exposure(observation.references["psfmask"]).data.astype(float)
    found = []
    for exposure in observation.of_role("science"):
        star = cleaned(open_exposure(exposure.product("calints")), 3, "DO_NOT_USE").data[0]
        (path,) = folder.glob(f"{exposure.path.name.rpartition('_')[0]}_*psfalign.fits")
        aligner = Aligner(star, mask)
        shifts = [aligner.shift_of(plane.astype(float)) for plane in open_exposure(path).data]
        found += [float(np.hypot(shift.x, shift.y)) for shift in shifts]
    return max(found)


def _places(observation, image) -> list[tuple[float, float]]:
    """Where companions are in the combined image: where they are on the sky, moved as the telescope missed the star."""
    missed = []
    for exposure in observation.of_role("science"):
        one = open_exposure(exposure.product("calints"))
        there = one.get_wcs().program().at(*np.array([exposure.star, star_place(one.data.shape[-2:])]).T)
        missed.append(there[:, 0] - there[:, 1])
    ra, dec = np.mean(missed, axis=0)
    found = []
    for companion in observation.companions:
        angle = np.deg2rad(companion.position_angle)
        north = observation.target[1] + companion.separation * np.cos(angle) / 3600
        east = companion.separation * np.sin(angle) / 3600 / np.cos(np.deg2rad(north))
        found.append(_to_pixels(image, observation.target[0] + east + ra, north + dec))
    return found


def _to_pixels(image, ra, dec) -> tuple[float, float]:
    wcs = image.get_wcs()
    x, y = wcs.program(wcs.frame_names[-1], wcs.frame_names[0]).at(np.array([ra]), np.array([dec]))[:, 0]
    return float(x), float(y)


def _indices(shape) -> np.ndarray:
    """x and y of all pixels, (2, ny, nx)."""
    return np.indices(shape, float)[::-1]


def _distances(shape, places) -> np.ndarray:
    return np.array([np.hypot(*(_indices(shape) - np.reshape(place, (2, 1, 1)))) for place in places])


def _measured(image, place, fwhm, band, pixel) -> tuple[float, np.ndarray]:
    """The flux at a place, sum of pixels, corrected for the aperture; and how far its centre is from there, pixels."""
    distance = _distances(image.shape, [place])[0]
    ring = (distance > ANNULUS[0] * fwhm) & (distance < ANNULUS[1] * fwhm) & np.isfinite(image)
    inside = (distance < APERTURE * fwhm) & np.isfinite(image)
    above = np.where(inside, image - np.median(image[ring]), 0)
    share = band.encircled(APERTURE * fwhm * pixel, pixel)
    centre = np.asarray(place, float)
    for _ in range(CENTRINGS):
        near = _distances(image.shape, [centre])[0] < fwhm
        weights = np.maximum(np.where(near, above, 0), 0)
        centre = (weights * _indices(image.shape)).sum(axis=(1, 2)) / weights.sum()
    return float(above.sum() / share), centre - place


def _pulls(folder: Path) -> float:
    """Of all pixels that are not flagged."""
    found = []
    for path in sorted(folder.glob("*_psfsub.fits")):
        exposure = open_exposure(path)
        left = np.where(exposure.dq & 1, np.nan, exposure.data)
        pulls = (left - np.nanmedian(left)) / exposure.err
        found.append(pulls[np.isfinite(pulls)])
    pulls = np.concatenate(found)
    return float(1.4826 * np.median(abs(pulls)))
