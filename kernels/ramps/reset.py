"""The reset anomaly: the offset of the first groups after the detector was reset.

Source: the ``reset`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/reset/description.html.
"""

import math

import numpy as np

from gpucal.backend import pixel_kernel
from gpucal.backend.fit import check_fit


def subtract_reset_anomaly(ramp, anomaly, first_integration=0, first_row=0):
    """Subtract from the first groups what the reset left there, in place.

    Groups beyond those of the anomaly have none. The arithmetic is in the precision of the ramp.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN, edited.
    anomaly : (nresets, nsettling, nrows, nx) float32 array
        Offset after each of the first resets of an exposure, DN; the last one serves all that follow. A
        NaN counts as zero.
    first_integration : int
        Which integration of its exposure the ramp starts with, from zero.
    first_row : int
        The row of the ramp that the first row of the anomaly belongs to.
    """
    rows = slice(first_row, first_row + anomaly.shape[2])
    check_fit(
        anomaly=(anomaly, "nresets nsettling nrows nx"), ramp=(ramp[:, :, rows], "nints ngroups nrows nx")
    )
    nints, ngroups = ramp.shape[:2]
    nrows, nx = anomaly.shape[2:]
    affected = min(ngroups, anomaly.shape[1])
    arguments = ramp, anomaly, affected, first_integration, first_row
    subtract_anomaly((nints * affected, nrows, nx), *arguments)


@pixel_kernel
def subtract_anomaly(place, row, x, ramp, anomaly, affected, first_integration, first_row):
    """Correct one pixel of one group; the affected groups of all integrations follow each other."""
    integration, group = place // affected, place % affected
    reset = min(first_integration + integration, anomaly.shape[0] - 1)
    offset = anomaly[reset, group, row, x]
    ramp[integration, group, first_row + row, x] -= np.float32(0) if math.isnan(offset) else offset
