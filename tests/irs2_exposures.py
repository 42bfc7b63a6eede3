"""IRS2 exposures and their refpix references, for tests of steps and against the peer."""

import numpy as np
from stdatamodels.jwst import datamodels

FREQUENCIES = 712 * 2048
SHAPE = (3200, 2048)
INTERLEAVED = np.flatnonzero((np.arange(SHAPE[0]) % 20 >= 8) & (np.arange(SHAPE[0]) % 20 < 12))


def irs2_exposure(detector, ngroups, seed, nframes=1, ncolumns=SHAPE[1]):
    """Counts about a bias of 9000 DN with drifts, saturating stars, and bad interleaved rows."""
    rng = np.random.default_rng(seed)
    shape = SHAPE[0], ncolumns
    model = datamodels.RampModel((1, ngroups, *shape))
    model.data[:] = 9000 + 8 * rng.standard_normal(model.data.shape, np.float32)
    model.data += rng.normal(0, 20, (1, ngroups, 1, 1)).astype(np.float32)
    stars = rng.random(shape) < 0.002
    model.data[0, :, stars] += rng.uniform(500, 6000, (stars.sum(), 1)) * np.arange(ngroups)
    model.data[0, -1, rng.random(shape) < 0.001] += 7000
    model.data[0, 0, rng.random(shape) < 0.0005] = 0
    model.data[:, :, rng.choice(INTERLEAVED, 8)] += 60
    for row in rng.choice(INTERLEAVED, 8):
        model.data[:, :, row] += 30 * rng.standard_normal(ncolumns, np.float32)
    return described(model, detector, nframes)


def described(model, detector, nframes=1):
    """The model with the keywords of an IRS2 exposure."""
    nints, ngroups = model.data.shape[:2]
    model.meta.instrument.name, model.meta.instrument.detector = "NIRSPEC", detector
    exposure = model.meta.exposure
    exposure.type, exposure.readpatt = "NRS_MSASPEC", "NRSIRS2" if nframes > 1 else "NRSIRS2RAPID"
    exposure.nrs_normal, exposure.nrs_reference = 16, 4
    exposure.nints, exposure.ngroups, exposure.nframes, exposure.groupgap = nints, ngroups, nframes, 0
    subarray = model.meta.subarray
    subarray.name = "FULL"
    subarray.xstart = subarray.ystart = 1
    subarray.xsize, subarray.ysize = model.data.shape[-1], 2048
    subarray.fastaxis, subarray.slowaxis = (2, 1) if detector == "NRS1" else (-2, -1)
    return model


def weights_reference(path, seed, rows=2 * FREQUENCIES):
    """Write a refpix reference with random weights, not conjugate, at low frequencies, and a list of bad pixels."""
    rng = np.random.default_rng(seed)
    low = np.exp(-((np.fft.fftfreq(FREQUENCIES) / 0.01) ** 2))[: rows // 2]
    columns = [f"{kind}_{output}" for kind in ("alpha", "beta") for output in range(4)]
    table = np.zeros(rows, [(column, "f4") for column in columns])
    for column in columns:
        table[column][::2] = low * (0.5 + 0.1 * rng.standard_normal(len(low)))
        table[column][1::2] = low * 0.1 * rng.standard_normal(len(low))
    listed = [
        (output, pair, rng.integers(2**32) & rng.integers(2**32)) for output in range(1, 5) for pair in (1, 2)
    ]
    model = datamodels.IRS2Model()
    model.irs2_table = table
    model.dq_table = np.array(listed, [("OUTPUT", "u2"), ("ODD_EVEN", "u2"), ("MASK", "u4")])
    model.meta.instrument.name = "NIRSPEC"
    model.save(str(path))
    return str(path)
