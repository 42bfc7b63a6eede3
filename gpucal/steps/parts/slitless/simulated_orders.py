"""Which spectral orders of a field are simulated, of which sources, and how the detector responds in each.

Source: the wfss_contam page of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/wfss_contam/description.html.
"""

import logging

import numpy as np

from gpucal.data import Exposure
from gpucal.errors import GpucalError, SkipStep
from gpucal.reference import Reference
from gpucal.steps.parts.calibration.grism_photometry import unit_scale
from gpucal.steps.parts.calibration.photometry import find_row
from gpucal.steps.parts.calibration.response import response_of
from gpucal.steps.parts.slitless.companions import CATALOG, companion
from gpucal.steps.parts.slitless.simulation import Order
from gpucal.steps.parts.slitless.sources import Sources, read_sources
from gpucal.steps.parts.slitless.wavelength_ranges import all_ranges
from gpucal.wcs.modes.grisms import orders_of
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

# The order whose response a limit of magnitudes is meant for, and those that it counts for as it is.
FIRST, AS_FIRST = 1, (0, 1)


def simulated_orders(exposure: Exposure, wcs: Wcs, references, step) -> list[Order]:
    """The orders that all references tell of, and that the user asks for.

    Parameters
    ----------
    exposure : Exposure
    wcs : Wcs
        Of the dispersed image, or of a box of it.
    references : StepReferences
        Of types ``photom`` and ``wavelengthrange``.
    step : WfssContamStep
        With its parameters.

    Raises
    ------
    SkipStep
        If there is none, or no source is bright enough in any.
    GpucalError
        If the user asks for what is no order.
    """
    ranges = all_ranges(exposure, references["wavelengthrange"], asked_orders(step.orders))
    responses = {order: response(exposure, references["photom"], order) for order in {*ranges, FIRST}}
    there = [order for order in sorted(ranges) if order in orders_of(wcs) and responses[order] is not None]
    for order in sorted(set(ranges).difference(there)):
        log.warning("Order %d is not simulated: the specwcs or the photom reference has none", order)
    if not there:
        raise SkipStep("none of the spectral orders is in all references")
    if step.magnitude_limit is None:
        return [Order(order, ranges[order], responses[order]) for order in there]
    sources, first = read_sources(companion(exposure, CATALOG)), responses[FIRST]
    bright = {order: _brighter(sources, step.magnitude_limit, order, responses[order], first) for order in there}
    made = [Order(order, ranges[order], responses[order], bright[order]) for order in there if len(bright[order])]
    if not made:
        raise SkipStep(f"no source is brighter than magnitude_limit, {step.magnitude_limit:g}")
    return made


def asked_orders(given) -> list[int] | None:
    """The orders that a user asks for; None for all.

    Raises
    ------
    GpucalError
        If one is none.
    """
    try:
        return [int(one) for one in given] if given else None
    except (TypeError, ValueError) as error:
        raise GpucalError(f"orders: {', '.join(map(str, given))} are not all spectral orders") from error


def response(exposure: Exposure, photom: Reference, order: int):
    """Wavelengths, micron, and MJy/sr micron for 1 DN/s at these; None where the reference has no row for an order."""
    row = find_row(photom, exposure.meta, order=order)
    if row is None:
        return None
    line = photom.table("phot_table")[row]
    wavelength, relative = response_of(line, photom.label)
    return wavelength.astype(np.float64), relative * (unit_scale(photom) * float(line["photmjsr"]))


def _brighter(sources: Sources, limit: float, order: int, own, first) -> np.ndarray:
    """The labels of sources brighter than a limit, which is moved by how much better the detector sees order 1."""
    if order not in AS_FIRST and first is not None:
        limit = limit + 2.5 * np.log10(_least(first) / _least(own))
    found = sources.label[sources.magnitude < limit]
    log.info("Order %d: %d sources are brighter than %.1f", order, len(found), limit)
    return found


def _least(response) -> float:
    """The smallest factor, where the detector sees most."""
    wavelength, value = response
    return value[(wavelength > 0) & (value > 0)].min()
