"""Wavelengths as an observer at rest in the barycenter of the solar system would see them.

Source: the ``assign_wcs`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/assign_wcs/main.html.
"""

import logging

from gpucal.wcs.nodes import arithmetic, constant, identity

log = logging.getLogger(__name__)

LIGHT = 299792458.0  # m/s


def velocity_correction(velocity: float):
    """A wavelength times the correction for the velocity of the telescope.

    Parameters
    ----------
    velocity : float
        Away from the source, m/s: the keyword VELOSYS.
    """
    factor = 1 / (1 + velocity / LIGHT)
    log.info("Wavelengths are corrected for the velocity of the telescope: times %.12g", factor)
    made = arithmetic("multiply", identity(1), constant(factor, "velocity_correction"))
    made["inverse"] = arithmetic("divide", identity(1), constant(factor, "inv_vel_correction"))
    return made
