"""The ami_analyze step."""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.core import GpucalError, Step
from gpucal.data import Exposure, InputError
from gpucal.kernels.interferometry.centring import star_offsets
from gpucal.kernels.interferometry.fitting import Fit, fit_planes
from gpucal.kernels.interferometry.fringes import Distortion, Sampling, count_planes, fringe_planes
from gpucal.steps.parts.interferometry import images as imaging
from gpucal.steps.parts.interferometry.averages import mean_observables
from gpucal.steps.parts.interferometry.bands import band_in_file, band_of, centre_and_width
from gpucal.steps.parts.interferometry.closures import Closures
from gpucal.steps.parts.interferometry.distortions import angles_of, distortion_of, turn_that_fits
from gpucal.steps.parts.interferometry.holes import Holes, holes_of
from gpucal.steps.parts.interferometry.products import (
    Setting,
    fit_product,
    observables_product,
    times_of,
)

log = logging.getLogger(__name__)

# Of the products, in order.
SUFFIXES = ("ami-oi", "amimulti-oi", "amilg")

# Degrees, where the header tells no size of a pixel.
USUAL_PIXEL = 0.0656 / 3600.0

# Planes of a model that are made at once take no more than this.
PLANES_BYTES = 256 * 2**20


class AmiProducts(NamedTuple):
    """What is measured of an exposure.

    Attributes
    ----------
    mean, each : Exposure
        Fringes and closure quantities: their mean, and those of each integration.
    fit : Exposure
        The images, and the model that fits them. In a pipeline these two are made only if they are to be saved.
    """

    mean: Exposure
    each: Exposure | None = None
    fit: Exposure | None = None


class AmiAnalyzeStep(Step):
    """Measure fringes in exposures through the mask of NIRISS: amplitudes, phases, closure quantities.

    Images are cut about the star, bad pixels repaired, and a model of the mask fitted: one plane for the star, two for
    each baseline, and a constant. The model of all integrations is made in one launch.

    Products: ``ami-oi``, the mean over integrations; ``amimulti-oi``, each integration; ``amilg``, the images and their
    model. The first two are OIFITS files.

    Notes
    -----
    The algorithms are in `gpucal.kernels.interferometry` and `gpucal.steps.parts.interferometry`.
    """

    class_alias = "ami_analyze"
    spec = """
        oversample = integer(default=3, min=1)  # parts of a pixel along each axis, an odd number
        rotation = float(default=0.0)  # angle that a search begins from, degrees; added to those of rotation_search
        psf_offset = string(default='0.0 0.0')  # where the star of the model is in a search, x and y, pixels
        rotation_search = string(default='-3 3 1')  # angles of a search: start, stop, step, degrees
        bandpass = string(default=None)  # ASDF file with weights and wavelengths to use in place of the filter's
        usebp = boolean(default=True)  # leave bad pixels out of the fit
        firstfew = integer(default=None)  # take so many integrations only
        chooseholes = string(default=None)  # take these holes only, such as "B4, B5, B6, C2"
        affine2d = string(default='commissioning')  # distortion: commissioning, an ASDF file, or None to search a turn
        run_bpfix = boolean(default=True)  # repair bad pixels
    """
    reference_file_types = ("throughput", "nrm")
    names_association = True
    input_types = ("ImageModel", "CubeModel")

    def uses(self, exposure):
        """The throughput only if no band is given."""
        return ("nrm",) if self.bandpass else self.reference_file_types

    def process(self, exposure, references):
        """Measure fringes.

        Returns
        -------
        AmiProducts

        Raises
        ------
        GpucalError
            If a parameter cannot be used.
        InputError
            If there is no star in the image, or fewer good pixels than coefficients.
        """
        self.check_parameters()
        holes = holes_of(references["nrm"], self.chooseholes)
        band = band_in_file(self.bandpass) if self.bandpass else band_of(references["throughput"])
        pitch = np.deg2rad(pixel_of(exposure.meta.wcsinfo))
        images = imaging.cubes_of(exposure, self.firstfew)
        median = imaging.median_image(images)
        distortion = distortion_of(self.affine2d) or self.found_turn(exposure, holes, band, pitch)
        images = imaging.without_outliers(images, median)
        images = imaging.about_star(images, median, exposure.source)
        if self.run_bpfix:
            pupil = references["nrm"].array("nrm")
            images = imaging.repaired(images, exposure.meta.instrument.filter, pitch, pupil)
        elif self.usebp and not as_peer():
            images = imaging.without_bad(images)
        finite = current_backend().xp.isfinite(images.data)
        images = images._replace(good=images.good & finite if self.usebp else finite)
        fit = self.fitted(images, holes, distortion, band, pitch, exposure.source)
        return self.products(exposure, images, fit, holes, band, pitch)

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The last parts of the names of the products, in order."""
        return self.suffix or SUFFIXES[0], *SUFFIXES[1:]

    def save(self, exposure, suffix=None, index=None, output_file=None, *, gives=False):
        """Write a product under the suffix of its kind; a suffix of the user is that of the mean."""
        if suffix is None and index is not None:
            suffix, index = self.suffixes[index], None
        return super().save(exposure, suffix, index, output_file, gives=gives)

    def check_parameters(self) -> None:
        """See that parameters can be used.

        Raises
        ------
        GpucalError
            If one cannot.
        """
        if self.oversample % 2 == 0:
            raise GpucalError(f"oversample has to be an odd number, and is {self.oversample}")
        if self.firstfew is not None and self.firstfew < 1:
            raise GpucalError(f"firstfew has to be 1 at least, and is {self.firstfew}")

    def found_turn(self, exposure: Exposure, holes: Holes, band, pitch: float) -> Distortion:
        """The turn of the mask that fits the median image, with its reference rows."""
        try:
            x, y = map(float, self.psf_offset.split())
        except ValueError as error:
            raise GpucalError(f"psf_offset: {self.psf_offset!r} is not x and y in pixels") from error
        whole = imaging.cubes_of(exposure, None, reference_rows=True)
        image = imaging.filled_with_neighbours(imaging.median_image(whole))
        size = min(image.shape)
        sampling = Sampling(size, self.oversample, pitch)
        angles = angles_of(self.rotation_search) + self.rotation
        return turn_that_fits(image[:size, :size], holes, band, sampling, (y, x), angles)

    def fitted(self, images, holes: Holes, distortion: Distortion, band, pitch: float, source: str) -> Fit:
        """The fit of all integrations, as many at once as there is memory for.

        Raises
        ------
        InputError
            If none has enough pixels.
        """
        backend = current_backend()
        xp = backend.xp
        sampling = Sampling(images.data.shape[-1], self.oversample, pitch)
        offsets = backend.asnumpy(star_offsets(imaging.filled_with_neighbours(images.data)), TABLES)
        peaks = sampling.centres(offsets).astype(np.int64) if as_peer() else None
        nplanes = count_planes(len(holes))
        at_once = max(1, PLANES_BYTES // (8 * nplanes * sampling.npix**2))
        parts = []
        for first in range(0, len(offsets), at_once):
            some = slice(first, first + at_once)
            at = None if peaks is None else peaks[some]
            planes = fringe_planes(holes.mask, distortion, band, sampling, offsets[some], at)
            parts.append(fit_planes(planes, *(plane if plane is None else plane[some] for plane in images)))
        fit = Fit(*(None if part[0] is None else xp.concatenate(part) for part in zip(*parts, strict=True)))
        lost = int(xp.isnan(fit.coefficients[:, 0]).sum())
        if lost == len(offsets):
            raise InputError(
                f"{source}: no integration has as many good pixels about the star as are needed, {nplanes}"
            )
        if lost:
            log.warning("%s: %d integrations have too few good pixels about the star", source, lost)
        return fit

    def products(self, exposure: Exposure, images, fit: Fit, holes: Holes, band, pitch: float) -> AmiProducts:
        """What the fit means, as products."""
        asnumpy = current_backend().asnumpy
        closures = Closures(holes)
        covariance = None if as_peer() or fit.covariance is None else asnumpy(fit.covariance, TABLES)
        each = closures.observables(asnumpy(fit.coefficients, TABLES), covariance)
        centre, width = centre_and_width(band)
        field = np.rad2deg(pitch) * 3600.0 * images.data.shape[-1]
        setting = Setting(holes, centre, centre * width, field)
        whole, integrations = times_of(exposure, len(images.data))
        mean = observables_product(exposure, setting, mean_observables(closures, each), whole)
        if self.parent is not None and not self.save_results:
            return AmiProducts(mean)
        multi = observables_product(exposure, setting, each, integrations)
        return AmiProducts(mean, multi, fit_product(exposure, images, fit))


def pixel_of(info) -> float:
    """The size of a pixel, degrees: the mean of both axes."""
    matrix = [[getattr(info, f"cd{row}_{column}") for column in (1, 2)] for row in (1, 2)]
    if all(value is not None for row in matrix for value in row):
        return float(np.hypot(*np.array(matrix, np.float64)).mean())
    if None not in (info.cdelt1, info.cdelt2):
        return 0.5 * (info.cdelt1 + info.cdelt2)
    log.warning("The header tells no size of a pixel: %g degrees are taken", USUAL_PIXEL)
    return USUAL_PIXEL
