"""Reference pixels of MIRI, and the SIRS algorithm, agree with the peer's."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.steps.ramps.refpix import RefPixStep

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

pytestmark = pytest.mark.usefixtures("offline")

MIRI_SHAPE = (1024, 1032)


def ramp(instrument, detector, shape, axes, ngroups, seed):
    """Noise with drifts of each group and of its odd rows, cosmic rays and bad pixels."""
    rng = np.random.default_rng(seed)
    model = datamodels.RampModel((2, ngroups, *shape))
    model.data[:] = 10000 + 8 * rng.standard_normal(model.data.shape, np.float32)
    model.data += rng.normal(0, 20, (2, ngroups, 1, 1)).astype(np.float32)
    model.data[..., 1::2, :] += rng.normal(0, 9, (2, ngroups, 1, 1)).astype(np.float32)
    model.data[..., rng.random(shape) < 0.003] += 100
    model.pixeldq = np.where(rng.random(shape) < 0.02, np.uint32(DO_NOT_USE), np.uint32(0))
    model.meta.instrument.name, model.meta.instrument.detector = instrument, detector
    model.meta.exposure.noutputs = 4
    subarray = model.meta.subarray
    subarray.name, (subarray.fastaxis, subarray.slowaxis) = "FULL", axes
    subarray.xstart = subarray.ystart = 1
    subarray.ysize, subarray.xsize = shape
    return model


def miri(seed, ngroups=2):
    return ramp("MIRI", "MIRIMAGE", MIRI_SHAPE, (1, 2), ngroups, seed)


def assert_agrees(peer_step, model, sirskernel="N/A", **parameters):
    parameters |= {"override_refpix": "N/A", "override_sirskernel": sirskernel}
    theirs = peer_step("refpix", model, **parameters)
    ours = RefPixStep.call(model, **parameters)
    compare(ours, theirs).assert_agrees()


@pytest.mark.parametrize(
    ("seed", "parameters"), [(1, {}), (2, {"odd_even_rows": False}), (3, {"siglimit": 2.0})]
)
def test_miri_full_frames(peer_step, seed, parameters):
    assert_agrees(peer_step, miri(seed), **parameters)


def test_miri_without_good_pixels_in_a_section(peer_step):
    model = miri(4)
    model.pixeldq[::2, 3] |= DO_NOT_USE
    assert_agrees(peer_step, model)


def test_miri_does_not_know_sirs(peer_step, sirskernel):
    assert_agrees(peer_step, miri(5), sirskernel, refpix_algorithm="sirs")


@pytest.fixture
def sirskernel(tmp_path):
    """Kernels that are smooth but for some noise, of one detector."""
    rng = np.random.default_rng(6)
    frequency = np.arange(2049)
    coefficients = [
        (
            0.4
            * np.exp(-frequency / 300)
            * (rng.normal(1, 0.1, (4, 2049)) + 0.05j * rng.normal(size=(4, 2049)))
        )
        for _edge in range(2)
    ]
    model = datamodels.SIRSKernelModel()
    gamma, zeta = (values.astype(np.complex64) for values in coefficients)
    model._instance["nis"] = {"gamma": gamma, "zeta": zeta}
    path = str(tmp_path / "sirskernel.asdf")
    model.save(path)
    return path


@pytest.mark.parametrize(
    "parameters", [{}, {"sigreject": 2.0, "gaussmooth": 2.5, "halfwidth": 11}], ids=["usual", "other"]
)
def test_sirs(peer_step, sirskernel, parameters):
    model = ramp("NIRISS", "NIS", (2048, 2048), (-2, -1), 1, seed=7)
    assert_agrees(peer_step, model, sirskernel, refpix_algorithm="sirs", **parameters)


def test_sirs_without_kernels_of_the_detector(peer_step, sirskernel):
    model = ramp("NIRCAM", "NRCB4", (2048, 64), (1, -2), 1, seed=8)
    model.meta.subarray.name = "FULL"
    assert_agrees(peer_step, model, sirskernel, refpix_algorithm="sirs")
