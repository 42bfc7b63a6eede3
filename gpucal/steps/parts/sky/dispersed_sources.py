"""Which pixels of a field of spectra are outside of the spectra of all known sources."""

import logging

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.steps.parts.slitless.boxes import on_detector, traced, whole_pixels
from gpucal.steps.parts.slitless.companions import CATALOG, KINDS, companion
from gpucal.steps.parts.slitless.selecting import bright_enough
from gpucal.steps.parts.slitless.sources import read_sources
from gpucal.steps.parts.slitless.wavelength_ranges import all_ranges, extracted_ranges

log = logging.getLogger(__name__)


def outside_sources(exposure, reference, faintest: float | None):
    """A mask of the background: False in the boxes of the spectra of the sources of the catalog.

    All orders are masked that the wavelengthrange reference has. jwst 3.0.0 masks those that are extracted, and leaves
    the light of the others in the background.

    Parameters
    ----------
    exposure : Exposure
        A field of spectra with coordinates.
    reference : Reference
        Of type ``wavelengthrange``.
    faintest : float, optional
        AB magnitude; fainter sources are not masked.

    Returns
    -------
    (ny, nx) bool array
        On the backend; True throughout if the exposure has no catalog.

    Raises
    ------
    InputError
        If its catalog cannot be found or read.
    """
    shape = exposure.shape_of("data")
    mask = np.ones(shape, bool)
    if not exposure.membership.of_role(CATALOG) and not getattr(exposure.meta, KINDS[CATALOG].name):
        log.warning("%s has no catalog of sources: all pixels count as background", exposure.source)
        return current_backend().asarray(mask, TABLES)
    sources = bright_enough(read_sources(companion(exposure, CATALOG)), faintest)
    ranges = (extracted_ranges if as_peer() else all_ranges)(exposure, reference)
    boxes = whole_pixels(traced(exposure.get_wcs(), sources, ranges).edges)
    direction = exposure.meta.wcsinfo.dispersion_direction
    for left, right, lower, upper in np.maximum(boxes[on_detector(boxes, shape, direction)], 0):
        mask[lower : upper + 1, left : right + 1] = False
    log.info("%d sources are masked, in orders %s", len(sources.label), ", ".join(map(str, ranges)))
    return current_backend().asarray(mask, TABLES)
