"""Outliers that were planted are found, whatever fits in memory, and are marked in the products."""

import json
from dataclasses import replace

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.backend import current_backend, use_backend
from gpucal.errors import GpucalError
from gpucal.kernels.flags.dqflags import DO_NOT_USE, OUTLIER
from gpucal.steps import OutlierDetectionStep
from tests.dithered_stars import PLANES, integrations, observed

FOUND = DO_NOT_USE | OUTLIER


@pytest.fixture(scope="module")
def exposures():
    return observed()


def copies(models):
    return [model.copy() for model in models]


def flags_of(models):
    return np.array([model.dq & FOUND == FOUND for model in models])


def test_hits_are_found_and_marked(exposures):
    models, hits = exposures
    flagged = OutlierDetectionStep.call(copies(models))
    found = flags_of(flagged)
    usable = np.array([model.dq & DO_NOT_USE == 0 for model in models])
    bright = hits > 20 * np.array([np.nan_to_num(model.err, nan=1e9) for model in models])
    seen_by_all = (slice(None), slice(25, 75), slice(25, 85))
    assert bright[seen_by_all].sum() > 40
    assert found[seen_by_all][bright[seen_by_all]].mean() > 0.97
    assert found[(hits == 0) & usable].mean() < 1e-3
    for before, after in zip(models, flagged, strict=True):
        marked = after.dq & DO_NOT_USE != 0
        assert (after.dq[~marked] == before.dq[~marked]).all()
        assert (after.dq & ~np.uint32(FOUND) == before.dq & ~np.uint32(FOUND)).all()
        for name in PLANES:
            np.testing.assert_array_equal(getattr(after, name)[~marked], getattr(before, name)[~marked])
            assert np.isnan(getattr(after, name)[marked]).all()
        assert after.meta.cal_step.outlier_detection == "COMPLETE"


@pytest.fixture
def association(exposures, tmp_path, monkeypatch):
    """The file of an association of exposures in a folder of their own; another one is worked in."""
    inputs, here = tmp_path / "inputs", tmp_path / "here"
    inputs.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    names = [model.meta.filename for model in exposures[0]]
    for model, name in zip(copies(exposures[0]), names, strict=True):
        model.save(inputs / name)
    members = [{"expname": name, "exptype": "science"} for name in names]
    products = [{"name": "mosaic", "members": members}]
    content = {"asn_type": "image3", "asn_rule": "made", "asn_id": "a3001", "products": products}
    (inputs / "asn.json").write_text(json.dumps(content))
    yield inputs / "asn.json"
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("resample_data", [True, False])
def test_neither_memory_nor_bands_change_a_bit(resample_data, association, tmp_path):
    products = []
    for number, (in_memory, scratch) in enumerate([(True, 2**26), (False, 2**26), (False, 100_000)]):
        folder = tmp_path / str(number)
        step = OutlierDetectionStep(
            output_dir=str(folder), save_results=True, suffix="crf", in_memory=in_memory, resample_data=resample_data
        )
        with use_backend(replace(current_backend(), scratch_bytes=scratch)):
            step.run(str(association))
        products.append({path.name: datamodels.open(path) for path in sorted(folder.glob("*"))})
    first, *others = products
    assert list(first) == [f"jw01234001001_02101_0000{number}_nrcalong_a3001_crf.fits" for number in (1, 2, 3)]
    assert flags_of(first.values()).sum() > 100
    for other in others:
        for name, model in first.items():
            for array in ("dq", *PLANES):
                np.testing.assert_array_equal(getattr(other[name], array), getattr(model, array))


def test_what_is_saved_on_the_way(association, tmp_path):
    folder = tmp_path / "out"
    OutlierDetectionStep.call(str(association), output_dir=str(folder), save_intermediate_results=True)
    named = "jw01234001001_02101_0000{}_nrcalong_a3001_{}.fits".format
    drizzled = [folder / named(number, "outlier_i2d") for number in (1, 2, 3)]
    blotted = [folder / named(number, "blot") for number in (1, 2, 3)]
    assert set(folder.iterdir()) == {folder / named(1, "median"), *drizzled, *blotted}
    shown = np.array([datamodels.open(path).data for path in drizzled])
    with datamodels.open(folder / named(1, "median")) as median:
        known = np.isfinite(shown).all(axis=0) & np.isfinite(median.data)
        same = median.data[known] == np.median(shown[:, known], axis=0)
        assert same.mean() > 0.9  # but for pixels of little weight
        assert median.meta.wcs.pixel_shape == median.data.shape[::-1]
    with datamodels.open(blotted[1]) as blot:
        assert np.isfinite(blot.data).mean() > 0.8


def test_cores_of_stars_are_spared_by_the_scale(exposures):
    """A resampled median is blunter than an undersampled star of an exposure: the scale says by how much it may be."""
    models, hits = exposures
    strict, lenient = (
        flags_of(OutlierDetectionStep.call(copies(models), scale=scale))[hits == 0].sum()
        for scale in ("0.1 0.1", "2 2")
    )
    assert strict > 10 * max(lenient, 1)


def test_a_single_image_is_left_as_it_is(exposures):
    model = exposures[0][0].copy()
    (result,) = OutlierDetectionStep.call(model)
    assert result.meta.cal_step.outlier_detection == "FAILED"
    np.testing.assert_array_equal(result.dq, model.dq)


def test_series_and_coronagraphs_keep_their_medians(tmp_path):
    for kind, suffix, shape in (("NRC_TSIMAGE", "median", (14, 40, 50)), ("MIR_LYOT", "median", (40, 50))):
        model = integrations(kind)
        folder = tmp_path / kind
        OutlierDetectionStep.call(
            model, output_dir=str(folder), save_intermediate_results=True, rolling_window_width=5
        )
        (path,) = folder.iterdir()
        assert path.stem.endswith(suffix)
        with datamodels.open(path) as median:
            assert median.data.shape == shape


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"snr": "5"}, "snr is two numbers, such as '5.0 4.0', not '5'"),
        ({"scale": "a b"}, "scale is two numbers"),
        ({"snr": "nan 4"}, "snr is 'nan 4'; its numbers have to be finite, and not below 0"),
        ({"snr": "5 0"}, "snr is '5 0'; both numbers have to be larger than 0"),
        ({"scale": "1.2 -0.7"}, "scale is '1.2 -0.7'; its numbers have to be finite, and not below 0"),
        ({"pixfrac": np.nan}, "pixfrac is nan; it has to be from 0 to 1"),
        ({"maskpt": np.nan}, "maskpt is nan; it has to be from 0 to"),
        ({"maskpt": -0.5}, "maskpt is -0.5; it has to be from 0 to"),
        ({"backg": np.inf}, "backg is inf; it has to be from"),
        ({"good_bits": "~DO_NOT_USE+NOSUCH"}, "there is no flag 'NOSUCH'"),
        ({"fillval": "much"}, "fillval is a number"),
    ],
)
def test_parameters_that_cannot_be_understood(parameters, words, exposures):
    with pytest.raises(GpucalError, match=words):
        OutlierDetectionStep.call(copies(exposures[0]), **parameters)


def without_errors(models):
    models[1].err = None


def smaller(models):
    for name in (*PLANES, "dq"):
        setattr(models[2], name, getattr(models[2], name)[:-1])


def of_coronagraphs(models):
    models[0].meta.exposure.type = "NRC_CORON"


def without_slits(models):
    models[0].meta.exposure.type = "NIS_WFSS"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without_errors, "00002_nrcalong_cal.fits: outliers are told by their errors, and there is no ERR"),
        (smaller, "different shapes cannot be compared by pixels"),
        (of_coronagraphs, "of shape \\(100, 110\\), are not integrations"),
        (without_slits, "does not find outliers of spectra without a slit"),
    ],
)
def test_exposures_that_will_not_do(spoil, words, exposures):
    models = copies(exposures[0])
    spoil(models)
    with pytest.raises(GpucalError, match=words):
        OutlierDetectionStep.call(models, resample_data=False)


def test_exposures_of_another_type_are_left_as_they_are(exposures):
    models = copies(exposures[0])
    models[0].meta.exposure.type = "NRC_DARK"
    assert {model.meta.cal_step.outlier_detection for model in OutlierDetectionStep.call(models)} == {"FAILED"}
