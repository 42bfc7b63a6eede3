"""Extraction of slits: apertures placed, all slits of a kind summed or fitted in one go."""

import logging
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import PRODUCTS, TABLES
from gpucal.kernels.spectra import apertures as weighing
from gpucal.kernels.spectra.apertures import aperture_weights, line_sums
from gpucal.kernels.spectra.background import Background, median_background, polynomial_background
from gpucal.kernels.spectra.box import Extracted, sum_apertures
from gpucal.kernels.spectra.fitting import Solution, Terms, fit_lines
from gpucal.kernels.spectra.lines import Lines, lines_of
from gpucal.kernels.spectra.optimal import fitted_spectra
from gpucal.kernels.spectra.planes import Planes
from gpucal.kernels.spectra.scene import scene_of_fits, scene_of_sums
from gpucal.steps.parts.extraction.apertures import Aperture
from gpucal.steps.parts.extraction.source_location import Location, SlitGeometry

log = logging.getLogger(__name__)

PLANES = ("err", "var_poisson", "var_rnoise", "var_flat", "dq")


@dataclass
class SlitJob:
    """A slit that is extracted.

    Attributes
    ----------
    slit : Slit
    aperture : Aperture
    geometry : SlitGeometry
    direction : int
        The dispersion axis.
    order : int
        The spectral order.
    entry : dict or None
        What the reference says of its aperture.
    name : str
        What the product calls it.
    location : Location or None
        Where its source is.
    profiles : list of (ny, nx) arrays
        Of a slit to which profiles are fitted: of the source, and of a second trace, on the backend.
    notes : list of str
        What could not be done.
    """

    slit: object
    aperture: Aperture
    geometry: SlitGeometry
    direction: int
    order: int
    entry: dict | None
    name: str
    location: Location | None = None
    profiles: list = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def kind(self) -> tuple:
        """Slits of one kind are extracted together."""
        if self.aperture.is_optimal:
            return "optimal", len(self.profiles)
        if self.aperture.background_regions:
            return self.aperture.fit, 1
        return "plain", 1


class Placed(NamedTuple):
    """Slits of one kind with their apertures.

    Attributes
    ----------
    jobs : list of SlitJob
    lines : Lines
    first : (nslits + 1,) int64 array
        The first line of each slit, and the end; on the host.
    wavelength : (npixels,) float64 array
    weights : (npixels,) float64 array
        The part of each pixel that counts.
    sums : (4, nlines) float64 array
        Sums of these weights, see `gpucal.kernels.spectra.apertures.SUMS`; on the host.
    """

    jobs: list[SlitJob]
    lines: Lines
    first: np.ndarray
    wavelength: object
    weights: object
    sums: np.ndarray

    def of(self, values: np.ndarray, number: int) -> np.ndarray:
        """The part of values by line that belongs to a slit."""
        return values[..., self.first[number] : self.first[number + 1]]


class Result(NamedTuple):
    """What came of slits of one kind.

    Attributes
    ----------
    placed : Placed
    found : Extracted
        Sums or amplitudes, on the host.
    images : tuple of two (nvalues,) float32 arrays, or None
        The model of the pixels, and what is left of these.
    nints : int
    """

    placed: Placed
    found: Extracted
    images: tuple | None
    nints: int


def lines_of_jobs(jobs: list[SlitJob]) -> tuple[Lines, np.ndarray]:
    """The lines of slits, and the first of each slit."""
    sizes = np.array([job.slit.shape_of("data")[-2:] for job in jobs], np.int64).reshape(-1, 2)
    lengths = sizes[:, 0] * sizes[:, 1]
    windows = np.column_stack([np.cumsum(lengths) - lengths, sizes])
    counts = [job.geometry.nlines for job in jobs]
    return lines_of(windows, [job.direction for job in jobs]), np.concatenate([[0], np.cumsum(counts)])


def wavelengths_of(jobs: list[SlitJob]):
    """The wavelengths of all pixels, packed: those that slits hold or, where they hold none, of their WCS."""
    xp = current_backend().xp
    return xp.concatenate([_wavelength_of(job.slit, xp).reshape(-1) for job in jobs])


def _wavelength_of(slit, xp):
    if slit.has("wavelength") and slit.wavelength.size and bool((slit.wavelength != 0).any()):
        return slit.wavelength.astype(np.float64)
    return xp.ascontiguousarray(slit.world[2])


def follow_sources(jobs: list[SlitJob]) -> None:
    """Move apertures to their sources, and by the offset that is asked for."""
    located = [job for job in jobs if job.location is not None]
    if located:
        lines, first = lines_of_jobs(located)
        wavelength = wavelengths_of(located)
        weights = aperture_weights(lines, _packed(located, lines, first), wavelength, False)
        sums = current_backend().asnumpy(line_sums(lines, weights, wavelength), TABLES)
        for number, job in enumerate(located):
            line = first[number] + job.location.line
            total = sums[weighing.WEIGHTS, line]
            rows = job.geometry.shape[0 if job.geometry.along_x else 1]
            nominal = sums[weighing.PLACES, line] / total if total else (rows - 1) / 2
            offset = job.location.across - nominal
            log.info(
                "Slit %s: the source is at %.2f, pixel %d, %.4g micron; the aperture is moved by %.2f pixels",
                job.name, job.location.across, job.location.line, job.location.wavelength, offset,
            )
            job.aperture.move(offset)
            job.aperture.trace = job.location.trace.copy()
    for job in jobs:
        if job.aperture.offset:
            log.info("Slit %s: the aperture is moved by %.2f pixels, as asked for", job.name, job.aperture.offset)
            job.aperture.move(job.aperture.offset)
            if job.aperture.trace is not None:
                job.aperture.trace += job.aperture.offset


def _packed(jobs: list[SlitJob], lines: Lines, first: np.ndarray, background: bool = False) -> weighing.Aperture:
    """The apertures of slits, as a kernel takes them."""
    regions = [job.aperture.background_regions if background else job.aperture.regions for job in jobs]
    count = sum(map(len, regions))
    most = max((len(limit) for of_slit in regions for region in of_slit for limit in region), default=1)
    limits, trace = np.zeros((count, 2, most)), np.zeros(lines.count)
    flat = [region for of_slit in regions for region in of_slit]
    for row, (low, high) in zip(limits, flat, strict=True):
        row[0, : len(low)], row[1, : len(high)] = low, high
    by_wavelength, span, partial = [], [], []
    for number, (job, of_slit) in enumerate(zip(jobs, regions, strict=True)):
        aperture = job.aperture
        polynomial = aperture.background if background else aperture.source
        by_wavelength += [aperture.by_wavelength and polynomial is not None] * len(of_slit)
        span.append((max(0, int(np.ceil(aperture.along[0]))), int(np.floor(aperture.along[1]))))
        partial.append(not (background and aperture.fit == "median"))
        if aperture.has_trace and not background:
            trace[first[number] : first[number + 1]] = aperture.trace
    begins = np.concatenate([[0], np.cumsum([len(of_slit) for of_slit in regions])]).astype(np.int64)
    arrays = begins, np.array(by_wavelength, bool), limits, trace, np.array(span, np.int64), np.array(partial, bool)
    backend = current_backend()
    return weighing.Aperture(*(backend.asarray(array, TABLES) for array in arrays), count)


def place(jobs: list[SlitJob]) -> Placed:
    """The apertures of slits of one kind."""
    lines, first = lines_of_jobs(jobs)
    wavelength, xp = wavelengths_of(jobs), current_backend().xp
    if jobs[0].aperture.is_optimal:
        weights = xp.concatenate([job.profiles[0].reshape(-1) for job in jobs])
        weights = xp.where(xp.isfinite(wavelength), weights, 0.0)
    else:
        weights = aperture_weights(lines, _packed(jobs, lines, first), wavelength, True)
    sums = current_backend().asnumpy(line_sums(lines, weights, wavelength), TABLES)
    return Placed(jobs, lines, first, wavelength, weights, sums)


def extract(placed: Placed, keeps_images: bool) -> Result:
    """Extract slits of one kind.

    Parameters
    ----------
    placed : Placed
    keeps_images : bool
        Whether to make images of what was extracted.
    """
    planes = planes_of(placed.jobs)
    if placed.jobs[0].aperture.is_optimal:
        terms = _optimal_terms(placed)
        solution: Solution = fit_lines(placed.lines, planes, terms)
        found = fitted_spectra(placed.lines, planes, terms, solution)
        images = scene_of_fits(placed.lines, planes, terms, solution) if keeps_images else None
    else:
        terms = _background_terms(placed)
        background = _background(placed, planes, terms)
        found = sum_apertures(placed.lines, planes, placed.weights, terms, background)
        arguments = placed.lines, planes, placed.weights, terms, background, found
        images = scene_of_sums(*arguments) if keeps_images else None
    backend = current_backend()
    return Result(placed, Extracted(*(backend.asnumpy(one, PRODUCTS) for one in found)), images, planes.nints)


def planes_of(jobs: list[SlitJob]) -> Planes:
    """The planes of slits, packed. One that a slit lacks, or that does not fit its pixels, is as if it were 0."""
    xp = current_backend().xp
    shapes = [job.slit.shape_of("data") for job in jobs]
    packed = {"data": xp.concatenate([job.slit.data.reshape(-1) for job in jobs]) if len(jobs) > 1 else None}
    if len(jobs) == 1:
        packed["data"] = jobs[0].slit.data.reshape(-1)
    for name in PLANES:
        kind = np.uint32 if name == "dq" else np.float32
        fitting = [job.slit.shape_of(name) == shape for job, shape in zip(jobs, shapes, strict=True)]
        if not any(fitting):
            packed[name] = xp.zeros(0, kind)
        elif len(jobs) == 1:
            packed[name] = getattr(jobs[0].slit, name).reshape(-1)
        else:
            packed[name] = xp.concatenate(
                [
                    getattr(job.slit, name).reshape(-1) if fits else xp.zeros(int(np.prod(shape)), kind)
                    for job, shape, fits in zip(jobs, shapes, fitting, strict=True)
                ]
            )
    return Planes(**packed, nints=shapes[0][0] if len(shapes[0]) == 3 else 1)


def _background_terms(placed: Placed) -> Terms:
    """Polynomials of the background, and the regions that it is measured in."""
    backend, kind = current_backend(), placed.jobs[0].kind[0]
    smoothing = np.array([job.aperture.smoothing for job in placed.jobs], np.int64)
    powers = np.zeros(len(placed.jobs), np.int64)
    region = backend.xp.zeros(0)
    if kind != "plain":
        powers[:] = 1 if kind == "median" else [job.aperture.order + 1 for job in placed.jobs]
        packed = _packed(placed.jobs, placed.lines, placed.first, background=True)
        region = aperture_weights(placed.lines, packed, placed.wavelength, False)
    profiles = backend.xp.zeros((0, placed.lines.npixels))
    arrays = (backend.asarray(array, TABLES) for array in (powers, smoothing))
    powers_there, smoothing_there = arrays
    return Terms(powers_there, profiles, region, smoothing_there, int(powers.max()))


def _background(placed: Placed, planes: Planes, terms: Terms) -> Background:
    kind = placed.jobs[0].kind[0]
    if kind == "plain":
        nothing = current_backend().xp.zeros((planes.nints * placed.lines.count, 0))
        return Background(nothing, nothing)
    maker = median_background if kind == "median" else polynomial_background
    return maker(placed.lines, planes, terms, placed.weights)


def _optimal_terms(placed: Placed) -> Terms:
    """Profiles, and the background that is fitted with them."""
    backend, xp = current_backend(), current_backend().xp
    known = xp.isfinite(placed.wavelength)
    nprofiles = len(placed.jobs[0].profiles)
    profiles = xp.empty((nprofiles, placed.lines.npixels), np.float64)
    for number in range(nprofiles):
        packed = xp.concatenate([job.profiles[number].reshape(-1) for job in placed.jobs])
        profiles[number] = xp.where(known, packed, 0.0)
    powers = np.array([job.aperture.order + 1 if job.aperture.subtracts else 0 for job in placed.jobs], np.int64)
    region = xp.zeros(0)
    if any(job.aperture.background_regions for job in placed.jobs):
        packed = _packed(placed.jobs, placed.lines, placed.first, background=True)
        region = aperture_weights(placed.lines, packed, placed.wavelength, False)
    smoothing = np.zeros(len(powers), np.int64)
    return Terms(
        backend.asarray(powers, TABLES), profiles, region, backend.asarray(smoothing, TABLES), int(powers.max())
    )
