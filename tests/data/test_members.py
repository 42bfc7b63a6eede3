"""Members: metadata of all in memory, pixels as many as fit, results the same however many these are."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.backend import current_backend
from gpucal.data import Members, open_exposure, write_model
from gpucal.data.members import group_of, members_of_one
from gpucal.data.membership import Membership
from gpucal.data.spectra import Spectra
from tests.soss_series import spectra_in_counts

SIZE = 6
NBYTES = SIZE * SIZE * 4


@pytest.fixture
def files(tmp_path):
    """Three images whose pixels are their number."""
    paths = []
    for number in range(3):
        model = datamodels.ImageModel(np.full((SIZE, SIZE), number, np.float32))
        model.dq = np.full((SIZE, SIZE), number, np.uint32)
        paths.append(tmp_path / f"jw{number}_cal.fits")
        write_model(model, paths[-1])
    return paths


def members(files, nbytes=None):
    return Members([open_exposure(path) for path in files], Membership("field", "a3001"), nbytes)


def held(given):
    return [place for place, exposure in enumerate(given) if "data" in exposure.arrays]


def add_ten(exposure):
    exposure.data += 10


def double(exposure):
    exposure.data *= 2


def host(array):
    return current_backend().asnumpy(array)


def test_pixels_are_read_when_they_are_used(files):
    given = members(files)
    with given.lease(1) as exposure:
        assert not exposure.arrays
        assert host(exposure.data)[0, 0] == 1
    assert held(given) == [1]


@pytest.mark.parametrize(("room", "left"), [(None, [0, 1, 2]), (2, [1, 2]), (1, [2]), (0, [])])
def test_those_used_longest_ago_are_dropped(files, room, left):
    given = members(files, None if room is None else room * NBYTES)
    for place in range(3):
        with given.lease(place) as exposure:
            assert exposure.data.shape == (SIZE, SIZE)
    assert held(given) == left


def test_one_that_is_leased_twice_stays_until_both_are_over(files):
    given = members(files, 0)
    with given.lease(0) as exposure:
        data = exposure.data
        with given.lease(0) as again:
            assert again.data is data
        assert held(given) == [0]
    assert held(given) == []


@pytest.mark.parametrize("nbytes", [None, 0, NBYTES])
def test_edits_are_there_in_order_however_little_is_held(files, nbytes):
    given = members(files, nbytes)
    with given.lease(0) as exposure:
        exposure.data  # noqa: B018  (so that it is held)
        given.edit(0, add_ten)
        assert host(exposure.data)[0, 0] == 10
    given.edit(0, double)
    given.edit(2, add_ten)
    for _ in range(2):
        with given.lease(1), given.lease(2) as last, given.lease(0) as first:
            assert host(first.data)[0, 0] == 20
            assert host(last.data)[0, 0] == 12


def test_pixels_that_nobody_uses_again_are_not_held(files):
    given = members(files)
    with given.lease(0, keep=False) as exposure:
        assert exposure.data.shape == (SIZE, SIZE)
    assert held(given) == []


def test_arrays_that_no_file_holds_are_not_dropped():
    given = Members([open_exposure(datamodels.ImageModel(np.ones((SIZE, SIZE), np.float32)))], nbytes=0)
    given.edit(0, add_ten)
    for _ in range(2):
        with given.lease(0) as exposure:
            assert host(exposure.data)[0, 0] == 11


def test_exposures_of_all_detectors_at_a_time_are_one_group(files):
    given = members(files)
    for exposure, number in zip(given, ("1", "2", "1"), strict=True):
        for name, value in dict(
            program_number="01234", observation_number="001", visit_number="001", visit_group="02",
            sequence_id="1", activity_id="01", exposure_number=number,
        ).items():  # fmt: skip
            setattr(exposure.meta.observation, name, value)
    assert given.groups == [[0, 2], [1]]
    assert group_of(given[1]) == "jw01234001001_02101_2"


def test_exposures_that_do_not_tell_are_groups_of_one(files):
    assert members(files).groups == [[0], [1], [2]]


def test_a_new_exposure_is_named_after_the_product(files):
    made = members(files).blank("ImageModel", data=np.zeros((2, 2), np.float32))
    assert made.source == "field"
    assert made.membership.is_alone


def test_one_exposure_is_the_only_member_of_its_product(files):
    exposure = open_exposure(files[0])
    assert members_of_one(exposure).name == str(files[0])
    exposure.membership = Membership("star", is_alone=True)
    assert members_of_one(exposure).name == "star"


def test_what_a_step_did_not_do_to_members_is_told_once(files):
    given = members(files)
    given.set_status(1, "FAILED")
    assert given.take_statuses() == {1: "FAILED"}
    assert given.take_statuses() == {}


def test_spectra_are_edited_once_however_often_they_are_leased():
    model = spectra_in_counts()
    given = Members([Spectra(model)], Membership("star", "a3001"), 0)
    before = given[0].spectra[0].table["FLUX"].copy()

    def twice(exposure):
        exposure.spectra[0].table["FLUX"] *= 2

    with given.lease(0):
        given.edit(0, twice)
    for _ in range(2):
        with given.lease(0, keep=False) as exposure:
            np.testing.assert_array_equal(exposure.spectra[0].table["FLUX"], 2 * before)
