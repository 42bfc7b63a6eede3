"""Means of places on the sky, and the frame in which a moving target stands still."""

import numpy as np
import pytest

from gpucal.as_peer import VARIABLE
from gpucal.data import Exposure
from gpucal.wcs.moving_target import FRAME, MeanPlace, with_moving_target
from tests.sky_exposures import sky_image


@pytest.mark.parametrize(
    ("longitudes", "mean"),
    [([10.0, 10.5, 11.0], 10.5), ([359.8, 0.4], 0.1), ([0.4, 359.4], 359.9), ([359.9, 0.1, 0.3], 0.1), ([0.0, 0.0], 0)],
)
def test_the_mean_of_places(longitudes, mean):
    place = MeanPlace.of(longitudes, np.linspace(-5, -4, len(longitudes)))
    assert place.longitude == pytest.approx(mean, abs=1e-12)
    assert place.latitude == -4.5
    shifts = np.array([place.shift_from(longitude, -5)[0] for longitude in longitudes])
    np.testing.assert_allclose(np.abs(shifts).max(), np.ptp(shifts) / 2, atol=0.2)
    np.testing.assert_allclose((longitudes + shifts) % 360, mean % 360, atol=1e-9)
    assert np.abs(shifts).max() < 1


def test_the_mean_as_jwst_takes_it(monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    place = MeanPlace.of([359.8, 0.4], [1, 3])
    assert place == (pytest.approx(180.1), 2)
    assert place.shift_from(359.8, 1) == (pytest.approx(-179.7), 1)


def test_the_sky_is_shifted():
    wcs = Exposure(sky_image(0)).get_wcs()
    moved = with_moving_target(wcs, (0.25, -0.5))
    assert moved.frame_names == [*wcs.frame_names, FRAME]
    assert moved.bounding_box == wcs.bounding_box
    at = [3, 50], [7, 60]
    sky = wcs.program().at(*at)
    shifted = moved.program(end=FRAME).at(*at)
    np.testing.assert_allclose(shifted - sky, [[0.25] * 2, [-0.5] * 2], atol=1e-9)
    pixels = wcs.program("world", "detector").at(*sky)
    np.testing.assert_allclose(moved.program(FRAME, "detector").at(*shifted), pixels, atol=1e-6)
    again = with_moving_target(moved, (1.0, 1.0))
    assert again.frame_names == moved.frame_names
    np.testing.assert_allclose(again.program(end=FRAME).at(*at) - sky, np.ones((2, 2)), atol=1e-9)
