"""The least weight of a pixel, against jwst's."""

import numpy as np
import pytest

from gpucal.kernels.outliers.weights import drop_light, weight_threshold


@pytest.mark.parametrize("spread", [0.01, 0.3, 1.5])
def test_the_threshold_is_that_of_jwst(spread, backend):
    peer = pytest.importorskip("stcal.outlier_detection.utils", reason="the peer is not installed: pip install .[peer]")
    rng = np.random.default_rng(7)
    weights = rng.lognormal(3, spread, (80, 90)).astype(np.float32)
    weights[rng.random(weights.shape) < 0.2] = 0
    weights[3, 3:6] = np.nan, np.inf, 1e9
    expected = peer.compute_weight_threshold(weights, 0.7)
    assert weight_threshold(backend.asarray(weights), 0.7) == pytest.approx(expected, rel=1e-6)


def test_what_is_light_is_dropped(backend):
    weights = np.array([[4, 4, 4], [0, 2.5, 2.9]], np.float32)
    threshold = weight_threshold(backend.asarray(weights), 0.75)
    assert threshold == pytest.approx(0.75 * np.mean([4, 4, 4, 2.5, 2.9]))
    image = backend.asarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    drop_light(image, backend.asarray(weights), threshold)
    np.testing.assert_array_equal(backend.asnumpy(image), [[0, 1, 2], [np.nan, np.nan, 5]])


def test_without_any_weight_nothing_is_dropped(backend):
    weights, image = (backend.asarray(np.zeros((2, 3), np.float32)) for _ in range(2))
    threshold = weight_threshold(weights, 0.7)
    assert np.isnan(threshold)
    drop_light(image, weights, threshold)
    np.testing.assert_array_equal(backend.asnumpy(image), np.zeros((2, 3)))
    with pytest.raises(ValueError, match="not those of an image"):
        drop_light(image, weights[:1], 0.0)
