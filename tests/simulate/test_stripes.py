"""Simulated multistripe exposures: which rows they hold, their keywords, and rates that come out as they went in."""

from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.readouts import stripes as readouts
from gpucal.simulate import Effects, simulate
from gpucal.simulate.detectors import DETECTORS, detector_named
from gpucal.simulate.stripes import stored_rows
from gpucal.simulate.subarrays import subarray_named, subarrays_of

STRIPED = [
    (detector.name, subarray.name)
    for detector in DETECTORS.values()
    for subarray in subarrays_of(detector).values()
    if subarray.stripes
]
NOISELESS = Effects.only(
    "sky", "bias", "dark", "hot_pixels", "linearity", "amplifier_offsets", sky_rate=500.0
)
SETTINGS = {
    "substripes": {"detector": "NRCA2", "subarray": "SUB82STRIPE2_DHS", "readpatt": "RAPID"},
    "superstripes": {"detector": "NIS", "subarray": "SUB680STRIPE_SOSS", "readpatt": "NISRAPID"},
}


def metadata(detector, subarray):
    """What the keywords of such an exposure become in a data model."""
    stripes = subarray.stripes
    return SimpleNamespace(
        subarray=SimpleNamespace(
            name=subarray.name,
            xstart=subarray.xstart,
            ystart=subarray.ystart,
            xsize=subarray.xsize,
            ysize=subarray.ysize,
            fastaxis=detector.fast_axis,
            slowaxis=detector.slow_axis,
            multistripe_reads1=stripes.reference_rows,
            multistripe_reads2=stripes.science_rows,
            multistripe_skips1=stripes.first_skips,
            multistripe_skips2=stripes.skips,
            repeat_stripe=int(stripes.repeats),
            interleave_reads1=int(stripes.interleaves),
            superstripe_step=stripes.step,
            num_superstripe=stripes.superstripes,
        )
    )


@pytest.mark.parametrize(("detector", "subarray"), STRIPED)
def test_rows_are_those_that_references_are_cut_to(detector, subarray):
    detector = detector_named(detector)
    subarray = subarray_named(detector, subarray)
    axis, rows = stored_rows(detector, subarray)
    readout = readouts.stripe_readout(metadata(detector, subarray))
    assert readout.along_y == (axis == 0)
    np.testing.assert_array_equal(np.squeeze(rows), readouts.stored_rows(readout))


def test_rows_of_substripes():
    """NRCA2 is read downwards: the row of reference pixels before each burst is the top one."""
    detector = detector_named("NRCA2")
    _axis, rows = stored_rows(detector, subarray_named(detector, "SUB82STRIPE2_DHS"))
    expected = 2047 - np.concatenate([[0], 1663 + np.arange(40), [0], 1785 + np.arange(40)])
    np.testing.assert_array_equal(rows, [expected[::-1]])


@pytest.mark.parametrize(("detector", "subarray"), [row for row in STRIPED if row[0] == "NIS"])
def test_superstripes_cover_all_science_pixels_once(detector, subarray):
    detector = detector_named(detector)
    _axis, rows = stored_rows(detector, subarray_named(detector, subarray))
    science = rows[:, :-4]
    np.testing.assert_array_equal(np.sort(science.ravel()), np.arange(4, 2044))
    np.testing.assert_array_equal(rows[:, -4:], np.tile(np.arange(2044, 2048), (len(rows), 1)))


@pytest.fixture(scope="module", params=SETTINGS.values(), ids=SETTINGS)
def noiseless(request, tmp_path_factory):
    place = tmp_path_factory.mktemp("stripes")
    return simulate(place, ngroups=6, nints=2, effects=NOISELESS, **request.param)


def test_what_is_stored(noiseless):
    with fits.open(noiseless.exposure) as hdus:
        header, shape = hdus[0].header, hdus["SCI"].data.shape
        times = len(hdus["INT_TIMES"].data)
    superstripes = max(1, header["SSTR_NST"])
    assert shape[0] == times == header["NINTS"] == 2 * superstripes
    assert shape[2:] == (header["SUBSIZE2"], header["SUBSIZE1"])
    assert header["EXP_TYPE"] == ("NIS_SOSS" if superstripes > 1 else "NRC_TSGRISM")
    with datamodels.open(noiseless.exposure) as model:
        assert model.meta.subarray.multistripe_reads2 == header["MSTR_RD2"]


def test_rates_are_the_true_ones(noiseless, monkeypatch):
    """To the rounding of raw counts: 0.3 DN in each of six groups."""
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    with noiseless.crds():
        model = Detector1Pipeline.call(str(noiseless.exposure), steps={"jump": {"skip": True}})
    truth = noiseless.truth.rate
    assert model.data.shape == truth.shape
    good = (model.dq & 1 == 0) & (truth > 0)
    assert good.mean() > 0.9
    rounding = 0.3 / model.meta.exposure.group_time * np.sqrt(12 / (6 * 35))
    np.testing.assert_array_less(np.abs(model.data - truth)[good] / rounding, 4)


def test_a_template_gives_its_stripes(noiseless, tmp_path):
    given = fits.getheader(noiseless.exposure)
    others = {"again": {}, "longer": {"nints": 3}, "plain": {"subarray": "FULL"}}
    made = {
        name: fits.getheader(
            simulate(tmp_path / name, template=noiseless.exposure, ngroups=1, effects=NOISELESS, **other).exposure
        )
        for name, other in others.items()
    }
    superstripes = max(1, given["SSTR_NST"])
    assert made["again"]["MSTR_RD2"] == made["longer"]["MSTR_RD2"] == given["MSTR_RD2"]
    assert made["again"]["NINTS"] == given["NINTS"] and made["longer"]["NINTS"] == 3 * superstripes
    assert "MSTR_RD1" not in made["plain"] and made["plain"]["NINTS"] == 2
