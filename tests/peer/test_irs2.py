"""IRS2 exposures agree with the peer's, step by step, until they lose their interleaved pixels.

Such exposures are large: one goes through all steps, each of which takes what the peer's step before it made.
"""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.kernels.dqflags import BAD_REF_PIXEL, DO_NOT_USE, NO_SAT_CHECK, UNRELIABLE_BIAS
from gpucal.steps.dq_init import DQInitStep
from gpucal.steps.ipc import IPCStep
from gpucal.steps.refpix import RefPixStep
from gpucal.steps.saturation import SaturationStep
from gpucal.steps.superbias import SuperBiasStep
from tests.irs2_exposures import irs2_exposure, weights_reference

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

pytestmark = pytest.mark.usefixtures("offline")

SHAPE, NORMAL_SHAPE = (3200, 2048), (2048, 2048)
NFRAMES = 5


def full_frame(reference, detector):
    reference.meta.instrument.name, reference.meta.instrument.detector = "NIRSPEC", detector
    if hasattr(reference.meta, "subarray"):
        subarray = reference.meta.subarray
        subarray.xstart = subarray.ystart = 1
        subarray.xsize = subarray.ysize = 2048
    return reference


def flags(rng, shape, flag):
    return np.where(rng.random(shape) < 0.01, np.uint32(flag), np.uint32(0))


def mask_reference(rng):
    dq = flags(rng, SHAPE, DO_NOT_USE)
    dq[[8, 648, 1291, 2611]] |= BAD_REF_PIXEL
    return datamodels.MaskModel(dq=dq)


def saturation_reference(rng):
    threshold = rng.normal(15000, 1500, NORMAL_SHAPE).astype(np.float32)
    threshold[rng.random(NORMAL_SHAPE) < 0.01] = np.nan
    return datamodels.SaturationModel(data=threshold, dq=flags(rng, NORMAL_SHAPE, NO_SAT_CHECK))


def superbias_reference(rng):
    bias = rng.normal(9000, 30, SHAPE).astype(np.float32)
    bias[rng.random(SHAPE) < 0.001] = np.nan
    return datamodels.SuperBiasModel(data=bias, dq=flags(rng, SHAPE, UNRELIABLE_BIAS))


def ipc_reference(rng):
    kernel = rng.normal(-0.005, 0.001, (3, 3)).astype(np.float32)
    kernel[1, 1] = 1 - kernel.sum() + kernel[1, 1]
    return datamodels.IPCModel(data=kernel)


MAKERS = {
    "mask": mask_reference,
    "saturation": saturation_reference,
    "superbias": superbias_reference,
    "ipc": ipc_reference,
}


def assert_agree(ours, theirs):
    """As `bench.agreement`, on the arrays alone: of these many pixels not one flag may differ."""
    assert ours.data.shape == theirs.data.shape
    np.testing.assert_array_equal(ours.pixeldq, theirs.pixeldq)
    np.testing.assert_array_equal(ours.groupdq, theirs.groupdq)
    np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-5, atol=5e-4)
    assert ours.meta.cal_step.instance == theirs.meta.cal_step.instance


def test_steps_up_to_the_reference_pixels(peer_step, tmp_path):
    rng = np.random.default_rng(51)
    detector = "NRS2"
    model = irs2_exposure(detector, ngroups=3, seed=52, nframes=NFRAMES)
    paths = {}
    for kind, make in MAKERS.items():
        paths[kind] = str(tmp_path / f"{kind}.fits")
        full_frame(make(rng), detector).save(paths[kind])
    paths["refpix"] = weights_reference(tmp_path / "refpix.fits", seed=53)
    steps = [
        (DQInitStep, ["mask"], {}),
        (SaturationStep, ["saturation", "superbias"], {}),
        (IPCStep, ["ipc"], {}),
        (SuperBiasStep, ["superbias"], {}),
        (RefPixStep, ["refpix"], {"irs2_mean_subtraction": True, "override_sirskernel": "N/A"}),
    ]
    for step, kinds, parameters in steps:
        parameters |= {f"override_{kind}": paths[kind] for kind in kinds}
        theirs = peer_step(step.class_alias, model, **parameters)
        ours = step.call(model, **parameters)
        assert_agree(ours, theirs)
        model = theirs
    assert model.data.shape[-2:] == NORMAL_SHAPE
