"""Tables of references of slits: which rows count, how images of slitlets and losses are put together."""

import numpy as np
import pytest

from gpucal.reference import ReferenceFileError
from gpucal.steps.parts.calibration.bar_shadows import ShutterImages, stacked_images
from gpucal.steps.parts.calibration.fast_flats import fast_variation
from gpucal.steps.parts.calibration.master_backgrounds import odd_width, running_medians
from gpucal.steps.parts.calibration.pathloss_apertures import (
    Aperture,
    Axis,
    aperture_of_slitlet,
    is_closed_beside,
    place_in_slitlet,
    uniform_in_slitlet,
)
from gpucal.steps.parts.calibration.zero_points import ZeroPoints, zero_points_of


def flat_table(names=("S200A1", "ANY", "S400A1")):
    arrays = [(name, "f4", (5,)) for name in ("wavelength", "data", "error")]
    table = np.zeros(len(names), [("slit_name", "S15"), ("nelem", "i4"), *arrays])
    table["slit_name"], table["nelem"] = names, 4
    table["wavelength"] = [1, 2, 0, 4, 5]
    table["data"] = np.arange(1, len(names) + 1)[:, None] + [0, np.nan, 0, 0.5, 0]
    table["error"] = 0.25
    return table


@pytest.mark.parametrize(("slit", "first"), [("s200a1", 1), ("S1600A1", 2), ("S400A1", 2), (None, 1)])
def test_the_row_of_a_slit(slit, first):
    found = fast_variation(flat_table(), slit, "a flat")
    np.testing.assert_array_equal(found.wavelength, [1, 4])  # no NaN, no zero, not beyond the count
    np.testing.assert_array_equal(found.values, [first, first + 0.5])
    np.testing.assert_array_equal(found.errors, [0.25, 0.25])


def test_a_table_of_numbers_is_one_row():
    columns = [(name, "f4") for name in ("wavelength", "data", "error")]
    table = np.array([(1.5, 2.0, 0.5), (2.5, 0.0, 0.5), (3.5, 4.0, 0.25)], columns)
    found = fast_variation(table, "S200A1", "a flat")
    np.testing.assert_array_equal(found, [[1.5, 3.5], [2, 4], [0.5, 0.25]])


def test_a_row_or_a_column_that_is_missing():
    with pytest.raises(ReferenceFileError, match="a flat: .* no row for slit S1600A1"):
        fast_variation(flat_table(("S200A1", "S400A1")), "S1600A1", "a flat")
    with pytest.raises(ReferenceFileError, match="a flat: .* lacks error"):
        fast_variation(flat_table()[["slit_name", "nelem", "wavelength", "data"]], None, "a flat")


class Reference:
    """A barshadow reference."""

    label = "a barshadow"

    def __init__(self, nrows=1001):
        self.model = type("Model", (), {"crval1": 1e-6, "cdelt1": 1e-7, "cdelt2": 0.002})()
        rows = np.arange(nrows, dtype=float)[:, None] + np.zeros(3)
        self.model.data1x1, self.model.data1x3 = rows, 2000 + rows


def test_the_image_of_a_slitlet():
    images = ShutterImages(Reference())
    single = images.slitlet("x")
    np.testing.assert_array_equal(single[:500, 0], np.arange(500))
    assert single[500, 0] == 500.5 and (single[501:, 0] == np.arange(502, 1001)).all() and len(single) == 1000
    pair = images.slitlet("1x")
    np.testing.assert_array_equal(pair[501:1000, 0], 2000 + np.arange(1, 500))
    assert pair[500, 0] == (500 + 2000) / 2 and pair[1000, 0] == (2500 + 501) / 2 and len(pair) == 1500
    closed = images.slitlet("x01")
    np.testing.assert_array_equal(closed[501:1000, 0], np.arange(501, 1000))
    np.testing.assert_array_equal(closed[1001:1500, 0], np.arange(1, 500))
    assert (images.slitlet("1001")[1001:1500] == 0).all()  # two closed ones: the darkest
    assert [images.middle_row(state) for state in ("x", "x1", "1x")] == [500, 500, 1000]


def test_images_are_stacked_once_each():
    stack, first, count = stacked_images(ShutterImages(Reference()), ["x", None, "1x", "x"])
    assert stack.shape == (2500, 3) and first == [0, 0, 1000, 0] and count == [1000, 0, 1500, 1000]


def test_a_reference_with_other_images_is_refused():
    with pytest.raises(ReferenceFileError, match="a barshadow: .* have to have 1001 rows"):
        ShutterImages(Reference(501))


def aperture(name="MOS1x1", shutters=1, level=1.0):
    wavelength = Axis(1.0, 1e-6, 1e-6)
    place = Axis(1.0, -0.5, 0.5)
    image = np.array([[0, 1, 2], [10, 11, 12], [20, 21, 22]], np.float32)
    point = level * np.arange(8, dtype=np.float32)[:, None, None] + image
    return Aperture(name, shutters, point, (place, place, wavelength), level * np.ones(8, np.float32), wavelength)


def test_a_point_between_its_neighbours():
    found = aperture().of_point(0.25, -0.25)
    expected = np.arange(1, 9) * 1e-6
    np.testing.assert_array_equal(found.wavelength, expected.astype(np.float32) * np.float32(1e6))
    np.testing.assert_allclose(found.values, 6.5 + np.arange(8))


@pytest.mark.parametrize("place", [(-0.51, 0), (0.5, 0), (0, 0.5), (0, -0.6)])
def test_a_point_beyond_the_grid(place):
    assert aperture().of_point(*place) is None


def test_apertures_of_slitlets():
    apertures = [aperture(), aperture("MOS1x3", 3, 0.5)]
    one, three = apertures
    assert [aperture_of_slitlet(apertures, state) for state in ("x", "0x0", "1x", "11x1")] == [one, one, three, three]
    assert aperture_of_slitlet(apertures[:1], "1x") is None
    assert [is_closed_beside(state) for state in ("x", "1x", "x1", "1x1")] == [(1, 1), (0, 1), (1, 0), (0, 0)]
    assert [place_in_slitlet(0.5, state) for state in ("x", "x1", "1x", "1x1")] == [0.5, -0.5, 1.5, 0.5]
    values = [uniform_in_slitlet(apertures, three, state).values[0] for state in ("1x", "1x1", "x")]
    assert values == [0.75, 0.5, 0.5]
    assert uniform_in_slitlet([one, aperture("other", 7, 0.5)], one, "1x").values[0] == 1


def test_offsets_go_on_beyond_their_table():
    wavelengths, places = np.array([1.0, 2.0, 4.0]), np.array([-1.0, 0.0, 1.0])
    offsets = 3 * wavelengths[:, None] - 2 * places + wavelengths[:, None] * places
    table = ZeroPoints(wavelengths, places, offsets)
    for place in (-1.5, -0.25, 2.0):
        at = np.array([0.5, 1.5, 3.0, 5.0])
        np.testing.assert_allclose(table.at(at, place), 3 * at - 2 * place + at * place)
    assert zero_points_of([{"aperture_name": "MOS"}], "S200A1") is None


def test_running_medians_have_zeros_beyond_the_ends():
    np.testing.assert_array_equal(running_medians(np.array([5.0, 1, 4, 2, 3]), 3), [1, 4, 2, 3, 2])
    assert [odd_width(width) for width in (1, 4, 5)] == [1, 3, 5]
