"""Levels of the sky, against a plain statement in double precision, and where nothing tells one."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.sky.sky_level import SkyStatistic, sky_level
from gpucal.kernels.sky.spans import whole_image
from gpucal.kernels.sky.usable_pixels import usable_values

SHAPE = 60, 70


def level_of(values, statistic):
    """Of all pixels, on the backend in use."""
    backend = current_backend()
    given = np.array([values], np.float32)
    return sky_level(backend.asarray(given), backend.asarray(whole_image(given.shape)), statistic)


def sky(level=12.0, noise=0.2):
    rng = np.random.default_rng(4)
    values = rng.normal(level, noise, SHAPE)
    values += (rng.random(SHAPE) < 0.03) * rng.exponential(50 * noise, SHAPE)
    values[rng.random(SHAPE) < 0.1] = np.nan
    return values.astype(np.float32)


def clipped(values, statistic):
    kept = values[np.isfinite(values)].astype(np.float64)
    low, high = statistic.lower or -np.inf, statistic.upper or np.inf
    kept = inside = kept[(low <= kept) & (kept <= high)]
    for _ in range(statistic.nclip):
        mean, sigma = inside.mean(), inside.std(ddof=1)
        inside = kept[(mean - statistic.lsigma * sigma <= kept) & (kept <= mean + statistic.usigma * sigma)]
    return inside


def expected_level(values, statistic):
    inside = clipped(values, statistic)
    if statistic.kind in ("mean", "median"):
        return getattr(np, statistic.kind)(inside)
    width = statistic.binwidth * inside.std(ddof=1)
    count = int((inside.max() - inside.min()) / width)
    # The last bin begins at the largest value that is kept, and takes what it holds of those that are not.
    bins, _ = np.histogram(values, count + 1, (inside.min(), inside.min() + np.ptp(inside) * (1 + 1 / count)))
    if statistic.kind == "midpt":
        below = np.cumsum(bins) / bins.sum()
        place = np.interp(0.5, np.concatenate([[0], below]), np.arange(len(bins) + 1))
    else:
        top = bins.argmax()
        second, first, _ = np.polyfit([-1, 0, 1], bins[top - 1 : top + 2], 2)
        place = top + 0.5 - first / (2 * second)
    return inside.min() + place * width


@pytest.mark.parametrize("kind", ["mean", "median", "midpt", "mode"])
@pytest.mark.parametrize(
    "options", [{}, {"nclip": 0, "upper": 12.4}, {"nclip": 3, "lsigma": 2.0, "usigma": 1.5, "lower": 11.5}], ids=str
)
def test_the_level_of_an_image(kind, options, backend):
    values, statistic = sky(), SkyStatistic(kind, **options)
    level = sky_level(backend.asarray(values), backend.asarray(whole_image(SHAPE)), statistic)
    assert level.npixels == clipped(values, statistic).size
    # A value at the edge of two bins may be in either, which moves the midpoint by one of 200 parts of a bin.
    within = 1e-6 if kind in ("mean", "median") else 0.02 / 200
    assert level.value == pytest.approx(expected_level(values, statistic), abs=within)
    assert abs(level.value - 12) < 0.1


@pytest.mark.parametrize(
    ("values", "midpoint", "mode"),
    [
        ([5, 5, 5, 5], 5, 5),
        ([1, 1, 1, 2], 1 + 2 / 3 * 0.75, 1 + 0.5 * 0.75),
        ([1, 2, 2, 2], 1 + 4 / 3 * 0.75, 1 + 1.5 * 0.75),
        ([1, 1, 2, 2], 1 + 1.5 * np.sqrt(1 / 3), 1 + 1.5 * np.sqrt(1 / 3)),
    ],
)
def test_one_bin_and_two(values, midpoint, mode):
    """Bins begin at 1 and are one and a half standard deviations wide."""
    for kind, level in (("midpt", midpoint), ("mode", mode)):
        found = level_of(values, SkyStatistic(kind, nclip=0, binwidth=1.5))
        assert found.value == pytest.approx(level, rel=1e-6)
        assert found.npixels == 4


@pytest.mark.parametrize("kind", ["mean", "median", "midpt", "mode"])
@pytest.mark.parametrize(
    ("values", "options"), [([np.nan] * 3, {}), ([1, 2, 3], {"lower": 4.0}), ([1, 2, 3], {"lower": 3.0, "upper": 2.0})]
)
def test_no_pixel_tells_a_level(kind, values, options):
    assert level_of(values, SkyStatistic(kind, **options)) is None


def test_one_pixel_is_a_mean_without_a_histogram():
    assert level_of([np.nan, 7], SkyStatistic("mean")) == (7, 1)
    assert level_of([np.nan, 7], SkyStatistic("mode")) is None


def test_usable_pixels(backend):
    data = np.array([[1, 2, 3], [np.nan, np.inf, 6]], np.float32)
    dq = np.array([[0, 1, 4], [0, 0, 5]], np.uint32)
    for bits, given, expected in [
        (1, dq, [[1, np.nan, 3], [np.nan] * 3]),
        (0xFFFFFFFF, dq, [[1, np.nan, np.nan], [np.nan] * 3]),
        (0, dq, [[1, 2, 3], [np.nan, np.nan, 6]]),
        (1, None, [[1, 2, 3], [np.nan, np.nan, 6]]),
    ]:
        flags = None if given is None else backend.asarray(given)
        values = backend.asnumpy(usable_values(backend.asarray(data), flags, bits))
        np.testing.assert_array_equal(values, np.array(expected, np.float32))
