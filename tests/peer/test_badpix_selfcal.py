"""Bad pixels that exposures tell of themselves are those of jwst."""

import json

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import DO_NOT_USE, OTHER_BAD_PIXEL
from gpucal.steps.images.badpix_selfcal import BadpixSelfcalStep
from tests import mrs_exposures

SHAPE = (90, 70)


def nirspec(seed=1, axis=1):
    rng = np.random.default_rng(seed)
    model = datamodels.IFUImageModel(data=rng.normal(3, 1, SHAPE).astype(np.float32))
    for name in ("err", "var_poisson", "var_rnoise"):
        setattr(model, name, rng.uniform(0.1, 3, SHAPE).astype(np.float32))
    model.data[tuple(np.random.default_rng(77).integers(0, 60, (2, 30)))] += 100
    model.data[rng.random(SHAPE) < 0.02] = np.nan
    model.data[20:32, 20:42] = np.nan
    model.dq = rng.choice([0, 0, 0, 0, 4, DO_NOT_USE], SHAPE).astype(np.uint32)
    model.meta.filename = f"field{seed}_nrs1_rate.fits"
    model.meta.instrument.name, model.meta.instrument.detector = "NIRSPEC", "NRS1"
    model.meta.exposure.type = "NRS_IFU"
    model.meta.wcsinfo.dispersion_direction = axis
    return model


def both(given, peer_step, others=((), ()), **parameters):
    """What ours makes of an exposure and lists of others, and what jwst does with its backgrounds."""
    from jwst.step import BadpixSelfcalStep as TheirStep

    copies = [[model.copy() for model in models] for models in others]
    ours = BadpixSelfcalStep(skip=False, **parameters).run(given.copy(), *copies)
    theirs, _ = TheirStep(skip=False, **parameters).run(given.copy(), *[[m.copy() for m in one] for one in others])
    return ours, theirs


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("axis", [1, 2, None])
@pytest.mark.parametrize("parameters", [{}, {"kernel_size": 5, "flagfrac_lower": 0.01, "flagfrac_upper": 0.002}])
def test_alone(axis, parameters, peer_step):
    ours, theirs = both(nirspec(axis=axis), peer_step, force_single=True, **parameters)
    compare(ours, theirs).assert_agrees()
    assert 5 < (ours.dq & OTHER_BAD_PIXEL > 0).sum() < 100


@pytest.mark.usefixtures("offline")
def test_without_another_exposure(peer_step):
    ours, theirs = both(nirspec(), peer_step)
    compare(ours, theirs).assert_agrees()
    assert ours.meta.cal_step.badpix_selfcal == "SKIPPED"


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("detector", ["MIRIFUSHORT", "MIRIFULONG"])
def test_exposures_of_the_spectrometer_of_miri(detector, peer_step):
    science, *others = (mrs_exposures.rates(detector, seed=seed) for seed in range(3))
    others[1].data -= 2  # a level of its own
    ours, theirs = both(science, peer_step, (others[:1], others[1:]), kernel_size=3)
    compare(ours, theirs).assert_agrees()


@pytest.mark.usefixtures("offline")
def test_members_of_an_association(tmp_path, monkeypatch):
    from jwst.step import BadpixSelfcalStep as TheirStep

    members = []
    for seed, role in enumerate(("science", "background", "background", "selfcal")):
        name = f"field{seed}_nrs1_rate.fits"
        nirspec(seed).save(tmp_path / name)
        members.append({"expname": name, "exptype": role})
    table = {"asn_type": "spec2", "asn_id": "a1", "asn_pool": "none", "asn_rule": "DMSLevel2bBase"}
    table["products"] = [{"name": "field0", "members": members}]
    (tmp_path / "asn.json").write_text(json.dumps(table))
    parameters = {"skip": False, "save_flagged_bkg": True, "save_results": True}
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    ours = BadpixSelfcalStep.call(tmp_path / "asn.json", output_dir=str(tmp_path / "ours"), **parameters)
    monkeypatch.chdir(tmp_path)
    theirs, backgrounds = TheirStep.call("asn.json", output_dir=str(tmp_path / "theirs"), **parameters)
    names = [sorted(path.name for path in (tmp_path / side).glob("*bkg*.fits")) for side in ("ours", "theirs")]
    assert names[0] == [f"field{1 + place}_nrs1_badpix_selfcal_bkg_{place}.fits" for place in range(2)]
    assert names[1] == [f"asn_badpix_selfcal_bkg_{place}.fits" for place in range(2)] and len(backgrounds) == 2
    for side, model in (("ours", ours), ("theirs", theirs)):
        assert (model.dq & OTHER_BAD_PIXEL > 0).sum() == 14, side
    np.testing.assert_array_equal(ours.dq, theirs.dq)
    np.testing.assert_array_equal(ours.data, theirs.data)
    for mine, its in zip(*names, strict=True):
        saved = [datamodels.IFUImageModel(path) for path in (tmp_path / "ours" / mine, tmp_path / "theirs" / its)]
        np.testing.assert_array_equal(*(model.dq for model in saved))
        np.testing.assert_array_equal(*(model.var_rnoise for model in saved))
