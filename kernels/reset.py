"""The reset anomaly: the offset of the first groups after the detector was reset.

Source: the ``reset`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/reset/description.html.
"""

import math

import numpy as np

from gpucal.backend import pixel_kernel


def subtract_reset_anomaly(ramp, pixeldq, anomaly, anomaly_dq, first_integration=0):
    """Subtract from the first groups what the reset left there, and add its flags to the pixels, in place.

    Groups beyond those of the anomaly have none. The arithmetic is in the precision of the ramp.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN, edited.
    pixeldq : (ny, nx) uint32 array
        Pixel flags, edited.
    anomaly : (nresets, nsettling, ny, nx) float32 array
        Offset after each of the first resets of an exposure, DN; the last one serves all that follow. A
        NaN counts as zero.
    anomaly_dq : (ny, nx) uint32 array
        Its flags.
    first_integration : int
        Which integration of its exposure the ramp starts with, from zero.
    """
    pixeldq |= anomaly_dq
    nints, ngroups, ny, nx = ramp.shape
    affected = min(ngroups, anomaly.shape[1])
    subtract_anomaly((nints * affected, ny, nx), ramp, anomaly, affected, first_integration)


@pixel_kernel
def subtract_anomaly(place, y, x, ramp, anomaly, affected, first_integration):
    """Correct one pixel of one group; the affected groups of all integrations follow each other."""
    integration, group = place // affected, place % affected
    reset = min(first_integration + integration, anomaly.shape[0] - 1)
    offset = anomaly[reset, group, y, x]
    ramp[integration, group, y, x] -= np.float32(0) if math.isnan(offset) else offset
