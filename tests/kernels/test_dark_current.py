"""Darks in another read pattern, continued darks, and their subtraction, against plain NumPy."""

import numpy as np
import pytest

from gpucal.kernels.dark_current import frames_spanned, groups_to_span, regroup_dark, subtract_dark
from gpucal.kernels.dqflags import HOT, UNRELIABLE_DARK


@pytest.fixture
def dark():
    """A dark of 11 frames that bends, with noise and one NaN pixel in two of its frames."""
    rng = np.random.default_rng(11)
    time = np.arange(11.0)[:, None, None]
    frames = 3 * time + 0.1 * time**2 + rng.normal(0, 1, (11, 4, 5))
    frames[[2, 10], 1, 3] = np.nan
    return frames.astype(np.float32)[None]


def averages(dark, ngroups, nframes, groupgap):
    """Plain statement: NaN is zero; group g averages the frames from g (nframes + groupgap) on."""
    frames = np.where(np.isnan(dark[0]), 0, dark[0]).astype(float)
    starts = [group * (nframes + groupgap) for group in range(ngroups)]
    return np.array([frames[start : start + nframes].mean(axis=0) for start in starts])[None]


def continued(dark, extra):
    """Plain statement: each frame more adds the difference of the last two."""
    dark = dark.astype(float)
    slope = dark[:, -1:] - dark[:, -2:-1]
    more = dark[:, -1:] + np.arange(1, extra + 1)[:, None, None] * slope
    return np.concatenate([dark, more], axis=1)


@pytest.mark.parametrize(
    ("ngroups", "nframes", "groupgap", "frames"), [(10, 1, 0, 10), (4, 2, 0, 8), (2, 4, 1, 9), (1, 8, 12, 8)]
)
def test_frames_spanned(ngroups, nframes, groupgap, frames):
    assert frames_spanned(ngroups, nframes, groupgap) == frames
    assert groups_to_span(frames, nframes, groupgap) == ngroups
    assert groups_to_span(frames + 1, nframes, groupgap) == ngroups + 1


@pytest.mark.parametrize(
    ("ngroups", "nframes", "groupgap"), [(11, 1, 0), (4, 1, 0), (3, 1, 3), (5, 2, 0), (2, 4, 1)]
)
def test_groups_average_their_frames(backend, dark, ngroups, nframes, groupgap):
    regrouped = backend.asnumpy(regroup_dark(backend.asarray(dark), ngroups, nframes, groupgap))
    assert regrouped.dtype == np.float32
    np.testing.assert_allclose(regrouped, averages(dark, ngroups, nframes, groupgap), rtol=2e-7)


@pytest.mark.parametrize(("ngroups", "nframes", "groupgap"), [(15, 1, 0), (3, 4, 1)])
def test_short_darks_are_continued(backend, dark, ngroups, nframes, groupgap):
    total = ngroups * nframes + (ngroups - 1) * groupgap
    regrouped = regroup_dark(backend.asarray(dark), ngroups, nframes, groupgap, available=total)
    regrouped = backend.asnumpy(regrouped)
    expected = averages(continued(dark, total - 11), ngroups, nframes, groupgap)
    # float32 rounding of the slope, times the frames it is carried over
    np.testing.assert_allclose(regrouped, expected, atol=1e-5)
    assert np.isfinite(regrouped).all()


def test_groups_without_frames_are_nan(backend, dark):
    regrouped = backend.asnumpy(regroup_dark(backend.asarray(dark), 4, 4, 1))
    np.testing.assert_allclose(regrouped[:, :3], averages(dark, 3, 4, 1), rtol=2e-7)
    assert np.isnan(regrouped[:, 3]).all()


def test_a_dark_of_one_group_cannot_be_continued(backend, dark):
    with pytest.raises(ValueError, match="one group"):
        regroup_dark(backend.asarray(dark[:, :1]), 2, 1, 0, available=2)


@pytest.mark.parametrize(("from_first", "served_by"), [(True, [0, 1, 1]), (False, [1, 1, 1])])
def test_each_integration_is_served_by_its_dark(backend, dark, from_first, served_by):
    rng = np.random.default_rng(3)
    ramp = rng.normal(1000, 10, (3, 4, 4, 5)).astype(np.float32)
    darks = np.concatenate([dark[:, :6], 2 * dark[:, :6]])
    darks[np.isnan(darks)] = 0
    pixeldq = np.zeros((4, 5), np.uint32)
    pixeldq[0, 0] = HOT
    dark_dq = np.zeros((4, 5), np.uint32)
    dark_dq[0, :2] = UNRELIABLE_DARK

    on_device, dq_on_device = backend.asarray(ramp.copy()), backend.asarray(pixeldq.copy())
    subtract_dark(on_device, dq_on_device, backend.asarray(darks), backend.asarray(dark_dq), from_first)

    expected = ramp.astype(float) - darks[served_by, :4].astype(float)
    np.testing.assert_allclose(backend.asnumpy(on_device), expected, rtol=1e-7, atol=1e-4)
    np.testing.assert_array_equal(backend.asnumpy(dq_on_device), pixeldq | dark_dq)
