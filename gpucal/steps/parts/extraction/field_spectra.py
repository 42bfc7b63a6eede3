"""The spectra of all sources of a field without slits: sums over the whole box of each, all at once.

Source: the ``extract_1d`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_1d/description.html.
"""

import logging
from collections.abc import Sequence

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.data.flat_spectra import empty_table, fill
from gpucal.data.members import group_of
from gpucal.data.spectrum import Spectrum, layout_of
from gpucal.kernels.spectra.lines import ALONG_X
from gpucal.steps.parts.extraction.aperture_correction import (
    ApertureCorrection,
    NoCorrectionError,
    correction_for,
)
from gpucal.steps.parts.extraction.apertures import Aperture, source_type_of
from gpucal.steps.parts.extraction.lines import Result, SlitJob, extract, place
from gpucal.steps.parts.extraction.products import save_images
from gpucal.steps.parts.extraction.source_location import SlitGeometry
from gpucal.steps.parts.extraction.spectrum_tables import (
    Calibration,
    columns_from,
    correct,
    wavelengths_of_all,
)

log = logging.getLogger(__name__)

MODEL = "WFSSMultiSpecModel"

# Columns of the table that are values of a source, and what these are called.
OF_SOURCES = ("source_type", "source_xpos", "source_ypos", "source_ra", "source_dec")


def spectra_of_field(step, exposure, apcorr) -> list[Spectrum]:
    """The spectra of all sources of an exposure, a table for each spectral order.

    Parameters
    ----------
    step : Extract1dStep
    exposure : Exposure
        Of type ``MultiSlitModel``: the box of each source.
    apcorr : Reference or None
        What apertures leave out.

    Returns
    -------
    list of Spectrum
        In the order in which orders appear. Each table has a row for each source, by its number, also for those that
        have no spectrum of this order; see `gpucal.data.flat_spectra`.
    """
    jobs = jobs_of(exposure)
    if not jobs:
        return []
    result = extract(place(jobs), step.save_scene_model or step.save_residual_image)
    save_images(step, exposure, result)
    wavelength = wavelengths_of_all(result.placed.sums)
    is_calibrated = str(exposure.meta.cal_step.photom).upper() == "COMPLETE"
    if not is_calibrated:
        log.warning("%s: photom has not been run: fluxes are rates, DN/s", exposure.source)
    calibration = Calibration(is_calibrated, False, areas_of_lines(result, is_calibrated))
    columns = columns_from(result.found._asdict(), calibration, is_optimal=False)
    if apcorr is not None:
        correct(columns, corrections(result, wavelength, columns["NPIXELS"][0], exposure, apcorr))
    lines = {"WAVELENGTH": wavelength, **{name: column[0] for name, column in columns.items()}}
    units = {**dict(layout_of(MODEL).units), **calibration.units()}
    return tables_of(result, lines, exposure, units)


def jobs_of(exposure) -> list[SlitJob]:
    """The boxes that can be extracted, each as a whole."""
    jobs = []
    for slit in exposure.slits:
        direction, order = slit["meta.wcsinfo.dispersion_direction"], slit["meta.wcsinfo.spectral_order"]
        if order == 0:
            log.info("Source %s: spectral order 0 is a direct image, and is not extracted", slit.name)
            continue
        if direction is None:
            log.warning("Source %s is not extracted: along which axis it is dispersed is not told", slit.name)
            continue
        ny, nx = slit.shape_of("data")[-2:]
        along, across = (nx, ny) if direction == ALONG_X else (ny, nx)
        aperture = Aperture((0, along - 1), (0, across - 1))
        jobs.append(SlitJob(slit, aperture, SlitGeometry(slit, direction), direction, order or 1, None, slit.name))
    return jobs


def areas_of_lines(result: Result, is_calibrated: bool) -> np.ndarray:
    """The area of a pixel on each line, steradian; 1 where it is not known, which is told."""
    areas = [job.slit["meta.photometry.pixelarea_steradians"] for job in result.placed.jobs]
    if is_calibrated and (missing := areas.count(None)):
        log.warning("Of %d spectra the area of a pixel is not known (PIXAR_SR): fluxes are not right", missing)
    return np.repeat([1.0 if area is None else area for area in areas], np.diff(result.placed.first))


def corrections(result: Result, wavelength, npixels, exposure, apcorr) -> np.ndarray:
    """The factors of an aperture correction on each line: of point sources, where the reference has them."""
    factors = np.ones(len(wavelength))
    common: ApertureCorrection | None = None
    for number, job in enumerate(result.placed.jobs):
        if source_type_of(job.slit) != "POINT":
            continue
        own = slice(*result.placed.first[number : number + 2])
        known = np.isfinite(wavelength[own])
        if not known.any():
            continue
        try:
            if common is None or not common.is_in_pixels:
                where = job.slit["source_ra"], job.slit["source_dec"], wavelength[own][known].min()
                common = correction_for(apcorr, exposure.meta, job.slit, job.geometry, where, by_slit=False)
        except NoCorrectionError as error:
            log.warning("%s: what apertures leave out is not corrected: %s", exposure.source, error)
            return factors
        factors[own][known] = common.at(wavelength[own][known], npixels[own][known])
    return factors


def tables_of(result: Result, lines: dict[str, np.ndarray], exposure, units: dict[str, str]) -> list[Spectrum]:
    """A table for each spectral order, of the columns of all lines."""
    jobs, first = result.placed.jobs, result.placed.first
    known = np.isfinite(lines["WAVELENGTH"])
    counts = np.add.reduceat(known.astype(np.int64), first[:-1])
    for job, count in zip(jobs, counts, strict=True):
        if not count:
            log.warning("Source %s is not extracted: no pixel of its box has a wavelength", job.name)
    usable = [number for number, count in enumerate(counts) if count]
    sources = np.unique([jobs[number].slit["source_id"] for number in usable])
    made = []
    for order in dict.fromkeys(jobs[number].order for number in usable):
        numbers = [number for number in usable if jobs[number].order == order]
        table = empty_table(MODEL, sources, int(counts[numbers].max()))
        rows = np.searchsorted(sources, [jobs[number].slit["source_id"] for number in numbers])
        inside = known & np.repeat(np.isin(np.arange(len(jobs)), numbers), np.diff(first))
        fill(table, rows, counts[numbers], {name: column[inside] for name, column in lines.items()})
        describe(table, rows, [jobs[number].slit for number in numbers])
        values = values_of(order, jobs[usable[0]].direction, exposure)
        made.append(Spectrum(values, table, dict(units)))
    return made


def describe(table: np.ndarray, rows: np.ndarray, slits: Sequence) -> None:
    """Write what is told of sources, and where their boxes are, into rows of a table."""
    for row, slit in zip(rows, slits, strict=True):
        for name in OF_SOURCES:
            if (value := slit[name]) is not None:
                table[name.upper()][row] = value
        for axis in "xy":
            start, size = slit[f"{axis}start"], slit[f"{axis}size"]
            if start is not None and size is not None:
                table[f"EXTRACT2D_{axis.upper()}START"][row] = start
                table[f"EXTRACT2D_{axis.upper()}STOP"][row] = start + size


def values_of(order: int, direction: int, exposure) -> dict:
    """What the header of a table tells of its exposure."""
    meta, group = exposure.meta, group_of_exposure(exposure)
    values = {
        "filename": meta.filename,
        "group_id": None if group is None else f"{group}_{order}",
        "dispersion_direction": direction,
        "spectral_order": order,
        "exposure_time": meta.exposure.exposure_time,
        "integration_time": meta.exposure.integration_time,
    }
    return {name: value for name, value in values.items() if value is not None}


def group_of_exposure(exposure) -> str | None:
    """What tells an exposure of a detector; None where the header does not. In jwst 3.0.0 all detectors are one."""
    group, detector = group_of(exposure), exposure.meta.instrument.detector
    return group if group is None or as_peer() or not detector else f"{group}_{detector.lower()}"
