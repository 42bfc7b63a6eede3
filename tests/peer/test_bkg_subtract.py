"""The mean of backgrounds is subtracted as jwst does."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.steps.images.bkg_subtract import BackgroundStep

SHAPE = (24, 30)


def rates(seed, shape=SHAPE, start=(1, 1)):
    rng = np.random.default_rng(seed)
    model_class = datamodels.ImageModel if len(shape) == 2 else datamodels.CubeModel
    model = model_class(data=rng.normal(5, 1, shape).astype(np.float32))
    for name in ("err", "var_poisson", "var_rnoise"):
        setattr(model, name, rng.uniform(0.1, 3, shape).astype(np.float32))
    model.dq = rng.choice([0, 0, 0, 4, 1], shape).astype(np.uint32)
    model.data[..., 3, 3] = np.nan
    model.data[rng.random(shape) < 0.05] += 100
    meta = model.meta
    meta.instrument.name, meta.instrument.detector, meta.instrument.filter = "MIRI", "MIRIMAGE", "F770W"
    meta.exposure.type = "MIR_IMAGE"
    meta.subarray.xstart, meta.subarray.ystart = start
    meta.subarray.ysize, meta.subarray.xsize = shape[-2:]
    return model


def files(folder, *models):
    paths = []
    for number, model in enumerate(models):
        paths.append(str(folder / f"sky{number}_rate.fits"))
        model.save(paths[-1])
    return paths


def both(peer_step, science, tmp_path, **parameters):
    science.save(tmp_path / "star_rate.fits")
    given = str(tmp_path / "star_rate.fits")
    return BackgroundStep.call(given, **parameters), peer_step("bkg_subtract", given, **parameters)


@pytest.mark.usefixtures("offline", "without_parameter_references")
@pytest.mark.parametrize("parameters", [{}, {"sigma": 1.5}, {"sigma": 1.5, "maxiters": 1}])
@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_images(count, parameters, tmp_path, peer_step):
    listed = files(tmp_path, *(rates(10 + number) for number in range(count)))
    ours, theirs = both(peer_step, rates(1), tmp_path, bkg_list=listed, **parameters)
    compare(ours, theirs).assert_agrees()


@pytest.mark.usefixtures("offline", "without_parameter_references")
def test_integrations_whose_numbers_differ(tmp_path, peer_step):
    listed = files(tmp_path, *(rates(10 + count, (count, *SHAPE)) for count in (2, 3, 9)))
    ours, theirs = both(peer_step, rates(1, (4, *SHAPE)), tmp_path, bkg_list=listed)
    compare(ours, theirs).assert_agrees()


@pytest.mark.usefixtures("offline", "without_parameter_references")
def test_backgrounds_of_other_subarrays(tmp_path, peer_step):
    larger, beside = rates(11, (40, 50), start=(3, 5)), rates(12, start=(500, 500))
    listed = files(tmp_path, larger, beside)
    ours, theirs = both(peer_step, rates(1, start=(11, 9)), tmp_path, bkg_list=listed)
    compare(ours, theirs).assert_agrees()


@pytest.mark.usefixtures("offline", "without_parameter_references")
def test_the_mean_that_is_saved(tmp_path, peer_step, monkeypatch):
    monkeypatch.chdir(tmp_path)
    listed = files(tmp_path, rates(11), rates(12), rates(13))
    for folder in ("ours", "theirs"):
        (tmp_path / folder).mkdir()
    rates(1).save("star_rate.fits")
    parameters = {"bkg_list": listed, "save_combined_background": True}
    BackgroundStep.call("star_rate.fits", output_dir="ours", **parameters)
    peer_step("bkg_subtract", "star_rate.fits", output_dir="theirs", **parameters)
    names = [path.name for path in (tmp_path / "theirs").iterdir()]
    assert [path.name for path in (tmp_path / "ours").iterdir()] == names == ["star_combinedbackground.fits"]
    with (
        datamodels.open(f"ours/{names[0]}") as ours,
        datamodels.open(f"theirs/{names[0]}") as theirs,
    ):
        for name in ("data", "err", "dq"):
            np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-5)
