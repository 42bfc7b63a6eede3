"""A detector of an observation: how it is read, what it does to light, and what calibrates it."""

from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from gpucal.simulate.distortion import distorted_detectors, pixel_scale
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.imaging_references import ImagingReferences, nominal_area, provide_imaging_references
from gpucal.simulate.light import light_on
from gpucal.simulate.optics import CORE, JANSKY, Band, band_named
from gpucal.simulate.pixels import Pixels, make_pixels
from gpucal.simulate.projection import ABERRATION, Projection, projection_of
from gpucal.simulate.readout import Readout
from gpucal.wcs.lowering import program_of
from gpucal.wcs.telescope import Pointing

EXPOSURE_TYPES = {"NIRCAM": "NRC_IMAGE", "NIRISS": "NIS_IMAGE", "MIRI": "MIR_IMAGE", "FGS": "FGS_IMAGE"}
BRIGHTEST_PIXEL = 1 / 3  # of full well


@dataclass(frozen=True)
class Camera:
    """A detector of an observation.

    Attributes
    ----------
    readout : Readout
    band : Band
    pixels : Pixels
    references : ImagingReferences
    middle : tuple of float
        V2 and V3 of the middle of the image, arcsec: the reference point of its headers.
    exp_type : str
        EXP_TYPE.
    """

    readout: Readout
    band: Band
    pixels: Pixels
    references: ImagingReferences
    middle: tuple[float, float]
    exp_type: str

    def projection(self, pointing: Pointing) -> Projection:
        """Its projection when the reference point is there."""
        references = self.references
        return projection_of(
            self.readout.subarray, self.band, pointing, references.distortion, references.filter_offsets
        )

    def electrons(self, projection, level, *lights) -> np.ndarray:
        """Electrons that light makes in each pixel in a second.

        Parameters
        ----------
        projection : Projection
        level : float
            Of the sky, MJy/sr.
        *lights : tuple
            Sources, and how far they move during the exposure: see `gpucal.simulate.light.light_on`.

        Returns
        -------
        ndarray (ny, nx), float64
        """
        flux = sum(light_on(projection, sources, self.band, trail) for sources, trail in lights)
        return self.electrons_of(flux, level)

    def electrons_of(self, flux, level: float) -> np.ndarray:
        """Electrons that a flux in each pixel, Jy, and a sky, MJy/sr, make there in a second, (ny, nx) float64."""
        areas = self.references.areas * ABERRATION**2
        brightness = level + JANSKY * flux / areas
        electrons = brightness * self.references.flat / self.band.photmjsr * self.pixels.gain
        electrons[self.pixels.reference | self.pixels.bad["dead"]] = 0
        return electrons

    def brightest_star(self) -> float:
        """Flux of a star in whose brightest pixel the charge is a third of full well, Jy."""
        detector = self.readout.detector
        core = erf(0.5 * pixel_scale(detector.name) / np.sqrt(2) / self.band.sigmas[0]) ** 2
        electrons = BRIGHTEST_PIXEL * detector.full_well / self.readout.integration_time
        brightness = electrons / detector.gain * self.band.photmjsr
        return brightness * nominal_area(detector.name) / (CORE * core) / JANSKY


def make_camera(readout, filters, store, effects, distortion=None, exp_type: str | None = None) -> Camera:
    """Set a detector up, with references that the cache serves.

    Parameters
    ----------
    readout : Readout
    filters : sequence of str
        See `gpucal.simulate.optics.band_named`.
    store : CrdsCache
    effects : Effects
    distortion : path-like, optional
        A distortion reference instead of the observatory's numbers.
    exp_type : str, optional
        EXP_TYPE, if it is not the usual one of images.

    Raises
    ------
    SimulationError
        It makes no images, or has none of the filters, or its subarray is no window.
    """
    detector, subarray = readout.detector, readout.subarray
    if detector.name not in distorted_detectors():
        raise SimulationError(f"{detector.name} makes no images; {', '.join(distorted_detectors())} do")
    if subarray.stripes:
        raise SimulationError(f"subarray {subarray.name} is no window, so its exposures are no images")
    pixels = make_pixels(detector, subarray.window, effects)
    band = band_named(detector, filters)
    exp_type = exp_type or EXPOSURE_TYPES[detector.instrument]
    references = provide_imaging_references(store, readout, pixels, exp_type, effects, distortion)
    x, y = subarray.xstart - 1 + (subarray.xsize - 1) / 2, subarray.ystart - 1 + (subarray.ysize - 1) / 2
    middle = program_of(references.distortion).at([x], [y])[:, 0]
    return Camera(readout, band, pixels, references, tuple(middle.tolist()), exp_type)
