"""Darks in another read pattern, continued darks, and their subtraction, against plain NumPy."""

import numpy as np
import pytest

from gpucal.backend import strips, use_backend
from gpucal.kernels.ramps.dark_current import dark_groups, frames_spanned, groups_to_span, subtract_dark


@pytest.fixture
def dark():
    """A dark of 11 frames that bends, with noise and one NaN pixel in two of its frames."""
    rng = np.random.default_rng(11)
    time = np.arange(11.0)[:, None, None]
    frames = 3 * time + 0.1 * time**2 + rng.normal(0, 1, (11, 4, 5))
    frames[[2, 10], 1, 3] = np.nan
    return frames.astype(np.float32)


def averages(frames, ngroups, nframes, groupgap):
    """Plain statement: NaN is zero; group g averages the frames from g (nframes + groupgap) on."""
    frames = np.where(np.isnan(frames), 0, frames).astype(float)
    starts = [group * (nframes + groupgap) for group in range(ngroups)]
    return np.array([frames[start : start + nframes].mean(axis=0) for start in starts])


def continued(dark, extra):
    """Plain statement: each frame more adds the difference of the last two."""
    dark = dark.astype(float)
    slope = dark[-1] - dark[-2]
    return np.concatenate([dark, dark[-1] + np.arange(1, extra + 1)[:, None, None] * slope])


def grouped(backend, dark, *settings):
    groups = [backend.asnumpy(group).copy() for group in dark_groups(backend.asarray(dark), *settings)]
    assert groups[0].dtype == np.float32
    return np.array(groups)


@pytest.mark.parametrize(
    ("ngroups", "nframes", "groupgap", "frames"), [(10, 1, 0, 10), (4, 2, 0, 8), (2, 4, 1, 9), (1, 8, 12, 8)]
)
def test_frames_spanned(ngroups, nframes, groupgap, frames):
    assert frames_spanned(ngroups, nframes, groupgap) == frames
    assert groups_to_span(frames, nframes, groupgap) == ngroups
    assert groups_to_span(frames + 1, nframes, groupgap) == ngroups + 1


@pytest.mark.parametrize("pattern", [(11, 1, 0), (4, 1, 0), (3, 1, 3), (5, 2, 0), (2, 4, 1)])
def test_groups_average_their_frames(backend, dark, pattern):
    np.testing.assert_allclose(grouped(backend, dark, *pattern), averages(dark, *pattern), rtol=2e-7)


@pytest.mark.parametrize("pattern", [(15, 1, 0), (3, 4, 1)])
def test_short_darks_are_continued(backend, dark, pattern):
    total = frames_spanned(*pattern)
    result = grouped(backend, dark, *pattern, total)
    # float32 rounding of the slope, times the frames it is carried over
    np.testing.assert_allclose(result, averages(continued(dark, total - 11), *pattern), atol=1e-5)
    assert np.isfinite(result).all()


def test_groups_without_frames_are_nan(backend, dark):
    result = grouped(backend, dark, 4, 4, 1)
    np.testing.assert_allclose(result[:3], averages(dark, 3, 4, 1), rtol=2e-7)
    assert np.isnan(result[3]).all()


@pytest.mark.parametrize(("from_first", "served_by"), [(True, [0, 1, 1]), (False, [1, 1, 1])])
@pytest.mark.parametrize("pattern", [(4, 1, 0), (2, 2, 1)])
def test_each_integration_is_served_by_its_dark(backend, dark, pattern, from_first, served_by):
    rng = np.random.default_rng(3)
    ramp = rng.normal(1000, 10, (3, pattern[0], 4, 5)).astype(np.float32)
    darks = np.array([dark, 2 * dark])
    on_device = backend.asarray(ramp.copy())
    for rows in slice(0, 3), slice(3, 4):
        part = backend.asarray(darks[:, :, rows])
        subtract_dark(on_device, part, *pattern[1:], from_first=from_first, first_row=rows.start)

    expected = ramp - np.array([averages(darks[served], *pattern) for served in served_by])
    np.testing.assert_allclose(backend.asnumpy(on_device), expected, rtol=1e-7, atol=1e-4)


@pytest.mark.parametrize("width", [1, 3, 5])
@pytest.mark.parametrize("pattern", [(1, 0, 11), (2, 1, 11), (3, 2, 20)])
def test_results_do_not_depend_on_the_width_of_strips(monkeypatch, dark, pattern, width):
    ramp = np.random.default_rng(3).normal(500, 30, (3, 4, 4, 5)).astype(np.float32)
    darks = np.stack([dark, 2 * dark])

    def subtracted():
        edited = ramp.copy()
        with use_backend("cpu"):
            subtract_dark(edited, darks, *pattern)
        return edited

    expected = subtracted()
    monkeypatch.setattr(strips, "strip_width", lambda _scratch, columns: min(width, columns))
    np.testing.assert_array_equal(subtracted(), expected)
