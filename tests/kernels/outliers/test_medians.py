"""Medians of stacks of images, against NumPy and against jwst's rolling median."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gpucal.backend import current_backend, use_backend
from gpucal.kernels.outliers.medians import median_image, rolling_medians

FINITE = st.floats(-(2.0**100), 2.0**100, width=32)


def found(function, cube, *arguments):
    backend = current_backend()
    return backend.asnumpy(function(backend.asarray(cube), *arguments))


def expected_image(stack):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="All-NaN slice")
        return np.nanmedian(stack, axis=0)


def stack_of(nimages, shape=(7, 40), seed=0):
    rng = np.random.default_rng(seed)
    stack = rng.normal(2, 1, (nimages, *shape)).astype(np.float32)
    stack[rng.random(stack.shape) < 0.2] = np.nan
    stack[:, 2, 3] = np.nan
    stack[0, 0, 0] = np.inf
    return stack


@pytest.mark.parametrize("nimages", [1, 2, 3, 4, 7, 30, 170])
def test_the_median_is_that_of_numpy_to_the_bit(nimages, backend):
    stack = stack_of(nimages, (3, 40) if nimages > 100 else (7, 40))
    np.testing.assert_array_equal(found(median_image, stack), expected_image(stack))


@settings(max_examples=50, deadline=None)
@given(
    arrays.arrays(
        np.float32, st.tuples(st.integers(1, 9), st.just(2), st.just(3)), elements=FINITE | st.just(np.nan)
    )
)
def test_any_values(stack):
    with use_backend("cpu"):
        np.testing.assert_array_equal(found(median_image, stack), expected_image(stack))


@pytest.mark.parametrize(("nints", "width"), [(12, 5), (12, 6), (12, 12), (30, 25), (5, 3)])
def test_rolling_like_jwst(nints, width):
    peer = pytest.importorskip("jwst.outlier_detection.tso", reason="the peer is not installed: pip install .[peer]")
    cube = stack_of(nints, seed=3)
    cube[:, :, 10:] = np.random.default_rng(4).normal(1, 1, cube[:, :, 10:].shape)
    cube[nints // 2, 2, 20] = np.nan
    ours = found(rolling_medians, cube, width, True)
    np.testing.assert_array_equal(ours, peer.moving_median_over_zeroth_axis(cube, width))
    assert np.isfinite(ours).any() and np.isnan(ours).any()


@pytest.mark.parametrize("width", [2, 5, 6])
def test_what_is_not_known_does_not_blind_a_window(backend, width):
    cube = stack_of(9, seed=5)
    rolled = backend.asnumpy(rolling_medians(backend.asarray(cube), width))
    half = width // 2
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="All-NaN slice")
        for place in range(half, 9 - width + half + 1):
            window = cube[place - half : place - half + width].astype(float)
            np.testing.assert_array_equal(rolled[place], np.nanmedian(window, axis=0))


def test_two_integrations_roll_as_others_do():
    cube = np.array([1, 3, 7, 15], np.float32).reshape(4, 1, 1)
    assert found(rolling_medians, cube, 2).ravel().tolist() == [2, 2, 5, 11]


def test_a_window_of_an_odd_width_is_about_its_integration(backend):
    cube = np.random.default_rng(7).normal(size=(9, 3, 4)).astype(np.float32)
    cube[4, 1, 1] = np.nan
    rolled = backend.asnumpy(rolling_medians(backend.asarray(cube), 3, only_complete=True))
    assert rolled.shape == cube.shape
    for place in range(1, 8):
        np.testing.assert_array_equal(rolled[place], np.median(cube[place - 1 : place + 2], axis=0))


def test_rows_or_integrations_that_are_not_there_are_refused():
    cube = np.zeros((4, 5, 6), np.float32)
    with pytest.raises(ValueError, match="over 2 to 4 integrations, not over 5"):
        rolling_medians(cube, 5)
    with pytest.raises(ValueError, match="three axes"):
        median_image(cube[0])
