"""Which rows multistripe readouts read, and how references are cut to them."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure
from gpucal.readouts.stripes import read_order, stored_rows, stripe_readout
from gpucal.readouts.subarray import SubarrayError
from gpucal.reference import Reference, ReferenceFileError

ROWS = 2048


def exposure(shape=(10, 6), corner=(3, 1), axes=(-1, 2), name="SUB64P", **keywords):
    """By default two rows at the start, then two times four rows from row 12 on, with two skipped in between."""
    model = datamodels.SuperstripeRampModel if keywords.get("num_superstripe") else datamodels.RampModel
    model = model(data=np.zeros((4, 1, *shape), np.float32))
    model.meta.instrument.name = "NIRCAM"
    subarray = model.meta.subarray
    subarray.name = name
    subarray.xstart, subarray.ystart = corner
    subarray.ysize, subarray.xsize = shape
    subarray.fastaxis, subarray.slowaxis = axes
    given = {
        "multistripe_reads1": 2,
        "multistripe_skips1": 10,
        "multistripe_reads2": 4,
        "multistripe_skips2": 2,
        "repeat_stripe": 0,
        "interleave_reads1": 0,
        "superstripe_step": 0,
        "num_superstripe": 0,
    }
    for keyword, value in {**given, **keywords}.items():
        setattr(subarray, keyword, value)
    return Exposure(model, "made_uncal.fits")


def rows_read(**arguments):
    return read_order(stripe_readout(exposure(**arguments).meta)).rows.tolist()


FIRST = [12, 13, 14, 15]


def test_stripes_follow_each_other():
    assert rows_read() == [[0, 1, *FIRST, 18, 19, 20, 21]]


def test_repeated_stripes_begin_anew():
    assert rows_read(shape=(12, 6), repeat_stripe=1) == [2 * [0, 1, *FIRST]]


def test_interleaved_stripes_go_on():
    assert rows_read(shape=(12, 6), repeat_stripe=1, interleave_reads1=1) == [
        [0, 1, *FIRST, 0, 1, 18, 19, 20, 21]
    ]


def test_superstripes_step():
    rows = rows_read(shape=(6, 6), superstripe_step=4, num_superstripe=3)
    assert rows == [[0, 1, *(4 * stripe + row for row in FIRST)] for stripe in range(3)]


def test_superstripes_read_as_many_rows_as_they_step_by_default():
    rows = rows_read(shape=(5, 6), multistripe_reads2=0, superstripe_step=3, num_superstripe=2)
    assert rows == [[0, 1, 12, 13, 14], [0, 1, 15, 16, 17]]


def test_bursts_count_science_rows():
    order = read_order(stripe_readout(exposure(shape=(12, 6), repeat_stripe=1).meta))
    assert order.bursts.tolist() == [[-1, -1, 0, 0, 0, 0, -1, -1, 1, 1, 1, 1]]


@pytest.mark.parametrize(
    ("start", "slowaxis", "name", "origin"),
    [
        (5, 2, "SUB64P", 4),
        (2046, -2, "SUB64P", 2),
        (1, -2, "SUB64P", 0),
        (5, 2, "SUB41STRIPE1_DHS", 0),
        (2040, -2, "SUB41STRIPE1_DHS", 0),
    ],
)
def test_where_reading_begins(start, slowaxis, name, origin):
    rows = rows_read(corner=(3, start), axes=(1, slowaxis), name=name)
    assert rows[0][:2] == [origin, origin + 1]


def test_rows_are_stored_against_the_readout():
    readout = stripe_readout(exposure(corner=(3, 2048), axes=(1, -2)).meta)
    assert stored_rows(readout).tolist() == [2047 - row for row in [21, 20, 19, 18, *FIRST[::-1], 1, 0]]


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"multistripe_skips1": None}, "MSTR_SK1"),
        ({"num_superstripe": None}, "SSTR_NST"),
        ({"multistripe_reads2": 0}, "MSTR_RD2"),
        ({"shape": (11, 6)}, "do not fill"),
        ({"multistripe_skips1": 2040}, "2052"),
    ],
)
def test_keywords_that_do_not_tell_are_refused(keywords, message):
    with pytest.raises(SubarrayError, match=message):
        rows_read(**keywords)


def reference(shape, corner=(1, 1)):
    rng = np.random.default_rng(8)
    model = datamodels.SuperBiasModel(data=rng.normal(size=shape).astype(np.float32))
    model.meta.instrument.name = "NIRCAM"
    subarray = model.meta.subarray
    subarray.xstart, subarray.ystart = corner
    subarray.ysize, subarray.xsize = shape
    return Reference("superbias", model), model.data


def test_a_reference_is_cut_to_substripes(backend):
    given, image = reference((ROWS, 9), corner=(2, 1))
    cut = backend.asnumpy(given.array("data", exposure()))
    np.testing.assert_array_equal(cut, image[[0, 1, *FIRST, 18, 19, 20, 21], 1:7])


@pytest.mark.parametrize("slowaxis", [1, -1])
def test_a_reference_is_cut_to_superstripes_along_x(backend, slowaxis):
    given, image = reference((9, ROWS))
    stripes = exposure(
        (5, 6), (1 if slowaxis > 0 else 2048, 2), (-2, slowaxis), superstripe_step=4, num_superstripe=2
    )
    cut = backend.asnumpy(given.array("data", stripes))
    assert cut.shape == (2, 5, 6)
    for stripe in range(2):
        columns = np.array([0, 1, *(4 * stripe + row for row in FIRST)])
        columns = columns if slowaxis > 0 else 2047 - columns[::-1]
        np.testing.assert_array_equal(cut[stripe], image[1:6, columns])


def test_a_reference_of_the_same_subarray_is_taken_whole(backend):
    given, image = reference((10, 6), corner=(3, 1))
    np.testing.assert_array_equal(backend.asnumpy(given.array("data", exposure())), image)


@pytest.mark.parametrize(
    ("shape", "message"), [((100, 9), "covers 100 rows"), ((ROWS, 5), "pixels 3 to 8 of 5")]
)
def test_a_reference_that_does_not_reach_is_refused(backend, shape, message):
    with pytest.raises(ReferenceFileError, match=message):
        reference(shape)[0].array("data", exposure())


def test_an_exposure_with_missing_keywords_is_named(backend):
    with pytest.raises(ReferenceFileError, match=r"made_uncal\.fits.*MSTR_SK2"):
        reference((ROWS, 9))[0].array("data", exposure(multistripe_skips2=None))
