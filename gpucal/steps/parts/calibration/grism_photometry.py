"""From rates of spectra without slits to surface brightness: of fields of many sources, and of series of one.

Source: the ``photom`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/photom/main.html.
"""

import logging

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.data import Exposure
from gpucal.data.slits import Slits, slits_of
from gpucal.errors import SkipStep
from gpucal.kernels.spectra.conversion import flag_without_factor
from gpucal.kernels.spectra.dispersed_conversion import dispersed_factors
from gpucal.kernels.spectra.lookup import pack_tables
from gpucal.kernels.spectra.windows import packing_of
from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.parts.calibration.photometry import change_with_time, find_row, in_words
from gpucal.steps.parts.calibration.pixel_area_map import areas_of, keep_pixel_area
from gpucal.steps.parts.calibration.response import response_of
from gpucal.steps.parts.calibration.slit_corrections import on_backend, packed_rates, scale_slits
from gpucal.steps.parts.calibration.slit_photometry import Factor, tell_units
from gpucal.steps.parts.calibration.slit_wavelengths import packed_wavelengths

log = logging.getLogger(__name__)

# What a rate of 1 DN/s in a pixel that spans 1 micron is.
UNIT = "MJy micron s / (DN sr)"


def calibrate_grism(exposure: Exposure, reference: Reference, area: Reference | None, step) -> None:
    """Multiply the rates of spectra by the factors of a reference, in place.

    Parameters
    ----------
    exposure : Exposure
        With the spectra of all sources, each cut out, and with wavelengths. Pixels at wavelengths beyond the response
        are not to be used afterwards.
    reference : Reference
        Factors, and the response by wavelength, by filter, pupil and spectral order.
    area : Reference or None
        The area of pixels.
    step : PhotomStep
        With its parameters.

    Raises
    ------
    SkipStep
        If nothing can be calibrated.
    ReferenceFileError
        If the unit of the factors is no such unit.
    """
    slits = slits_of(exposure)
    keep_areas(exposure, slits, reference, area)
    orders = [slit["meta.wcsinfo.spectral_order"] for slit in slits]
    by_order, reasons = {}, {}
    for order in dict.fromkeys(orders):
        found = factor_of(order, exposure, slits, reference, step)
        (reasons if isinstance(found, str) else by_order)[order] = found
    for order, reason in reasons.items():
        log.warning(
            "%d spectra of order %s go on without flux calibration: %s", orders.count(order), order, reason
        )
    known = [place for place, order in enumerate(orders) if order in by_order]
    if not known:
        raise SkipStep("no spectrum can be calibrated")
    log.info("%d of %d spectra calibrated", len(known), len(slits))
    kept, factors = slits.part(known), [by_order[orders[place]] for place in known]
    converted = factors_by_pixel(kept, factors, reference, is_field=exposure.model_type == "MultiSlitModel")
    flag_without_factor(packed_rates(kept).dq, converted)
    scale_slits(kept, converted, divide=step.inverse)
    tell_units(exposure, kept, factors, step.inverse)


def keep_areas(exposure: Exposure, slits: Slits, reference: Reference, area: Reference | None) -> None:
    """Keep the area of a pixel with each spectrum; the map of it with those that are no boxes of a field."""
    if exposure.model_type != "MultiSlitModel":
        keep_pixel_area(exposure, reference, area)
        return
    for name, value in areas_of(reference, area).items():
        for slit in slits:
            slit[f"meta.photometry.{name}"] = value
    if area is not None and as_peer() and len(slits):
        slits[0].area = area.array("data").copy()


def factor_of(order: int, exposure: Exposure, slits: Slits, reference: Reference, step) -> Factor | str:
    """The scalar factor of a spectral order, or why there is none."""
    meta = exposure.meta
    row = find_row(reference, meta, order=order)
    if row is None:
        return f"{reference.label} has no row for {in_words(meta)}, order {order}"
    own, unit = step.factor_of(
        reference.table("phot_table")[row], slits[0]["meta.photometry.pixelarea_steradians"]
    )
    if step.apply_time_correction:
        change = change_with_time(reference, row, meta.exposure.mid_time)
        if change != 1.0:
            log.info("The throughput of order %s is %.6g of that of the reference", order, change)
            own = own / change
    return Factor(row, own, own, unit)


def factors_by_pixel(slits: Slits, factors: list[Factor], reference: Reference, is_field: bool):
    """The factor of each pixel, packed."""
    rows = sorted({factor.row for factor in factors})
    table = reference.table("phot_table")
    responses = pack_tables([response_of(table[row], reference.label) for row in rows])
    which = on_backend([rows.index(factor.row) for factor in factors], np.int64)
    scale = unit_scale(reference) if is_field else 1.0
    scalars = on_backend([factor.own * scale for factor in factors], np.float64)
    direction = on_backend([slit["meta.wcsinfo.dispersion_direction"] for slit in slits], np.int64)
    wavelength = packed_wavelengths(slits)
    if as_peer():  # jwst 3.0.0 takes pixels without wavelength for ones of -1 micron
        xp = current_backend().xp
        wavelength = xp.where(xp.isnan(wavelength), wavelength.dtype.type(-1), wavelength)
    return dispersed_factors(wavelength, direction, responses, which, scalars, packing_of(slits.windows))


def unit_scale(reference: Reference) -> float:
    """From the unit of the factors of a reference (PHOTUNIT) to `UNIT`; 1 where it does not tell one.

    Raises
    ------
    ReferenceFileError
        If it is another kind of unit.
    """
    told = getattr(reference.outline.model, "phot_unit", None)
    if told is None or told == UNIT:
        return 1.0
    from astropy import units  # of no use to most runs

    try:
        return float(units.Unit(told).to(units.Unit(UNIT)))
    except ValueError as error:
        raise ReferenceFileError(
            f"photom reference {reference.label}: PHOTUNIT {told!r} is no unit that can become {UNIT!r}"
        ) from error
