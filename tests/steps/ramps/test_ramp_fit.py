"""The ramp_fit step: products, keywords, groups that are fitted, and what is refused."""

import logging
from pathlib import Path

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.kernels.flags.dqflags import DO_NOT_USE, SATURATED
from gpucal.steps.ramps.ramp_fit import RampFitStep

GROUP_TIME = 10.0
NY, NX = 4, 6


def described(model, instrument="NIRCAM", detector="NRCA1"):
    model.meta.instrument.name, model.meta.instrument.detector = instrument, detector
    window = {"xstart": 1, "ystart": 1, "xsize": NX, "ysize": NY}
    for name, value in window.items():
        setattr(model.meta.subarray, name, value)
    return model


def ramp(nints=2, ngroups=5, **keywords):
    """A ramp that rises by 20 DN a group, by 50 DN a group in its second half."""
    model = described(datamodels.RampModel((nints, ngroups, NY, NX)), **keywords)
    group = np.arange(ngroups)[:, None, None]
    rise = 20 * group + 30 * np.maximum(group - ngroups // 2, 0)
    model.data = np.broadcast_to(np.float32(100 + rise), model.shape).copy()
    model.groupdq = np.zeros(model.shape, np.uint8)
    model.pixeldq = np.zeros((NY, NX), np.uint32)
    model.meta.filename = "made_jump.fits"
    model.meta.exposure.type = "NRC_IMAGE"
    model.meta.exposure.nframes, model.meta.exposure.groupgap = 1, 0
    model.meta.exposure.group_time = model.meta.exposure.frame_time = GROUP_TIME
    return model


@pytest.fixture
def fit():
    """Run the step with a gain of 2 and a read noise of 8 DN."""

    def run(model, gain_factor=None, **parameters):
        gain, noise = datamodels.GainModel(), datamodels.ReadnoiseModel()
        meta = ramp().meta if isinstance(model, Path) else model.meta
        for reference, value in ((gain, 2), (noise, 8)):
            reference.data = np.full((NY, NX), value, np.float32)
            described(reference, meta.instrument.name, meta.instrument.detector)
        gain.meta.exposure.gain_factor = gain_factor
        return RampFitStep.call(model, override_gain=gain, override_readnoise=noise, **parameters)

    return run


def test_products(fit):
    model = ramp()
    times = np.zeros(2, dtype=model.get_dtype("int_times"))
    times["integration_number"] = [1, 2]
    model.int_times = times
    rate, rateints = fit(model, gain_factor=1.5)
    assert (type(rate).__name__, type(rateints).__name__) == ("ImageModel", "CubeModel")
    assert (rate.shape, rateints.shape) == ((NY, NX), (2, NY, NX))
    for product in (rate, rateints):
        assert (product.meta.bunit_data, product.meta.bunit_err) == ("DN/s", "DN/s")
        assert product.meta.cal_step.ramp_fit == "COMPLETE"
        assert product.meta.exposure.gain_factor == 1.5
    assert list(rateints.int_times["integration_number"]) == [1, 2]
    assert model.meta.exposure.gain_factor is None


def test_result_by_name(fit):
    result = fit(ramp())
    assert result.rate is result[0] and result.rateints is result[1]


def test_the_input_is_not_changed(fit):
    model = ramp()
    before = model.copy()
    fit(model, firstgroup=2)
    for name in ("data", "groupdq", "pixeldq"):
        np.testing.assert_array_equal(getattr(model, name), getattr(before, name))


@pytest.mark.parametrize(
    ("limits", "rise"),
    [({"lastgroup": 2}, 20), ({"firstgroup": 2}, 50), ({"firstgroup": 3, "lastgroup": 4}, 50)],
)
def test_only_the_groups_asked_for_are_fitted(fit, limits, rise):
    rate, _ = fit(ramp(), **limits)
    np.testing.assert_allclose(rate.data, rise / GROUP_TIME, rtol=1e-6)


def test_a_range_that_is_none_is_ignored_with_a_warning(fit, caplog):
    expected, _ = fit(ramp())
    with caplog.at_level(logging.WARNING):
        rate, _ = fit(ramp(), firstgroup=3, lastgroup=3)
    assert "not a range" in caplog.text
    np.testing.assert_array_equal(rate.data, expected.data)


def test_no_warning_where_no_range_is_asked_for(fit, caplog):
    with caplog.at_level(logging.WARNING):
        fit(ramp(ngroups=1))
    assert "not a range" not in caplog.text


def test_single_groups_are_fitted_if_asked_for(fit):
    model = ramp()
    model.groupdq[:, 1:] = SATURATED
    assert np.isnan(fit(model).rate.data).all()
    np.testing.assert_allclose(fit(model, suppress_one_group=False).rate.data, 100 / GROUP_TIME, rtol=1e-6)


@pytest.mark.parametrize("flag", [SATURATED, DO_NOT_USE])
@pytest.mark.parametrize("detector", [("NIRCAM", "NRCA1"), ("MIRI", "MIRIMAGE")])
def test_an_exposure_without_a_usable_group_has_products(fit, flag, detector):
    model = ramp(instrument=detector[0], detector=detector[1])
    model.groupdq[:] = flag
    for product in fit(model):
        assert np.isnan(product.data).all()
        assert (product.dq & (DO_NOT_USE | flag) == DO_NOT_USE | flag).all()
        assert not product.err.any()


def test_miri_needs_two_groups_between_unusable_ends(fit, caplog):
    model = ramp(ngroups=3, instrument="MIRI", detector="MIRIMAGE")
    model.groupdq[:, [0, 2]] = DO_NOT_USE
    rate, _ = fit(model, suppress_one_group=False)
    assert "no pixel has a rate" in caplog.text
    assert np.isnan(rate.data).all() and (rate.dq & DO_NOT_USE).all()


@pytest.mark.parametrize("opt_name", ["", "chosen.fits"])
def test_optional_results_are_saved(fit, tmp_path, opt_name):
    fit(ramp(), save_opt=True, opt_name=opt_name, output_dir=str(tmp_path))
    path = tmp_path / f"{'chosen' if opt_name else 'made'}_fitopt.fits"
    assert [path] == list(tmp_path.iterdir())
    with datamodels.RampFitOutputModel(path) as saved:
        assert saved.slope.shape == (2, 1, NY, NX)
        assert saved.meta.instrument.detector == "NRCA1"
        np.testing.assert_allclose(saved.pedestal[0, 0, 0], 100 - saved.slope[0, 0, 0, 0], rtol=1e-6)


def test_optional_results_are_named_after_the_file_not_its_keyword(fit, tmp_path):
    ramp().save(tmp_path / "first_jump.fits")
    actual = tmp_path / "renamed_jump.fits"
    (tmp_path / "first_jump.fits").rename(actual)
    fit(actual, save_opt=True, output_dir=str(tmp_path / "out"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["renamed_fitopt.fits"]


def test_dropped_frames_move_the_pedestal(fit, tmp_path):
    model = ramp()
    model.meta.exposure.groupgap, model.meta.exposure.drop_frames1 = 3, 2
    fit(model, save_opt=True, output_dir=str(tmp_path))
    with datamodels.RampFitOutputModel(tmp_path / "made_fitopt.fits") as saved:
        expected = 100 - saved.slope[0, 0, 0, 0] * (1 + 2) / (1 + 3)
        np.testing.assert_allclose(saved.pedestal[0, 0, 0], expected, rtol=1e-6)


def even_ramp(**keywords):
    """A ramp that rises by 20 DN a group."""
    model = ramp(**keywords)
    model.data[:] = 100 + 20 * np.arange(model.data.shape[1], dtype=np.float32)[:, None, None]
    return model


def test_the_likelihood_algorithm(fit):
    rate, rateints = fit(even_ramp(), algorithm="LIKELY")
    np.testing.assert_allclose(rate.data, 20 / GROUP_TIME, rtol=1e-6)
    np.testing.assert_allclose(rate.err**2, rate.var_poisson + rate.var_rnoise, rtol=1e-5)
    # The read noise of a line over 5 groups that are read once.
    read_variance = 8**2 / 2 / (GROUP_TIME**2 * 10)
    assert rateints.var_rnoise == pytest.approx(read_variance, rel=0.2)


def test_its_chi_squared_is_saved(fit, tmp_path):
    fit(even_ramp(), algorithm="LIKELY", save_opt=True, output_dir=str(tmp_path))
    path = tmp_path / "made_likely_chisq.fits"
    assert [path] == list(tmp_path.iterdir())
    with datamodels.ImageModel(path) as saved:
        assert saved.data.shape == (NY, NX)
        np.testing.assert_allclose(saved.data, 0, atol=1e-6)


def test_groups_at_uneven_times_are_fitted_by_likelihood(fit, caplog):
    model = even_ramp(ngroups=5)
    model.data[:, 3:] += 20
    model.meta.exposure.read_times = [[10.0], [20.0], [30.0], [50.0], [60.0]]
    with caplog.at_level(logging.WARNING):
        rate, _ = fit(model)
    assert "unevenly spaced" in caplog.text
    np.testing.assert_allclose(rate.data, 20 / GROUP_TIME, rtol=1e-6)


def test_likelihood_needs_no_end_of_a_ramp_left_out(fit):
    model = even_ramp(ngroups=7, instrument="MIRI", detector="MIRIMAGE")
    model.groupdq[:, [0, 6]] = DO_NOT_USE
    rate, _ = fit(model, algorithm="LIKELY")
    np.testing.assert_allclose(rate.data, 20 / GROUP_TIME, rtol=1e-6)
    assert not rate.dq.any()


def test_few_groups_are_fitted_by_least_squares(fit):
    expected = fit(ramp(ngroups=3))
    result = fit(ramp(ngroups=3), algorithm="LIKELY")
    np.testing.assert_array_equal(result.rate.data, expected.rate.data)


@pytest.mark.parametrize("keyword", ["nframes", "groupgap", "group_time", "frame_time"])
def test_missing_keywords_are_named(fit, keyword):
    model = ramp()
    setattr(model.meta.exposure, keyword, None)
    named = {"nframes": "NFRAMES", "groupgap": "GROUPGAP", "group_time": "TGROUP", "frame_time": "TFRAME"}
    with pytest.raises(GpucalError, match=named[keyword]):
        fit(model)
