"""Small ramps of MIRI, random but for their seed, for comparisons of single steps."""

import numpy as np
from stdatamodels.jwst import datamodels

SHAPE = (16, 24)


def described(model):
    """The model, with the keywords of a small subarray of the imager."""
    model.meta.instrument.name = "MIRI"
    model.meta.instrument.detector = "MIRIMAGE"
    model.meta.subarray.name = "SUB64"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = 1, 779, SHAPE[1], SHAPE[0]
    return model


def miri_ramp(seed, nints=3, ngroups=10, nframes=1, segment=None):
    """Ramps in which one pixel in three saturates, at any group.

    Parameters
    ----------
    seed : int
    nints, ngroups, nframes : int
    segment : tuple of int, optional
        Numbers of the first and last integration of the file in its exposure, from 1, and of all integrations.
    """
    rng = np.random.default_rng(seed)
    model = described(datamodels.RampModel((nints, ngroups, *SHAPE)))
    signal = rng.uniform(5, 200, (nints, 1, *SHAPE)) * np.arange(1, ngroups + 1)[:, None, None]
    model.data[:] = 9000 + signal + rng.normal(0, 5, signal.shape)
    saturates = rng.integers(0, 3 * ngroups, (nints, *SHAPE))
    model.groupdq[:] = np.where(np.arange(ngroups)[:, None, None] >= saturates[:, None], 2, 0)
    model.pixeldq[:] = rng.choice([0, 1, 2048], SHAPE, p=[0.9, 0.05, 0.05])
    exposure = model.meta.exposure
    exposure.nints, exposure.ngroups, exposure.nframes, exposure.groupgap = nints, ngroups, nframes, 0
    exposure.readpatt = "FASTR1"
    if segment is not None:
        exposure.integration_start, exposure.integration_end, exposure.nints = segment
    return model
