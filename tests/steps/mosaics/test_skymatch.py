"""Levels of the sky are those that were put in, however many exposures are held; bad input is told."""

import pickle

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.core import GpucalError
from gpucal.data import Members, open_exposure, write_model
from gpucal.steps.mosaics.skymatch import SkyMatchStep, SubtractSky
from tests.sky_exposures import NOISE, sky_image

LEVELS = [1.3, 1.0, 1.15, 1.05]
PLACES = [(0, 0), (35, 10), (-20, -40), (5, 45)]


@pytest.fixture(scope="module")
def images():
    return [
        sky_image(number, place=place, turn=3 * number, level=level)
        for number, (place, level) in enumerate(zip(PLACES, LEVELS, strict=True))
    ]


def matched(images, **parameters):
    parameters = {"skystat": "mean", "disable_crds_steppars": True} | parameters
    return SkyMatchStep.call([image.copy() for image in images], **parameters)


def told(models):
    return [model.meta.background.level for model in models]


@pytest.mark.parametrize(
    ("parameters", "lowest"),
    [
        ({"skymethod": "local"}, 1.0),
        ({"skymethod": "match"}, 0.0),
        ({"skymethod": "match", "match_down": False}, -0.3),
        ({"skymethod": "global+match"}, 1.0),
    ],
    ids=str,
)
def test_levels_differ_as_the_sky_does(images, parameters, lowest):
    """Of the mean of a thousand pixels or more; the error of a difference is less than 0.005."""
    result = matched(images, **parameters)
    np.testing.assert_allclose(told(result), np.array(LEVELS) - 1.0 + lowest, atol=0.01)
    for model in result:
        assert (model.meta.background.subtracted, model.meta.background.method) == (False, parameters["skymethod"])
        assert model.meta.cal_step.skymatch == "COMPLETE"


def test_the_lowest_level_is_that_of_all(images):
    result = matched(images, skymethod="global")
    assert len(set(told(result))) == 1
    assert told(result)[0] == pytest.approx(1.0, abs=0.005)


@pytest.mark.parametrize("method", ["match", "local", "global+match"])
def test_levels_are_subtracted_if_asked_for(images, method):
    result = matched(images, skymethod=method, subtract=True)
    for image, model, level in zip(images, result, told(matched(images, skymethod=method)), strict=True):
        assert model.meta.background.subtracted is True
        assert model.meta.background.level == pytest.approx(level, abs=1e-5 * NOISE)
        np.testing.assert_allclose(model.data, image.data - np.float32(level), rtol=1e-6, atol=1e-5 * NOISE)
        np.testing.assert_array_equal(model.dq, image.dq)


def test_exposures_of_one_time_have_one_level(images):
    first, second, third = (image.copy() for image in images[:3])
    second.meta.observation.exposure_number = first.meta.observation.exposure_number
    levels = told(matched([first, second, third]))
    assert levels[0] == levels[1]
    assert levels[0] != levels[2]
    assert told(matched([first, second, third], skymethod="local"))[0] == pytest.approx(1.0, abs=0.005)


def test_levels_do_not_depend_on_how_many_are_held(images, tmp_path):
    paths = [tmp_path / image.meta.filename for image in images]
    for image, path in zip(images, paths, strict=True):
        write_model(image.copy(), path)
    found = []
    for nbytes in (None, 0):
        members = Members([open_exposure(path) for path in paths], nbytes=nbytes)
        SkyMatchStep(subtract=True, skymethod="global+match").process(members, None)
        held = sum("data" in exposure.arrays for exposure in members)
        assert held == (len(images) if nbytes is None else 0)
        found.append([])
        for place in range(len(members)):
            with members.lease(place) as exposure:
                found[-1].append(current_backend().asnumpy(exposure.data).copy())
        found[-1].append(told(members))
    np.testing.assert_array_equal(found[0][:-1], found[1][:-1])
    assert found[0][-1] == found[1][-1]


def test_sets_that_do_not_overlap_are_matched_each_and_told(images, caplog):
    others = [sky_image(10 + number, place=(x, 900), level=1.0 + number) for number, x in enumerate((0, 30))]
    far = sky_image(20, place=(2000, 0))
    result = matched([*images[:2], *others, far])
    levels = told(result)
    assert levels[1] == pytest.approx(levels[0] - 0.3, abs=0.02)
    assert levels[3] == pytest.approx(levels[2] + 1.0, abs=0.02)
    assert min(levels[:4]) == 0
    assert levels[4] is None
    assert [model.meta.cal_step.skymatch for model in result] == ["COMPLETE"] * 4 + ["SKIPPED"]
    assert "2 sets that do not overlap" in caplog.text
    assert f"No level of the sky is known for {far.meta.filename}" in caplog.text


def test_an_exposure_without_a_usable_pixel_has_no_level(images):
    first, second = (image.copy() for image in images[:2])
    second.dq[:] |= 1
    statuses = [model.meta.cal_step.skymatch for model in matched([first, second], skymethod="local")]
    assert statuses == ["COMPLETE", "SKIPPED"]
    assert told(matched([first, second])) == [None, None]
    assert told(matched([first, second], skymethod="global")) == [pytest.approx(1.3, abs=0.005)] * 2


def test_levels_of_the_user(images, tmp_path):
    path = tmp_path / "levels.txt"
    names = [image.meta.filename.replace("_cal.fits", "_tweakreg.fits") for image in images]
    path.write_text("# name level\n" + "".join(f"{name}  {place / 8}\n\n" for place, name in enumerate(names)))
    result = matched(images, skymethod="user", skylist=str(path), subtract=True)
    assert told(result) == [0, 0.125, 0.25, 0.375]
    np.testing.assert_array_equal(result[3].data, images[3].data - np.float32(0.375))
    assert result[0].meta.background.method == "user"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("a_cal 1\n", "1 levels of the sky for 2 exposures"),
        ("a_cal 1\nb_cal 2\n", "no levels of the sky for jw01234001001_02101_00001_nrcalong0: there is to be one"),
        ("jw01234001001_02101_00001_nrcalong0_cal 1\n" * 2, "has 2 levels of the sky for jw0"),
        ("a_cal 1\nb_cal\n", "line 2: a name and a level are expected, not 'b_cal'"),
        ("a_cal one\n", "line 1: a name and a level"),
    ],
)
def test_a_list_that_will_not_do(images, tmp_path, lines, message):
    path = tmp_path / "levels.txt"
    path.write_text(lines)
    with pytest.raises(GpucalError, match=message):
        matched(images[:2], skymethod="user", skylist=str(path))


def test_no_list(images, tmp_path):
    with pytest.raises(GpucalError, match="name it with skylist"):
        matched(images, skymethod="user")
    with pytest.raises(GpucalError, match="cannot be read"):
        matched(images, skymethod="user", skylist=str(tmp_path / "none.txt"))


@pytest.mark.parametrize(
    ("before", "subtract", "message"),
    [
        ((1.0, True), False, "has been subtracted by an earlier run of skymatch: use subtract=True"),
        ((1.0, False), True, "was not subtracted by an earlier run"),
        ((1.0, None), False, "of BKGLEVEL and BKGSUB the header has one alone"),
        ((None, True), True, "one alone"),
    ],
)
def test_levels_of_an_earlier_run(images, before, subtract, message):
    first, second = (image.copy() for image in images[:2])
    second.meta.background.level, second.meta.background.subtracted = before
    with pytest.raises(GpucalError, match=message):
        matched([first, second], subtract=subtract)


def test_what_an_earlier_run_subtracted_is_added(images):
    again = matched(matched(images, subtract=True, skymethod="local"), subtract=True, skymethod="local")
    np.testing.assert_allclose(told(again), LEVELS, atol=0.005)


@pytest.mark.parametrize("name", ["lsigma", "usigma", "binwidth"])
def test_nothing_is_clipped_at_zero(images, name):
    with pytest.raises(GpucalError, match=f"{name} must not be 0"):
        matched(images, **{name: 0})


@pytest.mark.parametrize(("name", "value"), [("binwidth", np.inf), ("binwidth", np.nan), ("lsigma", np.nan)])
def test_numbers_that_will_not_do(images, name, value):
    with pytest.raises(GpucalError, match=f"{name} is {value}; it has to be from 0 to"):
        matched(images, **{name: value})


@pytest.mark.parametrize("stepsize", [0, -3])
def test_outlines_have_parts(images, stepsize):
    with pytest.raises(GpucalError, match=f"stepsize is {stepsize}; it has to be from 1 to"):
        matched(images, stepsize=stepsize)


def test_an_exposure_without_coordinates(images):
    first, second = (image.copy() for image in images[:2])
    del second.meta.wcs
    with pytest.raises(GpucalError, match="has no world coordinates; run assign_wcs on it first"):
        matched([first, second])


def test_an_edit_can_be_sent():
    assert pickle.loads(pickle.dumps(SubtractSky(0.5))) == SubtractSky(0.5)
