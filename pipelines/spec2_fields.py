"""What stage 2 does for spectra without slits beside its steps.

Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_spec2.html.
"""

import logging

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.core.run.references import RunReferences
from gpucal.data import Exposure
from gpucal.errors import GpucalError
from gpucal.reference import Reference

log = logging.getLogger(__name__)

# Reference pixels at each edge, which have no gain.
EDGE = 4


def save_electron_rates(pipeline, exposure: Exposure, references: RunReferences) -> None:
    """Save an exposure in electrons per second: multiplied by the mean gain of the detector.

    Parameters
    ----------
    pipeline : Pipeline
        Names the product.
    exposure : Exposure
        Rates, DN/s; they stay as they are.
    references : RunReferences
        Those of the run.

    Raises
    ------
    GpucalError
        If there is no gain reference.
    """
    gain = mean_gain(gain_reference(pipeline, exposure, references))
    log.info("The mean gain is %.6g electrons per DN", gain)
    xp, product = current_backend().xp, exposure.copy()
    product.data *= gain
    variances = [name for name in ("var_poisson", "var_rnoise", "var_flat") if product.has(name)]
    total = xp.zeros_like(product.data)
    for name in variances:
        setattr(product, name, getattr(product, name) * np.float32(gain**2))
        total += getattr(product, name)
    product.err = xp.sqrt(total)
    if not as_peer():  # jwst 3.0.0 leaves the unit as it was
        product.meta.bunit_data = product.meta.bunit_err = "electron/s"
    pipeline.save(product, "esec")


def gain_reference(pipeline, exposure: Exposure, references: RunReferences) -> Reference:
    """The gain of the detector: what the user chose for a step, or what CRDS has."""
    chosen = pipeline.override("gain")
    source = references.answer("gain", True) if chosen is None else chosen
    if isinstance(source, str) and source.strip() in ("", "N/A"):
        raise GpucalError(f"{exposure.source}: rates in electrons per second (save_wfss_esec) need a gain reference")
    return references.open("gain", source, from_crds=chosen is None)


def mean_gain(reference: Reference) -> float:
    """The mean of all gains that are positive, of the whole detector without its reference pixels."""
    gain = current_backend().asnumpy(reference.array("data"))[EDGE:-EDGE, EDGE:-EDGE].astype(np.float64)
    return float(gain[gain > 0].mean())
