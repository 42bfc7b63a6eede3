"""Simulated series: light, places, segments, and what the command line offers."""

import numpy as np
import pytest
from astropy.io import fits

from gpucal.cli.main import main
from gpucal.simulate import (
    Dip,
    Effects,
    SeriesObservation,
    SeriesPlan,
    SlitPlan,
    observe_series,
    observe_slits,
)
from gpucal.simulate.errors import SimulationError


def test_a_transit_has_its_depth_and_flanks():
    transit = Dip(0.02, 0.5, 0.4, 0.1)
    np.testing.assert_allclose(transit.at([0, 0.3, 0.35, 0.4, 0.5, 0.65, 1]), [1, 1, 0.99, 0.98, 0.98, 0.99, 1])
    assert transit.is_full([0.5, 0.35]).tolist() == [True, False]
    assert transit.is_outside([0.1, 0.35]).tolist() == [True, False]
    with pytest.raises(SimulationError):
        Dip(0.02, 0.5, 0.1, 0.2)


def test_segments_hold_the_light_of_the_star(tmp_path):
    plan = SeriesPlan(nints=9, segments=2, jitter=0.05, hits=0)
    quiet = Effects(poisson=False, read_noise=False, bad_pixels=False)
    made = observe_series(tmp_path, plan, quiet)
    again = SeriesObservation.load(tmp_path)
    assert (again.exposures, again.flux, again.level3) == (made.exposures, made.flux, made.level3)
    truth, sums, places, times = made.truth, [], [], []
    for path, numbers in zip(made.exposures, ((1, 4), (5, 9)), strict=True):
        with fits.open(path) as hdus:
            header, data = hdus[0].header, hdus["SCI"].data.astype(float)
            assert (header["INTSTART"], header["INTEND"], header["NINTS"]) == (*numbers, 9)
            assert header["EXP_TYPE"] == "NRC_TSIMAGE" and header["TSOVISIT"]
            times += list(hdus["INT_TIMES"].data["int_mid_MJD_UTC"])
        data = np.nan_to_num(data - np.nanmedian(data, axis=(1, 2), keepdims=True))
        rows, columns = np.indices(data.shape[1:])
        near = np.hypot(columns - 31.8, rows - 30.9) < 8
        sums += list((data * near).sum(axis=(1, 2)))
        places += [np.sum(plane * near * columns) / np.sum(plane * near) for plane in data]
    np.testing.assert_array_equal(times, truth["mjd"])
    np.testing.assert_allclose(np.array(sums) / sums[0], truth["flux"] / truth["flux"][0], rtol=3e-4)
    np.testing.assert_allclose(np.diff(places), np.diff(truth["x"]), atol=5e-3)


def test_there_are_no_more_segments_than_integrations():
    with pytest.raises(SimulationError, match="2 integrations make no 3 segments"):
        SeriesPlan(nints=2, segments=3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--observation", "series", "--dithers", "3"], "--dithers does not hold for --observation series"),
        (["--observation", "dither", "--depth", "0.1"], "--depth is for series"),
    ],
)
def test_options_that_do_not_hold_are_told(tmp_path, capsys, options, words):
    assert main(["simulate", str(tmp_path), *options]) == 1
    assert words in capsys.readouterr().err


def test_the_point_of_a_spectrum_dims_and_the_sky_does_not(tmp_path):
    quiet = Effects(poisson=False, read_noise=False, bad_pixels=False, cosmic_rays=False)
    made = observe_slits(tmp_path, SlitPlan.named("lrs-slitless", nints=3, dip=Dip(0.1, ingress=0.02)), True, quiet)
    assert made.level3.name.endswith("tso3_asn.json")
    first, middle, last = fits.getdata(made.exposures[0].path, "SCI").astype(float)
    np.testing.assert_array_equal(first, last)
    row = first[250] - np.nanmedian(first[250])
    brightest, beside = np.nanargmax(row), np.nanargmin(row)
    star = first[250] - np.nanmin(first[250])
    lost = (first - middle)[250]
    assert lost[brightest] == pytest.approx(0.1 * star[brightest], rel=0.02)
    assert abs(lost[beside]) < 1e-3 * lost[brightest]
