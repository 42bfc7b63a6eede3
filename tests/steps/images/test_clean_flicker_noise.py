"""The clean_flicker_noise step: what it removes, what it is not for, and what cannot be had."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.data import InputError
from gpucal.kernels.flicker.flicker_statistics import CENTER, Statistics
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import Effects, simulate
from gpucal.steps.images.clean_flicker_noise import CleanFlickerNoiseStep
from gpucal.steps.parts.flicker.flicker_parameters import LIMITS, decide


def rate(kind="NRC_IMAGE", instrument="NIRCAM", detector="NRCB1", shape=(24, 32), slowaxis=2):
    rng = np.random.default_rng(1)
    make = datamodels.ImageModel if len(shape) == 2 else datamodels.CubeModel
    model = make(data=rng.normal(3, 0.1, shape).astype(np.float32))
    model.meta.exposure.type = kind
    model.meta.instrument.name, model.meta.instrument.detector = instrument, detector
    subarray = model.meta.subarray
    subarray.name, subarray.slowaxis, subarray.xstart, subarray.ystart = "SUB160", slowaxis, 1, 1
    subarray.ysize, subarray.xsize = shape[-2:]
    return model


def clean(model, **parameters):
    overrides = {"override_flat": "N/A", "override_pastasoss": "N/A"} | parameters
    return CleanFlickerNoiseStep.call(model, disable_crds_steppars=True, **overrides)


@pytest.mark.parametrize(("slowaxis", "axis"), [(2, 1), (-2, 1), (1, 0), (-1, 0)])
def test_stripes_lie_across_the_slow_axis(slowaxis, axis):
    model = rate(slowaxis=slowaxis)
    before = model.data.copy()
    cleaned = clean(model, background_method=None, n_sigma=0.0)
    expected = before - np.median(before.astype(float), axis=axis, keepdims=True)
    np.testing.assert_allclose(cleaned.data, expected, atol=1e-6)
    np.testing.assert_array_equal(model.data, before)
    assert cleaned.meta.cal_step.clean_flicker_noise == "COMPLETE"


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("MIR_MRS", {}),
        ("NRC_IMAGE", {"fit_method": "fft"}),
        ("NRC_IMAGE", {"background_method": "median_image"}),
    ],
)
def test_what_it_cannot_correct_is_left_with_status_failed(kind, parameters):
    model = rate(kind)
    result = clean(model, **parameters)
    np.testing.assert_array_equal(result.data, model.data)
    assert result.meta.cal_step.clean_flicker_noise == "FAILED"


def test_series_of_soss_have_no_median_image_yet():
    with pytest.raises(GpucalError, match="median_image is not for NIS_SOSS yet"):
        clean(rate("NIS_SOSS", shape=(2, 24, 32)), background_method="median_image")


def test_traces_of_soss_take_a_reference():
    with pytest.raises(GpucalError, match="PASTASOSS reference, and there is none; name one with override_pastasoss"):
        clean(rate("NIS_SOSS", "NIRISS", "NIS", slowaxis=-1), mask_science_regions=True)


@pytest.mark.parametrize("content", [None, b"no FITS file"])
def test_a_mask_that_cannot_be_read(tmp_path, content):
    path = tmp_path / "mask.fits"
    if content:
        path.write_bytes(content)
    with pytest.raises(InputError, match="mask.fits"):
        clean(rate(), user_mask=str(path))


def test_a_mask_that_is_no_image(tmp_path):
    datamodels.RampModel((1, 2, 24, 32)).save(tmp_path / "mask.fits")
    with pytest.raises(InputError, match="is of type RampModel; a mask is"):
        clean(rate(), user_mask=str(tmp_path / "mask.fits"))


def test_a_missing_keyword_is_named():
    model = rate()
    model.meta.subarray.slowaxis = None
    with pytest.raises(InputError, match="SLOWAXIS"):
        clean(model)


def test_other_exposures_have_no_automatic_parameters():
    given = clean(rate("NRC_CORON"), autoparam=True, background_method=None)
    np.testing.assert_array_equal(given.data, clean(rate("NRC_CORON"), background_method=None).data)


FEW, MANY, NONE = 0.01, 0.3, 0.0


@pytest.mark.parametrize(
    ("masked", "offset", "steepest", "flattest", "roughness", "expected"),
    [
        (FEW, 0.1, 0.0, 0.0, NONE, ("median", True)),
        (FEW, 0.1, 1.0, 0.1, NONE, ("median", True)),
        (MANY, 0.1, 5e-5, 1e-5, NONE, ("median", False)),
        (MANY, 0.1, 2e-4, 1e-5, NONE, ("model", False)),
        (MANY, 0.0, 5e-5, 1e-5, NONE, ("model", False)),
        (MANY, 0.0, 5e-6, 1e-6, NONE, ("median", False)),
        (FEW, 0.01, 2e-4, 1e-6, 0.1, ("model", True)),
        (FEW, 0.0, 2e-4, 1e-6, 0.1, ("model", False)),
        (FEW, 0.01, 5e-5, 2e-5, NONE, ("model", False)),
        (FEW, 0.01, 5e-5, 1e-6, NONE, ("median", False)),
        (FEW, 0.01, 5e-6, 4e-6, NONE, ("median", False)),
    ],
)
def test_decisions_for_niriss(masked, offset, steepest, flattest, roughness, expected):
    assert decide(Statistics(masked, offset, steepest, flattest, roughness), LIMITS["NIS_IMAGE"]) == expected


def test_limits_of_the_roughness():
    assert LIMITS["NRC_IMAGE"].rough_rows == CENTER
    assert LIMITS["NIS_IMAGE"].rough_rows == (10 / 12, 11 / 12)


QUIET = Effects.only("sky", "one_over_f", "read_noise", one_over_f_level=6.0, sky_rate=1.0)


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        ({"detector": "NRCB1", "subarray": "SUB160"}, {}),
        ({"detector": "NRCB1", "subarray": "SUB160"}, {"background_method": "model"}),
        ({"detector": "NIS", "subarray": "SUB80"}, {}),
        ({"detector": "NRS1", "subarray": "SUB32", "exp_type": "NRS_FIXEDSLIT"}, {"fit_method": "fft"}),
    ],
    ids=["NIRCam", "NIRCam, model", "NIRISS", "NIRSpec, fft"],
)
def test_the_noise_that_was_put_in_is_removed(tmp_path, monkeypatch, settings, parameters):
    """With 1/f noise and white noise, rates lose what differs from line to line and nothing else."""
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    simulation = simulate(tmp_path, ngroups=5, effects=QUIET, seed=1, **settings)
    others = {name: {"skip": True} for name in ("refpix", "jump", "dark_current")}
    with simulation.crds():
        noisy, cleaned = (
            Detector1Pipeline.call(
                simulation.exposure,
                steps={**others, "clean_flicker_noise": {"skip": skip, "n_sigma": 5.0, **parameters}},
            )
            for skip in (True, False)
        )
    inner = (slice(4, -4), slice(4, -4))
    before, after = ((model.data - simulation.truth.rate)[inner] for model in (noisy, cleaned))
    axis = abs(noisy.meta.subarray.slowaxis) - 1
    lines = [np.nanmedian(residual, axis=axis, keepdims=True) for residual in (before, after)]
    assert np.nanstd(lines[1]) < 0.5 * np.nanstd(lines[0])
    assert np.nanstd(after - lines[1]) < 1.1 * np.nanstd(before - lines[0])
    assert np.nanstd(after) < np.nanstd(before)
    error_of_mean = np.nanstd(lines[0]) / np.sqrt(lines[0].size)
    assert abs(np.nanmean(after) - np.nanmean(before)) < 3 * error_of_mean
    assert cleaned.meta.cal_step.clean_flicker_noise == "COMPLETE"


def test_side_products_are_named_after_the_file_not_its_keyword(tmp_path):
    rate().save(tmp_path / "old_rate.fits")
    (tmp_path / "old_rate.fits").rename(tmp_path / "new_rate.fits")
    asked = {"save_mask": True, "save_background": True, "save_noise": True}
    clean(str(tmp_path / "new_rate.fits"), output_dir=str(tmp_path / "out"), **asked)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["new_flicker_bkg.fits", "new_flicker_noise.fits", "new_mask.fits"]
