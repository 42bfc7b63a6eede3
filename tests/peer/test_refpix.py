"""The reference pixel correction agrees with the peer's."""

from typing import NamedTuple

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import DO_NOT_USE, REFERENCE_PIXEL
from gpucal.steps.ramps.refpix import RefPixStep

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

pytestmark = pytest.mark.usefixtures("offline")

OVERRIDES = {"override_refpix": "N/A", "override_sirskernel": "N/A"}


class Readout(NamedTuple):
    """A detector and a part of it."""

    instrument: str
    detector: str
    fastaxis: int
    slowaxis: int
    subarray: str
    xstart: int = 1
    ystart: int = 1
    xsize: int = 2048
    ysize: int = 2048
    noutputs: int = 4


FULL_FRAMES = [
    Readout("NIRCAM", "NRCA1", -1, 2, "FULL"),
    Readout("NIRISS", "NIS", -2, -1, "FULL"),
]
GRISM = Readout("NIRCAM", "NRCA1", -1, 2, "SUBGRISM64", 1, 1, 2048, 64)
SUBARRAYS = [
    GRISM,
    Readout("NIRCAM", "NRCA1", -1, 2, "SUBGRISM64", 1, 125, 2048, 64),
    Readout("NIRISS", "NIS", -2, -1, "WFSS64R", 1985, 1, 64, 2048),
    Readout("NIRCAM", "NRCA3", -1, 2, "SUB64P", 1985, 1, 64, 64, 1),
    Readout("NIRCAM", "NRCA3", -1, 2, "SUB64FP1A", 430, 1379, 64, 64, 1),
    Readout("FGS", "GUIDER2", 2, -1, "SUB128LL", 1921, 1, 128, 128, 1),
    Readout("NIRCAM", "NRCB4", 1, -2, "SUB160", 1889, 1889, 160, 160, 1),
    Readout("NIRSPEC", "NRS1", 2, 1, "SUB512", 1025, 957, 512, 32, 1),
    Readout("NIRSPEC", "NRS2", -2, -1, "SUB2048", 1, 946, 2048, 32, 1),
]


def ramp(readout, nints, ngroups, seed=31):
    """Noise with drifts that differ from group to group; cosmic rays; bad pixels, also reference pixels."""
    rng = np.random.default_rng(seed)
    shape = readout.ysize, readout.xsize
    model = datamodels.RampModel((nints, ngroups, *shape))
    model.data[:] = 8 * rng.standard_normal(model.data.shape, np.float32)
    model.data += rng.normal(0, 20, (nints, ngroups, 1, 1)).astype(np.float32)
    model.data[..., rng.random(shape) < 0.002] += 500
    model.data[0, 0, 0, 0] = np.nan
    border = np.full((2048, 2048), REFERENCE_PIXEL, np.uint32)
    border[4:-4, 4:-4] = 0
    first_row, first_column = readout.ystart - 1, readout.xstart - 1
    model.pixeldq = border[first_row : first_row + shape[0], first_column : first_column + shape[1]].copy()
    model.pixeldq[rng.random(shape) < 0.02] |= DO_NOT_USE
    model.pixeldq[:1] |= DO_NOT_USE
    model.meta.instrument.name = readout.instrument
    model.meta.instrument.detector = readout.detector
    model.meta.exposure.noutputs = readout.noutputs
    subarray = model.meta.subarray
    subarray.name, subarray.fastaxis, subarray.slowaxis = readout.subarray, readout.fastaxis, readout.slowaxis
    subarray.xstart, subarray.ystart = readout.xstart, readout.ystart
    subarray.xsize, subarray.ysize = readout.xsize, readout.ysize
    return model


def with_zero_frames(model):
    rng = np.random.default_rng(32)
    model.meta.exposure.zero_frame = True
    model.zeroframe = rng.normal(0, 8, (len(model.data), *model.data.shape[2:])).astype(np.float32)
    model.zeroframe[rng.random(model.zeroframe.shape) < 0.01] = 0
    return model


def assert_agrees(peer_step, model, **parameters):
    theirs = peer_step("refpix", model, **OVERRIDES, **parameters)
    ours = RefPixStep.call(model, **OVERRIDES, **parameters)
    compare(ours, theirs).assert_agrees()


@pytest.mark.parametrize("readout", FULL_FRAMES, ids=lambda readout: readout.detector)
def test_full_frames(peer_step, readout):
    assert_agrees(peer_step, ramp(readout, 1, 1))


@pytest.mark.parametrize("readout", SUBARRAYS, ids=lambda readout: f"{readout.detector}-{readout.subarray}")
def test_subarrays_with_zero_frames(peer_step, readout):
    assert_agrees(peer_step, with_zero_frames(ramp(readout, 2, 1)))


@pytest.mark.parametrize(
    "parameters",
    [
        {"odd_even_columns": False, "side_smoothing_length": 6, "siglimit": 2.0},
        {"use_side_ref_pixels": False},
        {"side_smoothing_length": 101, "side_gain": 0.5},
    ],
    ids=lambda parameters: "-".join(parameters),
)
def test_parameters(peer_step, parameters):
    assert_agrees(peer_step, ramp(GRISM, 1, 2), **parameters)


def test_reference_pixels_that_are_all_bad(peer_step):
    model = ramp(GRISM, 1, 1)
    model.pixeldq[:, 1000:] |= DO_NOT_USE
    assert_agrees(peer_step, model)


def test_a_subarray_beyond_the_detector_is_skipped(peer_step):
    model = ramp(SUBARRAYS[3], 1, 1)
    model.meta.subarray.xstart = 2000
    assert_agrees(peer_step, model)


def test_miri_subarrays_are_skipped(peer_step):
    model = ramp(Readout("MIRI", "MIRIMAGE", 1, 2, "SUB64", 1, 779, 72, 64), 1, 2)
    assert_agrees(peer_step, model)
