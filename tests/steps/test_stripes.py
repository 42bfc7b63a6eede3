"""Superstripes: what the frames that they make say of themselves, and what is refused."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.data import Exposure, open_exposure
from gpucal.kernels.flags.dqflags import REFERENCE_PIXEL
from gpucal.readouts.stripes import detector_regions
from gpucal.readouts.superstripe_times import condensed_times
from gpucal.readouts.superstripes import reassembled
from tests.stripe_exposures import SUPERSTRIPES, raw_exposure, stripe_ramp

SOSS = SUPERSTRIPES["soss"]
REPEATED = SUPERSTRIPES["repeated"]


def stripes(layout=SOSS, **arguments):
    return Exposure(stripe_ramp(layout, 3, **arguments), "made_uncal.fits")


def test_integrations_take_their_stripe_in_turn():
    regions = [(region, integrations.start) for region, integrations in detector_regions(stripes())]
    assert regions == [(0, 0), (1, 1), (2, 2), (0, 3), (1, 4), (2, 5)]


def test_other_exposures_have_one_region():
    assert list(detector_regions(Exposure(datamodels.RampModel((2, 1, 4, 4))))) == [(..., slice(None))]


def test_raw_superstripes_are_opened_with_flags_for_each_stripe(tmp_path):
    path = raw_exposure(stripe_ramp(SOSS, 3), tmp_path / "made_uncal.fits")
    for source in (path, datamodels.open(path)):
        exposure = open_exposure(source)
        assert exposure.model_type == "SuperstripeRampModel"
        assert exposure.pixeldq.shape == (3, 12, 14)
        assert exposure.groupdq.shape == exposure.data.shape == (6, 3, 12, 14)


def test_frames_hold_the_science_rows_and_nothing_else(backend):
    given = stripes()
    read = backend.asnumpy(given.data).copy()

    frames = reassembled(given)

    data, pixeldq = backend.asnumpy(frames.data), backend.asnumpy(frames.pixeldq)
    assert frames.model_type == "RampModel"
    assert data.shape == (2, 3, 12, 2048)
    for stripe in range(3):
        last = 2048 - 4 - 10 * stripe
        np.testing.assert_array_equal(data[..., last - 10 : last], read[stripe::3, ..., :10])
    assert np.isnan(data[..., :2014]).all() and np.isnan(data[..., 2044:]).all()
    assert (pixeldq[:, 2014:2044] == 0).all()
    assert (pixeldq[:, :2014] == REFERENCE_PIXEL).all() and (pixeldq[:, 2044:] == REFERENCE_PIXEL).all()


def test_keywords_tell_of_frames():
    given = stripes()
    given.meta.exposure.integration_start, given.meta.exposure.integration_end = 7, 12

    meta = reassembled(given).meta

    assert (meta.exposure.integration_start, meta.exposure.integration_end, meta.exposure.nints) == (3, 4, 2)
    assert (meta.subarray.xsize, meta.subarray.ysize) == (2048, 12)
    assert (meta.subarray.xstart, meta.subarray.ystart) == (1, 506)
    assert meta.subarray.multistripe_reads1 is None and meta.subarray.num_superstripe is None
    assert not meta.exposure.read_times


def test_repeated_reads_become_groups_at_uneven_times():
    """Two rows of 40 columns over 4 outputs take 44 pixel times; a reset takes one row more, and one pixel."""
    meta = reassembled(stripes(REPEATED, ngroups=2)).meta

    assert meta.exposure.ngroups == 8
    assert (meta.subarray.ysize, meta.subarray.ystart) == (6, 2048 - 2 - 166 - 6 + 1)
    reset, following = (22 * 3 + 1) * 1e-5, 22 * 2 * 1e-5
    within = reset + following * np.arange(4)
    second = reset + following * 3
    np.testing.assert_allclose(np.ravel(meta.exposure.read_times), [*within, *(second + within)], rtol=1e-12)


def test_times_of_frames_span_their_stripes():
    given = stripes()
    dtype = datamodels.RampModel().get_dtype("int_times_stripe")
    table = np.asarray(given.int_times)

    frames, per_stripe = condensed_times(table, 3, 4, dtype)

    assert frames["integration_number"].tolist() == [4, 5]
    np.testing.assert_array_equal(frames["int_start_MJD_UTC"], table["int_start_MJD_UTC"][[0, 3]])
    np.testing.assert_array_equal(frames["int_end_BJD_TDB"], table["int_end_BJD_TDB"][[2, 5]])
    middle = (table["int_start_MJD_UTC"][[0, 3]] + table["int_end_MJD_UTC"][[2, 5]]) / 2
    np.testing.assert_allclose(frames["int_mid_MJD_UTC"], middle, rtol=0, atol=1e-10)
    assert per_stripe["integration_number"].tolist() == [4, 4, 4, 5, 5, 5]
    assert per_stripe["stripe_number"].tolist() == [1, 2, 3, 1, 2, 3]
    np.testing.assert_array_equal(per_stripe["int_mid_BJD_TDB"], table["int_mid_BJD_TDB"])


def shortened(given):
    given.data = given.data[:2]


def cut_times(given):
    given.model.int_times = given.model.int_times[:5]


def without(name):
    def remove(given):
        node = given.meta.exposure if name == "noutputs" else given.meta.subarray
        setattr(node, name, None)

    return remove


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (shortened, "2 integrations hold no round of 6 superstripes"),
        (cut_times, "5 rows, no multiple of 6"),
        (without("multistripe_skips1"), "MSTR_SK1"),
        (without("noutputs"), "NOUTPUTS"),
    ],
)
def test_what_cannot_be_reassembled_is_refused(spoil, message):
    given = stripes(REPEATED)
    spoil(given)
    with pytest.raises(GpucalError, match=rf"made_uncal\.fits: .*{message}"):
        reassembled(given)
