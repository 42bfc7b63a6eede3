"""Stage 3 of series: from a simulated transit to its light curve, segments, bad members and bad input."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from gpucal.core import GpucalError
from gpucal.data import InputError
from gpucal.pipelines import Image2Pipeline, Tso3Pipeline
from gpucal.simulate import Dip, SeriesPlan, observe_series
from gpucal.steps import CleanFlickerNoiseStep

NINTS, DEPTH = 32, 0.01
NAME = "jw01000-o001_t001_nircam_clear-f200w-sub64p"


@pytest.fixture(scope="module")
def observed(tmp_path_factory):
    """A series of two segments, calibrated."""
    directory = tmp_path_factory.mktemp("series")
    plan = SeriesPlan(nints=NINTS, segments=2, transit=Dip(DEPTH, duration=0.5), hits=1)
    made = observe_series(directory, plan)
    with made.crds():
        Image2Pipeline.call(made.level2, output_dir=str(directory), save_results=True)
    return made


@pytest.fixture
def series(observed, tmp_path):
    """Its association and calibrated segments, in a folder of their own."""
    for path in observed.exposures:
        shutil.copy(path.with_name(path.name.replace("rateints", "calints")), tmp_path)
    return observed, Path(shutil.copy(observed.level3, tmp_path)), sorted(tmp_path.glob("*calints.fits"))


def tso3(observed, source, tmp_path, **parameters):
    out = tmp_path / "out"
    with observed.crds():
        result = Tso3Pipeline.call(source, output_dir=str(out), save_results=True, **parameters)
    return result, out


def test_images_become_a_light_curve_with_the_depth_of_the_transit(series, tmp_path, caplog):
    observed, asn, _ = series
    with caplog.at_level("INFO", logger="gpucal"):
        result, out = tso3(observed, asn, tmp_path)
    names = sorted(path.name for path in out.iterdir())
    assert names == [
        f"{NAME}_phot.ecsv",
        "jw01000001001_02101_00001-seg001_nrcb1_o001_crfints.fits",
        "jw01000001001_02101_00001-seg002_nrcb1_o001_crfints.fits",
    ]
    table, truth = Table.read(out / names[0]), observed.truth
    np.testing.assert_array_equal(result["MJD"], table["MJD"])
    np.testing.assert_array_equal(table["MJD"], truth["mjd"])
    assert table.meta["number_of_integrations"] == NINTS
    whole = table["aperture_bad_pixels"] == 0
    assert 0 < (~whole).sum() < NINTS / 2
    share = table["net_aperture_sum"].value / truth["flux"]
    error = table["net_aperture_sum_err"].value / truth["flux"]
    pulls = ((share - np.median(share[whole])) / error)[whole]
    assert abs(np.mean(pulls)) < 3 / np.sqrt(whole.sum())
    assert 0.6 < np.std(pulls) < 1.7
    full, outside = (np.asarray(choose(truth["moment"])) & whole for choose in (
        Dip(DEPTH, duration=0.5).is_full, Dip(DEPTH, duration=0.5).is_outside))  # fmt: skip
    light = table["net_aperture_sum"].value
    assert 1 - light[full].mean() / light[outside].mean() == pytest.approx(DEPTH, abs=1.5e-3)
    assert np.median(np.abs(np.diff(table["centroid_x"].value) - np.diff(truth["x"]))) < 0.015
    assert "ppm from one integration to the next" in caplog.text
    with fits.open(out / names[1]) as hdus:
        assert hdus[0].header["S_OUTLIR"] == "COMPLETE" and (hdus["DQ"].data & 16).any()


def test_products_are_those_of_one_file_alone(series, tmp_path):
    observed, _, (first, second) = series
    result, out = tso3(observed, [first, second], tmp_path)
    assert len(result) == NINTS
    assert sum(path.name.endswith("crfints.fits") for path in out.iterdir()) == 2


@pytest.mark.parametrize("damage", ["truncated", "missing"])
def test_one_bad_file_does_not_end_the_series(series, tmp_path, damage, caplog):
    observed, asn, (first, second) = series
    if damage == "missing":
        second.unlink()
    else:
        second.write_bytes(second.read_bytes()[:100000])
    with pytest.raises(GpucalError, match=f"1 exposures of the series could not be used.*{second.name}"):
        tso3(observed, asn, tmp_path)
    table = Table.read(tmp_path / "out" / f"{NAME}_phot.ecsv")
    assert len(table) == NINTS / 2
    assert second.name in caplog.text


def test_a_member_that_cannot_be_measured_is_left_out(series, tmp_path):
    observed, asn, (first, second) = series
    with fits.open(second, mode="update") as hdus:
        del hdus["INT_TIMES"]
    with pytest.raises(GpucalError, match=second.name):
        tso3(observed, asn, tmp_path)
    assert len(Table.read(tmp_path / "out" / f"{NAME}_phot.ecsv")) == NINTS / 2
    with observed.crds():  # nothing is saved: the others are handed back, and the log tells
        assert len(Tso3Pipeline.call(asn)) == NINTS / 2


def test_tables_of_members_are_saved_beside_that_of_all(series, tmp_path):
    observed, asn, (first, second) = series
    tree = json.loads(asn.read_text())
    del tree["products"][0]["members"][1]
    asn.write_text(json.dumps(tree))
    _, out = tso3(observed, asn, tmp_path, steps={"tso_photometry": {"save_catalog": True}})
    assert (out / f"{NAME}_phot.ecsv").exists()
    assert (out / first.name.replace("calints.fits", "phot.ecsv")).exists()


def _one_integration(header):
    header["NINTS"] = 1


def _no_series(header):
    header["TSOVISIT"], header["EXP_TYPE"] = False, "NRC_IMAGE"


def _rates(header):
    header["S_WCS"] = "SKIPPED"


@pytest.mark.parametrize(
    ("change", "words"),
    [(_one_integration, "NINTS 1"), (_no_series, "is no time series"), (_rates, "no world coordinates")],
)
def test_what_is_no_calibrated_series_is_refused(series, tmp_path, change, words):
    observed, _, (first, _) = series
    with fits.open(first, mode="update") as hdus:
        change(hdus[0].header)
    with pytest.raises(InputError, match=words):
        tso3(observed, first, tmp_path)


def test_noise_that_rows_share_is_removed_where_each_integration_has_its_own_light(tmp_path):
    plan = SeriesPlan(nints=8, segments=1, flicker=40.0, hits=0, transit=Dip(0.2, duration=0.6))
    made = observe_series(tmp_path, plan)
    given = fits.getdata(made.exposures[0], "SCI")
    with made.crds():
        cleaned = CleanFlickerNoiseStep.call(
            made.exposures[0], background_method="median_image", n_sigma=0.0, skip=False
        ).data  # fmt: skip
    away = (slice(None), slice(None), slice(4, 24))

    def of_rows(data):
        rows = np.nanmedian(data[away], axis=2)
        return np.std(rows - np.median(rows, axis=0))

    assert of_rows(given) > 35
    assert of_rows(cleaned) < 15  # that of the photons
    light = [np.nansum(plane[22:40, 22:41]) for plane in cleaned]
    level = np.nanmedian(cleaned[away]) * 18 * 19
    share = (np.array(light) - level) / (light[0] - level)
    np.testing.assert_allclose(share, made.truth["flux"] / made.truth["flux"][0], atol=0.01)
