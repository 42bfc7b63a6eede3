"""The reset anomaly: the offset of the first groups after the detector was reset.

Source: the ``reset`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/reset/description.html.
"""

import math

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
    nints, _, ny, nx = ramp.shape
    subtract_anomaly((nints, ny, nx), ramp, anomaly, first_integration)


@pixel_kernel
def subtract_anomaly(integration, y, x, ramp, anomaly, first_integration):
    """Correct one pixel's ramp."""
    reset = min(first_integration + integration, anomaly.shape[0] - 1)
    for group in range(min(ramp.shape[1], anomaly.shape[1])):
        offset = anomaly[reset, group, y, x]
        if not math.isnan(offset):
            ramp[integration, group, y, x] -= offset
