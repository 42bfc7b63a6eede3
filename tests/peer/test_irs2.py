"""IRS2 exposures agree with the peer's, step by step, until they lose their interleaved pixels.

They are large, and so the steps before refpix, which do not mind, see few columns.
"""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.kernels.flags.dqflags import BAD_REF_PIXEL, DO_NOT_USE, NO_SAT_CHECK, UNRELIABLE_BIAS
from gpucal.kernels.readout.irs2_layout import irs2_layout
from gpucal.kernels.refpix.irs2_bad import find_bad_rows, replace_rows, replacements
from gpucal.steps.parts.ramps.refpix_irs2 import replace_listed_rows
from gpucal.steps.ramps.dq_init import DQInitStep
from gpucal.steps.ramps.ipc import IPCStep
from gpucal.steps.ramps.refpix import RefPixStep
from gpucal.steps.ramps.saturation import SaturationStep
from gpucal.steps.ramps.superbias import SuperBiasStep
from tests.irs2_exposures import INTERLEAVED, SHAPE, described, irs2_exposure, weights_reference
from tests.transfer import on_backend, on_host

pytest.importorskip("jwst", reason="the peer is not installed: pip install .[peer]")

pytestmark = pytest.mark.usefixtures("offline")

NCOLUMNS = 48
RAW_SHAPE, NORMAL_SHAPE = (SHAPE[0], NCOLUMNS), (2048, NCOLUMNS)
NFRAMES = 5


def of_detector(reference, detector):
    reference.meta.instrument.name, reference.meta.instrument.detector = "NIRSPEC", detector
    if hasattr(reference.meta, "subarray"):
        subarray = reference.meta.subarray
        subarray.xstart = subarray.ystart = 1
        subarray.xsize, subarray.ysize = NCOLUMNS, 2048
    return reference


def flags(rng, shape, flag):
    return np.where(rng.random(shape) < 0.01, np.uint32(flag), np.uint32(0))


def mask_reference(rng):
    dq = flags(rng, RAW_SHAPE, DO_NOT_USE)
    dq[[8, 648, 1291, 2611]] |= BAD_REF_PIXEL
    return datamodels.MaskModel(dq=dq)


def saturation_reference(rng):
    threshold = rng.normal(15000, 1500, NORMAL_SHAPE).astype(np.float32)
    threshold[rng.random(NORMAL_SHAPE) < 0.01] = np.nan
    return datamodels.SaturationModel(data=threshold, dq=flags(rng, NORMAL_SHAPE, NO_SAT_CHECK))


def superbias_reference(rng):
    bias = rng.normal(9000, 30, RAW_SHAPE).astype(np.float32)
    bias[rng.random(RAW_SHAPE) < 0.001] = np.nan
    return datamodels.SuperBiasModel(data=bias, dq=flags(rng, RAW_SHAPE, UNRELIABLE_BIAS))


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


@pytest.mark.parametrize(("detector", "seed"), [("NRS1", 51), ("NRS2", 52), ("NRS1", 53)])
def test_steps_before_refpix(peer_step, tmp_path, detector, seed):
    rng = np.random.default_rng(seed)
    model = irs2_exposure(detector, ngroups=4, seed=seed, nframes=NFRAMES, ncolumns=NCOLUMNS)
    paths = {}
    for kind, make in MAKERS.items():
        paths[kind] = str(tmp_path / f"{kind}.fits")
        of_detector(make(rng), detector).save(paths[kind])
    steps = [
        (DQInitStep, ["mask"]),
        (SaturationStep, ["saturation", "superbias"]),
        (IPCStep, ["ipc"]),
        (SuperBiasStep, ["superbias"]),
    ]
    for step, kinds in steps:
        overrides = {f"override_{kind}": paths[kind] for kind in kinds}
        theirs = peer_step(step.class_alias, model, **overrides)
        assert_agree(step.call(model, **overrides), theirs)
        model = theirs


def test_saturation_alone_and_without_read_pattern(peer_step, tmp_path):
    rng = np.random.default_rng(54)
    path = str(tmp_path / "saturation.fits")
    of_detector(saturation_reference(rng), "NRS2").save(path)
    model = irs2_exposure("NRS2", ngroups=4, seed=54, nframes=NFRAMES, ncolumns=NCOLUMNS)
    for parameters in ({"use_readpatt": False, "n_pix_grow_sat": 0}, {"n_pix_grow_sat": 2}):
        parameters |= {"override_saturation": path, "override_superbias": "N/A"}
        theirs = peer_step("saturation", model, **parameters)
        assert_agree(SaturationStep.call(model, **parameters), theirs)


def test_refpix(peer_step, tmp_path):
    model = irs2_exposure("NRS2", ngroups=2, seed=55)
    model.pixeldq = flags(np.random.default_rng(56), SHAPE, DO_NOT_USE)
    model.pixeldq[[8, 648, 1291, 2611]] |= BAD_REF_PIXEL
    parameters = {
        "override_refpix": weights_reference(tmp_path / "refpix.fits", seed=57),
        "override_sirskernel": "N/A",
        "irs2_mean_subtraction": True,
    }
    theirs = peer_step("refpix", model, **parameters)
    assert theirs.data.shape == (1, 2, 2048, 2048)
    assert_agree(RefPixStep.call(model, **parameters), theirs)


def small_model(seed):
    """Noise in 24 detector rows, with pairs of interleaved rows that stand out a little or more."""
    rng = np.random.default_rng(seed)
    model = described(datamodels.RampModel((2, 2, SHAPE[0], 24)), "NRS1")
    model.data[:] = rng.normal(0, 8, model.data.shape)
    for row in rng.choice(INTERLEAVED, 60):
        model.data[:, :, row] += rng.uniform(0, 40)
    model.pixeldq[rng.choice(INTERLEAVED, 20), 3] |= BAD_REF_PIXEL
    model.pixeldq[rng.choice(SHAPE[0], 2), 3] |= BAD_REF_PIXEL
    return model


@pytest.mark.parametrize("seed", range(1, 7))
def test_bad_interleaved_pixels(seed):
    """The same rows are found, with the same in their place."""
    from jwst.refpix.irs2_subtract_reference import flag_bad_refpix

    model = small_model(seed)
    nsigma = (2.0, 3.0)[seed % 2]
    flagged = (model.pixeldq & BAD_REF_PIXEL).any(axis=1)
    ramp = on_backend(model.data.copy())

    bad = find_bad_rows(ramp, flagged, nsigma)
    replace_rows(ramp, replacements(np.flatnonzero(bad), bad))

    flag_bad_refpix(model, n_sigma=nsigma)
    np.testing.assert_array_equal(bad, (model.pixeldq & BAD_REF_PIXEL).any(axis=1))
    assert bad.sum() > flagged.sum()
    np.testing.assert_allclose(on_host(ramp), model.data, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("turned", [False, True])
def test_listed_interleaved_pixels(seed, turned):
    """Those that a reference lists are replaced as well, in the order of the list."""
    from jwst.refpix.irs2_subtract_reference import clobber_ref

    rng = np.random.default_rng(seed)
    model = small_model(seed)
    bad = (model.pixeldq & BAD_REF_PIXEL).any(axis=1)
    listed = [(k, p, rng.integers(2**32) & rng.integers(2**32)) for k in range(1, 5) for p in (1, 2)]
    table = np.array(listed, [("OUTPUT", "u2"), ("ODD_EVEN", "u2"), ("MASK", "u4")])
    ours = on_backend(model.data.copy())

    replace_listed_rows(ours, irs2_layout("NRS2" if turned else "NRS1"), bad, table)

    turn = slice(None, None, -1 if turned else 1)
    theirs = np.swapaxes(model.data, 2, 3)[..., turn, turn]
    interleaved = np.isin(np.arange(SHAPE[0]), INTERLEAVED)
    clobber_ref(theirs, *(table[name] for name in table.dtype.names), bad[turn].copy(), interleaved)
    np.testing.assert_allclose(on_host(ours), model.data, rtol=1e-6, atol=1e-6)
