"""Light of SOSS that falls beside the subarray, by column and by where the pupil wheel stood.

Source: the ``pathloss`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/pathloss/description.html.
"""

import logging

import numpy as np

from gpucal.backend import current_backend
from gpucal.errors import SkipStep
from gpucal.steps.parts.calibration.spectral_rates import multiply

log = logging.getLogger(__name__)


def correct_soss(exposure, reference, step) -> None:
    """Make up for the light beside the subarray, in place; not in time series, which compare integrations alone.

    Parameters
    ----------
    exposure : Exposure
        An image, or integrations.
    reference : Reference
        Has what part of the light arrives, for each subarray.
    step : Step
        Neither its ``inverse`` nor its ``source_type`` is for SOSS.

    Raises
    ------
    SkipStep
        If it is a time series, one of these is set, the header does not say where the wheel stood, or the reference
        does not have the subarray.
    """
    meta = exposure.meta
    if step.inverse or step.source_type is not None:
        raise SkipStep("of SOSS it is neither undone nor done for a type of source that is given")
    if meta.visit.tsovisit:
        raise SkipStep("time series of SOSS are not corrected for path losses")
    if meta.instrument.pupil_position is None:
        raise SkipStep("the header does not say where the pupil wheel stood (PWCPOS)")
    apertures = [one for one in reference.model.apertures if one.name == meta.subarray.name]
    if not apertures:
        raise SkipStep(f"{reference.label} does not have the subarray {meta.subarray.name}")
    shape = exposure.shape_of("data")[-2:]
    passed = shares_of_columns(apertures[0], meta.instrument.pupil_position, shape[-1])
    plane = current_backend().asarray(np.broadcast_to(passed, shape).copy())
    multiply(exposure, plane.reshape(-1), inverse=True)
    exposure.pathloss_point = plane


def shares_of_columns(aperture, position: float, ncolumns: int) -> np.ndarray:
    """What part of the light of each column arrives, (ncolumns,) float32; 1 where the reference does not reach to.

    Parameters
    ----------
    aperture : node
        Of a pathloss reference: shares by column and position of the wheel, and where these are in its array.
    position : float
        Of the wheel, degrees.
    ncolumns : int
        How many columns.
    """
    shares, wcs = np.asarray(aperture.pointsource_data)[0], aperture.pointsource_wcs
    count, npositions = shares.shape
    passed = np.ones(ncolumns, np.float32)
    place = wcs.crpix1 + (position - wcs.crval1) / wcs.cdelt1 - 1
    if not 0 <= place <= npositions - 2:
        log.warning("The path loss reference does not have the position of the pupil wheel, %g degrees", position)
        return passed
    left = int(place)
    beyond = place - left
    rows = np.floor(wcs.crpix2 + (np.arange(1, ncolumns + 1) - wcs.crval2) / wcs.cdelt2 - 0.5).astype(int)
    within = (rows >= 0) & (rows < count)
    found = shares[rows[within]]
    passed[within] = (1 - beyond) * found[:, left] + beyond * found[:, left + 1]
    return passed
