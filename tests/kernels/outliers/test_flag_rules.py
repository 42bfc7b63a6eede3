"""The rules by which pixels are outliers, against jwst's own, and at pixels where the answer is known."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.outliers.flag_rules import Limits, flag_plain, flag_resampled

CORE, RIM = Limits(5.0, 1.2), Limits(4.0, 0.7)


def field(seed, shape=(60, 70), hits=40):
    """An exposure of stars with hits, its errors, and what is expected of it; NaN here and there."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape)
    expected = np.full(shape, 3.0)
    for cy, cx, flux in rng.uniform((0, 0, 1), (*shape, 3), (12, 3)):
        expected += 10**flux * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 2)
    err = np.sqrt(0.01 + expected / 50)
    data = expected * rng.normal(1, 0.1, shape) + rng.normal(0, 1, shape) * err + 0.4
    for cy, cx in rng.integers((0, 0), shape, (hits, 2)):
        data[cy : cy + 2, cx : cx + 3] += rng.uniform(1, 20, data[cy : cy + 2, cx : cx + 3].shape) * err[cy, cx]
    for array in (expected, err, data):
        array[rng.random(shape) < 0.01] = np.nan
    err[5, 5], err[6, 6], data[7, 7], expected[20, 20] = np.inf, 0, np.inf, np.inf
    return [array.astype(np.float32) for array in (data, err, expected)]


def flagged(rule, *arguments, **named):
    backend = current_backend()
    moved = [backend.asarray(one) if isinstance(one, np.ndarray) else one for one in arguments]
    return backend.asnumpy(rule(*moved, **named))


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
@pytest.mark.parametrize("background", [0.0, 0.3712])
@pytest.mark.parametrize("seed", range(5))
def test_resampled_like_jwst(seed, background):
    peer = pytest.importorskip("stcal.outlier_detection.utils", reason="the peer is not installed: pip install .[peer]")
    data, err, expected = field(seed)
    theirs = peer.flag_resampled_crs(data, err, expected, 5.0, 4.0, 1.2, 0.7, background)
    ours = flagged(flag_resampled, data, err, expected, CORE, RIM, background=background)
    np.testing.assert_array_equal(ours, theirs)
    assert 20 < ours.sum() < 2000


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
@pytest.mark.parametrize("double", [False, True])
def test_plain_like_jwst(double):
    peer = pytest.importorskip("stcal.outlier_detection.utils", reason="the peer is not installed: pip install .[peer]")
    data, err, expected = (np.stack(planes) for planes in zip(field(1), field(2), field(3), strict=True))
    expected = expected.astype(np.float64 if double else np.float32)
    ours = flagged(flag_plain, data, err, expected, 5.0)
    np.testing.assert_array_equal(ours, peer.flag_crs(data, err, expected, 5.0))
    assert 20 < ours.sum() < ours.size / 2
    of_one = flagged(flag_plain, data, err, expected[1:2], 5.0)
    np.testing.assert_array_equal(of_one, peer.flag_crs(data, err, expected[1], 5.0))


def test_cores_bring_their_rims_along(backend):
    data, err, expected = np.zeros((6, 9), np.float32), np.ones((6, 9), np.float32), np.zeros((6, 9), np.float32)
    data[0, 0], data[1, 1], data[0, 2] = 5.1, 4.1, 4.1  # a core, its rim, and what is beside that
    data[4, 4:7] = 4.5, 5.0, 4.5  # no core: limits are not exceeded
    data[3, 8], data[4, 8], data[5, 8] = -6, 3.9, -4.1
    err[5, 0], data[5, 0] = np.nan, 0.1
    arrays = [backend.asarray(array) for array in (data, err, expected)]
    found = np.argwhere(backend.asnumpy(flag_resampled(*arrays, CORE, RIM))).tolist()
    assert found == [[0, 0], [1, 1], [3, 8], [5, 0]]


def test_what_is_steep_may_differ(backend):
    expected = np.zeros((5, 7), np.float32)
    expected[2, 2:4] = 10, np.nan
    data, err = expected + 8, np.full(expected.shape, 0.5, np.float32)
    data[2, 3] = 1000
    arrays = [backend.asarray(array.astype(np.float32)) for array in (data, err, expected)]
    core, rim = Limits(5.0, 0.6), Limits(5.0, 0.55)
    kept = np.argwhere(~backend.asnumpy(flag_resampled(*arrays, core, rim))).tolist()
    # The star and its neighbours differ by less than 0.55 of the step of 10, and 2.5; nothing is known beside it.
    assert kept == [[1, 2], [2, 1], [2, 2], [2, 3], [3, 2]]


def test_what_is_further_off_than_its_error_allows_is_flagged(backend):
    expected = np.full((1, 4, 5), 10, np.float32)
    data, err = np.full((2, 4, 5), 10, np.float32), np.full((2, 4, 5), 2, np.float32)
    data[0, 1, 2], data[1, 3, 4], data[1, 0, 0] = 20.1, -0.1, 19.9
    flags = backend.asnumpy(flag_plain(*map(backend.asarray, (data, err, expected)), 5.0))
    assert np.argwhere(flags).tolist() == [[0, 1, 2], [1, 3, 4]]


def test_shapes_that_do_not_fit_are_refused():
    plane = np.zeros((3, 4), np.float32)
    with pytest.raises(ValueError, match="expected has shape"):
        flag_resampled(plane, plane, plane[:2], CORE, RIM)
    with pytest.raises(ValueError, match="3 images are expected to be alike, or each as one of 2"):
        flag_plain(*[np.zeros((3, 4, 5), np.float32)] * 2, np.zeros((2, 4, 5), np.float32), 5.0)
