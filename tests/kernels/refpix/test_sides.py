"""Running median of the side reference pixels."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.readout.detector_frame import Window
from gpucal.kernels.refpix.sides import Sides, row_signal, side_windows

LEFT, RIGHT = range(4), range(2044, 2048)


def numbers_of(window):
    shape = len(window.slow), len(window.fast)
    return np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape)


def mirrored(row):
    """The row of the detector that stands for one beyond its ends."""
    if row < 0:
        return -row
    return row if row < 2048 else 4094 - row


def edge_median(image, bad, window, row, length, columns):
    """Median of the good pixels under the window of a row at one edge, or None."""
    values = []
    for under in range(row - length // 2, row - length // 2 + length):
        for column in columns:
            y, x = mirrored(under), column
            if y in window.slow and x in window.fast:
                at = y - window.slow.start, x - window.fast.start
                if not bad[at]:
                    values.append(float(image[at]))
    median = np.median(values) if values else np.nan
    return None if np.isnan(median) else median


def expected_signal(image, bad, window, length):
    signal = []
    for row in window.slow:
        medians = [edge_median(image, bad, window, row, length, columns) for columns in (LEFT, RIGHT)]
        found = [median for median in medians if median is not None]
        signal.append(sum(found) / len(found) if found else 0.0)
    return signal


def signal_of(backend, frames, bad, window, length, columns=None):
    sides = side_windows(numbers_of(window), bad * np.uint32(DO_NOT_USE), window, length)
    if columns is None:
        columns = np.zeros((len(frames), len(window.fast)))
    return backend.asnumpy(
        row_signal(
            backend.asarray(frames.reshape(len(frames), -1)),
            backend.asarray(columns),
            Sides(*map(backend.asarray, sides)),
        )
    )


@pytest.mark.parametrize("length", [1, 2, 5, 6, 11])
@pytest.mark.parametrize("slow", [range(0, 12), range(1000, 1012), range(2036, 2048)])
@pytest.mark.parametrize("fast", [range(0, 6), range(2042, 2048), range(2, 7)])
def test_rows_take_the_median_under_the_window(backend, length, slow, fast):
    window = Window(slow, fast)
    rng = np.random.default_rng(7)
    frames = rng.normal(0, 10, (2, len(slow), len(fast))).astype(np.float32)
    bad = rng.random(frames.shape[1:]) < 0.3
    bad[3:9] = True

    signal = signal_of(backend, frames, bad, window, length)

    expected = [expected_signal(frame, bad, window, length) for frame in frames]
    np.testing.assert_allclose(signal, expected, rtol=1e-12, atol=1e-12)


def test_both_edges_are_averaged_where_both_are_there(backend):
    window = Window(range(3, 6), range(2048))
    frames = np.random.default_rng(8).normal(0, 10, (1, 3, 2048)).astype(np.float32)
    bad = np.zeros((3, 2048), bool)
    bad[:, :4] = [[False], [True], [False]]
    frames[0, 2, 2047] = np.nan

    signal = signal_of(backend, frames, bad, window, 1)

    expected = [
        (np.median(frames[0, 0, :4]) + np.median(frames[0, 0, 2044:])) / 2,
        np.median(frames[0, 1, 2044:]),
        np.median(frames[0, 2, :4]),
    ]
    np.testing.assert_allclose(signal[0], expected, rtol=1e-6)


def test_the_drift_of_the_columns_is_taken_off_first(backend):
    window = Window(range(8), range(4))
    columns = np.array([[3.0, -1.0, 2.0, 0.5]])
    frames = (np.arange(8.0)[:, None] + columns).astype(np.float32)[None]

    signal = signal_of(backend, frames, np.zeros((8, 4), bool), window, 1, columns)

    np.testing.assert_allclose(signal[0], np.arange(8.0), atol=1e-6)


def test_windows_without_good_pixels_hold_no_drift(backend):
    window = Window(range(8), range(0, 6))
    frames = np.full((1, 8, 6), 7, np.float32)

    signal = signal_of(backend, frames, np.ones((8, 6), bool), window, 11)

    np.testing.assert_array_equal(signal, np.zeros((1, 8)))


def test_the_median_is_found_in_the_precision_of_the_columns(backend):
    window = Window(range(1), range(4))
    frames = np.array([[[1e4, 1e4 + 1 / 1024, 0, 2e4]]], np.float32)
    columns = np.full((1, 4), 1 / 3)

    single = signal_of(backend, frames, np.zeros((1, 4), bool), window, 1, columns.astype(np.float32))
    double = signal_of(backend, frames, np.zeros((1, 4), bool), window, 1, columns)

    middle = frames[0, 0, :2].astype(np.float64)
    assert single[0, 0] == np.median(middle.astype(np.float32) - np.float32(1 / 3))
    assert double[0, 0] == np.median(middle - 1 / 3) != single[0, 0]


@pytest.mark.parametrize("length", [0, -3])
def test_a_window_without_rows_is_refused(length):
    window = Window(range(8), range(4))
    with pytest.raises(ValueError, match="side_smoothing_length"):
        side_windows(numbers_of(window), np.zeros((8, 4), np.uint32), window, length)
