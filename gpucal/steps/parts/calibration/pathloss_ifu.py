"""Light of the integral field of NIRSpec that is lost: sources count as being in the middle.

Source: the ``pathloss`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/pathloss/description.html.
"""

import logging

import numpy as np

from gpucal.data import Exposure
from gpucal.kernels.spectra.lookup import look_up, pack_tables
from gpucal.reference import Reference, ReferenceFileError
from gpucal.steps.parts.calibration.pathloss_apertures import Aperture
from gpucal.steps.parts.calibration.slit_wavelengths import is_point
from gpucal.steps.parts.calibration.spectral_rates import first_table, multiply, packing_of_image

log = logging.getLogger(__name__)

_MIDDLE = 0.0, 0.0


def correct_ifu(exposure: Exposure, reference: Reference, step) -> None:
    """Divide the rates by the share of light that passes, in place.

    Both corrections, and the wavelengths, are kept with the exposure: ``pathloss_point``, ``pathloss_uniform``,
    ``wavelength``, which are NaN where there is no slice.

    Parameters
    ----------
    exposure : Exposure
        With world coordinates.
    reference : Reference
        Its first aperture counts.
    step : Step
        Its ``inverse`` multiplies; its ``source_type`` counts in place of that of the exposure.

    Raises
    ------
    MissingWcsError, NoSlicesError
        If the exposure has no world coordinates, or others.
    ReferenceFileError
        If the reference does not tell of a source in the middle.
    """
    apertures = reference.model.apertures
    aperture = Aperture.of_entry(apertures[0]) if len(apertures) else None
    point = aperture and aperture.of_point(*_MIDDLE)
    if point is None:
        raise ReferenceFileError(f"{reference.label}: does not tell the path loss of a source in the middle")
    wavelength = exposure.ifu_slices.world[2].astype(np.float32)
    packing, which = packing_of_image(exposure), first_table()
    point, uniform = (
        look_up(wavelength.reshape(-1), pack_tables([one]), which, packing).astype(np.float32)
        for one in (point, aperture.of_uniform())
    )
    is_one = is_point(step.source_type or exposure.meta.target.source_type)
    log.info("Path loss of a %s", "point source" if is_one else "source that fills the field")
    multiply(exposure, point if is_one else uniform, inverse=not step.inverse)
    shape = wavelength.shape
    exposure.pathloss_point, exposure.pathloss_uniform = point.reshape(shape), uniform.reshape(shape)
    exposure.wavelength = wavelength
