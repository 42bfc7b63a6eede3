"""The picture frame: where it is measured, and how it is scaled."""

import numpy as np
import pytest

from gpucal.kernels.flicker import picture_frame
from gpucal.kernels.flicker.picture_frame import Frame, subtract_from_ramp, subtract_from_rates


@pytest.fixture
def small(monkeypatch):
    """A detector of 20 pixels: background in the middle from 6 to 14, edges from 1 to 5 and from 15 to 18."""
    regions = {"CENTER": (6, 14), "LOW_EDGE": (1, 5), "HIGH_EDGE": (15, 18), "INSIDE": (1, 18)}
    for name, (start, stop) in regions.items():
        monkeypatch.setattr(picture_frame, name, slice(start, stop))
    rng = np.random.default_rng(1)
    rates = rng.normal(1, 0.3, (20, 20)).astype(np.float32)
    background = rng.random((20, 20)) < 0.8
    y, x = np.indices((20, 20))
    inside = (y >= 1) & (y < 18) & (x >= 1) & (x < 18)
    center = background & (y >= 6) & (y < 14) & (x >= 6) & (x < 14)
    edge = background & inside & ((y < 5) | (y >= 15) | (x < 5) | (x >= 15))
    return rates, background, center, edge


def expected_pattern(image, rates, center, edge):
    """The pattern with the image's medians, float64."""
    values, rates = image.astype(float), rates.astype(float)
    c, e = np.nanmedian(values[center]), np.nanmedian(values[edge])
    return (c - e) / (np.median(rates[center]) - np.median(rates[edge])) * (
        rates - np.median(rates[edge])
    ) + e


def test_regions(backend, small):
    rates, background, center, edge = small
    frame = Frame.of(backend.asarray(rates), backend.asarray(background))
    np.testing.assert_array_equal(backend.asnumpy(frame.center), center)
    np.testing.assert_array_equal(backend.asnumpy(frame.edge), edge)
    assert float(frame.median_center) == np.median(rates[center])
    assert Frame.of(backend.asarray(rates), backend.asarray(background & ~center)) is None


def test_the_regions_of_the_detector():
    background = np.ones((2048, 2048), bool)
    frame = Frame.of(np.ones((2048, 2048), np.float32), background)
    assert frame.center[76:1984, 76:1984].all() and frame.center.sum() == 1908**2
    edge = np.zeros_like(background)
    edge[4:2043, 4:2043] = True
    edge[75:1985, 75:1985] = False
    np.testing.assert_array_equal(frame.edge, edge)


def test_ramps(backend, small):
    rates, background, center, edge = small
    ramp = np.random.default_rng(2).normal(10000, 50, (2, 3, 20, 20)).astype(np.float32)
    ramp[0, 2, 8, 8] = np.nan
    data, removed = backend.asarray(ramp.copy()), backend.asarray(np.zeros_like(ramp))
    frame = Frame.of(backend.asarray(rates), backend.asarray(background))

    subtract_from_ramp(data, frame, removed)

    expected = ramp.astype(float)
    for integration, group in np.ndindex(2, 3):
        if group:
            signal = ramp[integration, group] - ramp[integration, 0]
            expected[integration, group] -= expected_pattern(signal, rates, center, edge)
    np.testing.assert_allclose(backend.asnumpy(data), expected, atol=4e-3)
    np.testing.assert_array_equal(backend.asnumpy(removed), backend.asnumpy(data) - ramp)


def test_a_pattern_in_rates_goes(backend, small):
    rates, background, center, edge = small
    images = np.stack([3 * rates + 2, -rates]).astype(np.float32)
    data = backend.asarray(images)
    subtract_from_rates(data, Frame.of(backend.asarray(rates), backend.asarray(background)))
    np.testing.assert_allclose(backend.asnumpy(data), 0, atol=1e-5)
