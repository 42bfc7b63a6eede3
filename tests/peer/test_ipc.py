"""The correction for inter-pixel capacitance agrees with the peer's."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.steps.ramps.ipc import IPCStep

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

pytestmark = pytest.mark.usefixtures("offline")

# Extent of the kernel, then instrument, detector, and corner and size of a subarray in x and y.
EXPOSURES = [
    ((3, 3), "NIRCAM", "NRCA1", 1, 1, 40, 24),
    ((5, 3), "NIRISS", "NIS", 2017, 2033, 32, 16),
    ((3, 3), "NIRSPEC", "NRS1", 3, 2040, 40, 9),
    ((3, 3), "FGS", "GUIDER1", 961, 961, 16, 16),
    ((3, 3), "MIRI", "MIRIMAGE", 1, 1, 24, 16),
    ((1, 3), "MIRI", "MIRIFULONG", 1009, 1009, 24, 16),
]


def ramp(instrument, detector, xstart, ystart, xsize, ysize):
    rng = np.random.default_rng(23)
    model = datamodels.RampModel((2, 2, ysize, xsize))
    model.data[:] = rng.normal(500, 300, model.data.shape)
    model.data[:, :, 7, 8] = np.nan
    model.meta.instrument.name = instrument
    model.meta.instrument.detector = detector
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart, subarray.xsize, subarray.ysize = xstart, ystart, xsize, ysize
    return model


def kernel_file(tmp_path, shape):
    kernel = np.random.default_rng(24).normal(-0.005, 0.001, shape)
    kernel[shape[0] // 2, shape[1] // 2] += 1.02
    model = datamodels.IPCModel()
    model.data = kernel.astype(np.float32)
    path = tmp_path / "ipc.fits"
    model.save(path)
    return str(path)


@pytest.mark.parametrize("setting", EXPOSURES, ids=lambda setting: setting[2])
def test_one_kernel(peer_step, tmp_path, setting):
    extent, *exposure = setting
    model = ramp(*exposure)
    kernel = kernel_file(tmp_path, extent)

    theirs = peer_step("ipc", model, override_ipc=kernel)
    ours = IPCStep.call(model, override_ipc=kernel)

    compare(ours, theirs).assert_agrees()
    np.testing.assert_array_equal(ours.data, theirs.data)


def test_a_kernel_for_each_pixel(peer_step, tmp_path):
    model = ramp("NIRCAM", "NRCA1", 3, 2, 40, 24)
    kernel = kernel_file(tmp_path, (3, 3, 48, 64))

    theirs = peer_step("ipc", model, override_ipc=kernel)
    ours = IPCStep.call(model, override_ipc=kernel)

    compare(ours, theirs).assert_agrees()
    np.testing.assert_array_equal(ours.data, theirs.data)
