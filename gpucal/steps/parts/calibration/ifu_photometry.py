"""From rates of the integral field of NIRSpec to surface brightness.

Source: the ``photom`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/photom/main.html.
"""

import logging

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.backend.traffic import REFERENCES
from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import NON_SCIENCE
from gpucal.kernels.spectra.lookup import look_up, pack_tables
from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.parts.calibration.ifu_flats import rectangles_of
from gpucal.steps.parts.calibration.photometry import change_with_time, photometry_row
from gpucal.steps.parts.calibration.pixel_areas import SQUARE_ARCSEC
from gpucal.steps.parts.calibration.response import response_of
from gpucal.steps.parts.calibration.spectral_rates import first_table, multiply, packing_of_image

log = logging.getLogger(__name__)

# Beyond all wavelengths, micron: there the response is that at the nearest one of its table.
_SHORTER, _LONGER = 0.0, 1e6


def convert_ifu(exposure: Exposure, reference: Reference, areas: Reference | None, step) -> np.floating:
    """Multiply the rates by the factor of each pixel, in place.

    Pixels in no slice stay as they are, and are flagged as no science.

    Parameters
    ----------
    exposure : Exposure
        With world coordinates.
    reference : Reference
        Factors for fluxes, and the response by wavelength.
    areas : Reference or None
        The areas of pixels, by slice.
    step : Step
        Its ``inverse`` divides; its ``apply_time_correction`` is for changes of throughput.

    Returns
    -------
    floating
        MJy/sr for a rate of 1 DN/s at a response of 1 and the mean area of pixels, which is kept with the exposure.

    Raises
    ------
    SkipStep
        If the reference has no row for the exposure.
    ReferenceFileError
        If there are no areas of pixels, or not of each slice.
    MissingWcsError, NoSlicesError
        If the exposure has no world coordinates, or others.
    """
    row = photometry_row(reference, exposure.meta)
    flux, change = reference.table("phot_table")[row]["photmj"], np.float64(1)
    if step.apply_time_correction and not as_peer():
        change = change_with_time(reference, row, exposure.meta.exposure.mid_time)
        log.info("The throughput is %.6g of that of the reference", change)
    if areas is None:
        raise ReferenceFileError(f"{exposure.source}: has no area reference, and fluxes are not spread without it")
    slices = exposure.ifu_slices
    by_number, mean = areas_of(areas)
    missing = [str(number - 1) for number in slices.numbers if number - 1 not in by_number]
    if missing:
        raise ReferenceFileError(f"{areas.label}: has no areas of pixels of slices {', '.join(missing)}")
    by_slice = np.ones(max(slices.numbers, default=0) + 1)
    for number in slices.numbers:
        by_slice[number] = np.float64(flux) / change / (by_number[number - 1] * SQUARE_ARCSEC)
    wavelength = slices.world[2].astype(np.float32)
    wavelengths, response = response_of(reference.table("phot_table")[row], reference.label)
    everywhere = np.array([_SHORTER, *wavelengths, _LONGER]), np.array([response[0], *response, response[-1]])
    found = look_up(wavelength.reshape(-1), pack_tables([everywhere]), first_table(), packing_of_image(exposure))
    backend = current_backend()
    labels = with_those_of_rectangles(slices) if as_peer() else slices.labels
    factors = backend.asarray(by_slice, REFERENCES)[labels] * found.reshape(wavelength.shape)
    is_outside = ~backend.xp.isfinite(wavelength)
    factors[is_outside] = 1.0
    exposure.dq[is_outside] |= np.uint32(NON_SCIENCE)
    multiply(exposure, factors.reshape(-1), step.inverse)
    kept = exposure.meta.photometry
    kept.pixelarea_arcsecsq, kept.pixelarea_steradians = mean, mean * SQUARE_ARCSEC
    factor = flux / kept.pixelarea_steradians
    return factor if change == 1.0 else factor / change


def with_those_of_rectangles(slices):
    """Which slice's area jwst takes for each pixel: of those whose rectangles it is in, the last one.

    Returns
    -------
    (ny, nx) int32 array
        On the backend; 0 where there is no slice.
    """
    labels = slices.labels.copy()
    for number, rectangle in zip(slices.numbers, rectangles_of(slices), strict=True):
        within = labels[slice(*rectangle.rows), slice(*rectangle.columns)]
        within[within > 0] = number
    return labels


def areas_of(areas: Reference) -> tuple[dict[int, float], float]:
    """The areas of the pixels of slices, square arcsec, by the number of the slice from 0; and their mean.

    Raises
    ------
    ReferenceFileError
        If it is no reference of slices.
    """
    table = areas.table("area_table")
    if table is None or not {"slice_id", "pixarea"} <= set(table.dtype.names):
        raise ReferenceFileError(f"{areas.label}: lacks the columns slice_id, pixarea of areas of pixels")
    by_number = dict(zip(table["slice_id"].tolist(), table["pixarea"].tolist(), strict=True))
    return by_number, float(np.nanmean(table["pixarea"]))
