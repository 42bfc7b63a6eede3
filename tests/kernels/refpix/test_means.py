"""Clipped means of reference pixels."""

import numpy as np
import pytest

from gpucal.kernels.refpix.means import column_signal
from gpucal.kernels.refpix.sections import Sections


def clipped_mean(values, limit):
    """Mean of the values within ``limit`` standard deviations, once no more of them leave; in their precision."""
    while True:
        mean, reach = values.mean(), limit * values.std()
        kept = values[(values >= mean - reach) & (values <= mean + reach)]
        if kept.size in (0, values.size):
            return values.mean()
        values = kept


def sections_of(*groups, columns):
    """Sections of the given pixels, with the empty one last."""
    starts = np.cumsum([0, *map(len, groups), 0])
    return Sections(*(np.asarray(part, np.int32) for part in (np.concatenate(groups), starts, columns)))


def on(backend, sections):
    return Sections(*map(backend.asarray, sections))


@pytest.mark.parametrize("limit", [2.0, 3.0, 5.0])
def test_columns_take_the_average_of_their_sections(backend, limit):
    rng = np.random.default_rng(6)
    frames = rng.normal(20, 8, (3, 60)).astype(np.float32)
    frames[:, ::11] += 400
    first, second = rng.permutation(60)[:50].reshape(2, 25)
    sections = sections_of(first, second, columns=[[0, 1, 0, 2], [0, 1, 1, 2]])

    signal = backend.asnumpy(column_signal(backend.asarray(frames), on(backend, sections), limit))

    wide = frames.astype(np.float64)
    means = [[clipped_mean(frame[pixels], limit) for pixels in (first, second)] for frame in wide]
    expected = [[a, b, (a + b) / 2, 0] for a, b in means]
    np.testing.assert_allclose(signal, expected, rtol=1e-12)


@pytest.mark.parametrize("npixels", [3, 8, 60, 129, 1024, 1500])
def test_single_precision_rounds_as_numpy_does(backend, npixels):
    rng = np.random.default_rng(npixels)
    frames = rng.normal(1e4, 30, (2, npixels)).astype(np.float32)
    frames[:, ::50] += 300
    pixels = rng.permutation(npixels)
    sections = sections_of(pixels, columns=[[0], [0]])

    signal = column_signal(backend.asarray(frames), on(backend, sections), 2.5, np.float32)

    expected = [[clipped_mean(frame[pixels], np.float32(2.5))] for frame in frames]
    assert signal.dtype == np.float32
    np.testing.assert_array_equal(backend.asnumpy(signal), expected)


def test_equal_values_are_their_own_mean(backend):
    frames = backend.asarray(np.full((1, 7), 0.1, np.float32))
    sections = sections_of(np.arange(7), columns=[[0], [0]])

    for precision in (np.float32, np.float64):
        signal = column_signal(frames, on(backend, sections), 3.0, precision)
        assert backend.asnumpy(signal)[0, 0] == np.float32(0.1)


def test_a_nan_spoils_its_section_alone(backend):
    frames = np.arange(10, dtype=np.float32)[None]
    frames[0, 2] = np.nan
    sections = sections_of(np.arange(5), np.arange(5, 10), columns=[[0, 1], [0, 1]])

    signal = column_signal(backend.asarray(frames), on(backend, sections), 3.0)

    np.testing.assert_array_equal(backend.asnumpy(signal), [[np.nan, 7]])


def test_a_limit_that_nothing_meets_leaves_no_mean(backend):
    frames = backend.asarray(np.array([[1, 3]], np.float32))
    sections = sections_of(np.arange(2), columns=[[0], [0]])

    signal = column_signal(frames, on(backend, sections), 0.5)

    assert np.isnan(backend.asnumpy(signal)).all()
