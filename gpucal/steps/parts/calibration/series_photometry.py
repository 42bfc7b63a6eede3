"""Units of spectra of SOSS, which are calibrated when they are extracted: a factor for each wavelength and order."""

import logging

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.errors import SkipStep
from gpucal.steps.parts.calibration.photometry import change_with_time, find_row, in_words
from gpucal.steps.parts.calibration.response import response_of

log = logging.getLogger(__name__)

FLUX_UNIT = "MJy"

# Columns that are multiplied by the factor, and by its square.
FLUXES = ("FLUX", "FLUX_ERROR", "BACKGROUND", "BKGD_ERROR")
VARIANCES = tuple(f"{of}_VAR_{kind}" for of in ("FLUX", "BKGD") for kind in ("POISSON", "RNOISE", "FLAT"))


def calibrate_series(exposure, reference, step) -> None:
    """Convert the spectra of a series of SOSS to flux, MJy, in place.

    Fluxes at wavelengths that the reference does not have become 0, as in jwst 3.0.0. An order without a row in the
    reference stays as it is, which a warning tells; jwst leaves all orders after it as they are, too.

    Parameters
    ----------
    exposure : Spectra
        A spectrum for each order.
    reference : Reference
        Of the type photom.
    step : PhotomStep
        Has the parameters. ``inverse`` divides; jwst multiplies all the same.

    Raises
    ------
    SkipStep
        If the exposure is not extracted yet, or the reference has a row for none of its orders.
    """
    if exposure.model_type != "TSOMultiSpecModel":
        raise SkipStep("SOSS is calibrated when its spectra are extracted: give the spectra (x1dints)")
    converted = 0
    for spectrum in exposure.spectra:
        order = spectrum["spectral_order"]
        row = find_row(reference, exposure.meta, order=order)
        if row is None:
            log.warning(
                "Order %s stays in DN/s: %s has no row for %s", order, reference.label, in_words(exposure.meta)
            )
            continue
        factor = reference.table("phot_table")[row]["photmj"]
        if step.apply_time_correction:
            factor = factor / change_with_time(reference, row, exposure.meta.exposure.mid_time)
        _convert(spectrum, factor, response_of(reference.table("phot_table")[row], reference.label), step.inverse)
        converted += 1
    if not converted:
        raise SkipStep(f"{reference.label} has no row for the orders of the exposure")


def _convert(spectrum, factor, response, inverse: bool) -> None:
    """Multiply the fluxes of a spectrum, all of its integrations, by a factor and the response; or divide them."""
    factors = factor * np.interp(spectrum.column("WAVELENGTH"), *response, left=np.nan, right=np.nan)
    factors[np.isnan(factors)] = 0.0
    divides = inverse and not as_peer()
    if divides:
        factors = np.divide(1.0, factors, out=np.zeros_like(factors), where=factors != 0)
    unit = "DN/s" if divides else FLUX_UNIT
    squared = "DN^2 / s^2" if divides else f"{FLUX_UNIT}^2"
    for names, values, its_unit in ((FLUXES, factors, unit), (VARIANCES, factors**2, squared)):
        for name in names:
            spectrum.table[name] *= values
            spectrum.units[name] = its_unit
