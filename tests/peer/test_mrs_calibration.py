"""Fringes and units of MIRI's medium resolution spectrometer agree with jwst."""

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.steps.images.bkg_subtract import BackgroundStep
from gpucal.steps.images.flat_field import FlatFieldStep
from gpucal.steps.images.fringe import FringeStep
from gpucal.steps.images.photom import PhotomStep
from tests.mrs_exposures import SHAPE, photometry, rates, transmission, with_coordinates


def with_flat_variance(model):
    model.var_flat = (model.err**2 * np.float32(0.2)).astype(np.float32)
    return model


@pytest.mark.usefixtures("offline")
def test_fringes(tmp_path, peer_step):
    before = with_flat_variance(rates())
    given = {"override_fringe": transmission(tmp_path / "fringe.fits")}
    ours = FringeStep.call(before, **given)
    compare(ours, peer_step("fringe", before, **given)).assert_agrees()
    np.testing.assert_array_equal(ours.dq, before.dq)
    assert ours.data[7, 11] == before.data[7, 11] and np.nanmax(abs(ours.data / before.data - 1)) > 0.2


@pytest.fixture(scope="module")
def placed():
    made = {}

    def make(detector):
        if detector not in made:
            made[detector] = with_flat_variance(with_coordinates(rates(detector)))
        return made[detector].copy()

    return make


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(("detector", "parameters"), [("MIRIFUSHORT", {}), ("MIRIFULONG", {"inverse": True})])
def test_units(detector, parameters, placed, tmp_path, peer_step):
    given = {
        "override_photom": photometry(tmp_path / "photom.fits", detector),
        "override_area": "N/A",
        **parameters,
    }
    ours = PhotomStep.call(placed(detector), **given)
    compare(ours, peer_step("photom", placed(detector), **given)).assert_agrees()
    assert ours.meta.bunit_data == ("DN/s" if "inverse" in parameters else "MJy/sr")
    assert (ours.dq & DO_NOT_USE > 0).sum() > (placed(detector).dq & DO_NOT_USE > 0).sum()


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(("told", "parameters"), [(False, {}), (True, {"apply_time_correction": False})])
def test_units_without_the_change_of_throughput(told, parameters, tmp_path, peer_step):
    given = {"override_photom": photometry(tmp_path / "photom.fits", with_time=told), "override_area": "N/A"}
    given |= parameters
    ours = PhotomStep.call(rates(), **given)
    compare(ours, peer_step("photom", rates(), **given)).assert_agrees()


@pytest.mark.usefixtures("offline")
def test_the_flat_field(tmp_path, peer_step):
    from stdatamodels.jwst import datamodels

    rng = np.random.default_rng(4)
    flat = datamodels.FlatModel(SHAPE)
    flat.data, flat.err = rng.uniform(0.8, 1.2, (2, *SHAPE)).astype(np.float32)
    flat.data[::9, ::5] = np.nan
    flat.dq = rng.choice([0, 0, 0, DO_NOT_USE, 262144], SHAPE).astype(np.uint32)
    flat.meta.instrument.name, flat.meta.instrument.detector = "MIRI", "MIRIFUSHORT"
    flat.meta.subarray.name, flat.meta.subarray.fastaxis, flat.meta.subarray.slowaxis = "FULL", 1, 2
    flat.meta.subarray.xstart = flat.meta.subarray.ystart = 1
    flat.meta.subarray.ysize, flat.meta.subarray.xsize = SHAPE
    flat.save(tmp_path / "flat.fits")
    given = {"override_flat": str(tmp_path / "flat.fits")}
    given |= dict.fromkeys(("override_fflat", "override_sflat", "override_dflat"), "N/A")
    compare(FlatFieldStep.call(rates(), **given), peer_step("flat_field", rates(), **given)).assert_agrees()


@pytest.mark.usefixtures("offline")
def test_backgrounds(tmp_path, peer_step):
    listed = [str(tmp_path / f"sky{seed}_rate.fits") for seed in (2, 3)]
    for seed, path in zip((2, 3), listed, strict=True):
        rates(seed=seed).save(path)
    rates().save(tmp_path / "science_rate.fits")
    given = {"bkg_list": listed, "save_combined_background": True}
    runs = {
        "ours": BackgroundStep.call,
        "theirs": lambda *one, **more: peer_step("bkg_subtract", *one, **more),
    }
    products = {}
    for name, call in runs.items():
        (tmp_path / name).mkdir()
        products[name] = call(str(tmp_path / "science_rate.fits"), output_dir=str(tmp_path / name), **given)
    compare(*products.values()).assert_agrees()
    saved = [tmp_path / name / "science_combinedbackground.fits" for name in runs]
    assert [one.name for one in compare(*saved).extensions if one.agrees] == [
        "SCI",
        "DQ",
        "ERR",
    ]  # no header in jwst
