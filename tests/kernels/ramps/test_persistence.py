"""Persistence windows against a plain statement of their rules for one pixel."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, PERSISTENCE, SATURATED
from gpucal.kernels.ramps.persistence import flag_persistence

START = 1.7e9


def times(nints, ngroups, group_time=10.0):
    return START + group_time * (1 + np.arange(nints * ngroups, dtype=float).reshape(nints, ngroups))


def flagged(backend, ramp, groupdq, window_ends, **settings):
    """The groups that are flagged and the windows afterwards; inputs stay as they are."""
    dq, ends = backend.asarray(groupdq.copy()), backend.asarray(window_ends.copy())
    flag_persistence(backend.asarray(ramp), dq, backend.asarray(times(*ramp.shape[:2])), ends, **settings)
    return backend.asnumpy(dq), backend.asnumpy(ends)


def one_pixel(nints, ngroups):
    shape = nints, ngroups, 1, 1
    return np.zeros(shape, np.float32), np.zeros(shape, np.uint8), np.zeros((1, 1))


def test_saturation_opens_a_window_that_closes_in_time(backend):
    ramp, groupdq, ends = one_pixel(2, 5)
    groupdq[0, 3:, 0, 0] = SATURATED
    dq, ends_after = flagged(backend, ramp, groupdq, ends, duration=25)
    np.testing.assert_array_equal(dq[:, :, 0, 0] & PERSISTENCE > 0, [[0, 0, 0, 1, 1], [1, 0, 0, 0, 0]])
    np.testing.assert_array_equal(dq & (255 - PERSISTENCE), groupdq)
    assert ends_after[0, 0] == 0


def test_the_window_starts_anew_until_a_second_group_is_saturated(backend):
    ramp, groupdq, ends = one_pixel(1, 6)
    groupdq[0, 1, 0, 0] = SATURATED | JUMP_DET
    groupdq[0, 4, 0, 0] = SATURATED
    _, ends_after = flagged(backend, ramp, groupdq, ends, duration=1000)
    assert ends_after[0, 0] == times(1, 6)[0, 3] + 1000


@pytest.mark.parametrize(("do_not_use", "flags"), [(False, PERSISTENCE), (True, PERSISTENCE | DO_NOT_USE)])
def test_a_signal_above_the_threshold_opens_a_window_once(backend, do_not_use, flags):
    ramp, groupdq, ends = one_pixel(1, 5)
    ramp[0, :, 0, 0] = [100, 501, 502, 503, 100]
    settings = {"duration": 15, "dn_threshold": 500.5, "do_not_use": do_not_use}
    dq, ends_after = flagged(backend, ramp, groupdq, ends, **settings)
    # opened in group 1 and, that window ended, in group 3
    np.testing.assert_array_equal(dq[0, :, 0, 0], [0, flags, flags, flags, flags])
    assert ends_after[0, 0] == times(1, 5)[0, 3] + 15


def test_windows_of_earlier_exposures(backend):
    ramp, groupdq = np.zeros((1, 3, 1, 4), np.float32), np.zeros((1, 3, 1, 4), np.uint8)
    ended, open_now, too_late, none = START - 5, START + 22, START + 500, 0.0
    ends = np.array([[ended, open_now, too_late, none]])
    dq, ends_after = flagged(backend, ramp, groupdq, ends, duration=100)
    np.testing.assert_array_equal(dq[0, :, 0] & PERSISTENCE > 0, [[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(ends_after, 0)


def by_rules(ramp, groupdq, group_times, end, duration, threshold):
    """Flags and last window of one pixel, from the rules."""
    flags = np.zeros(groupdq.shape, bool)
    for integration, group in np.ndindex(groupdq.shape):
        now = group_times[integration, group]
        end = 0 if end < now else end
        if np.count_nonzero(groupdq[integration, : group + 1] & SATURATED) == 1:
            end = now + duration
        if end == 0 and ramp[integration, group] > threshold:
            end = now + duration
        end = 0 if end > now + duration else end
        flags[integration, group] = end > 0
    return flags, end


def test_many_pixels(backend):
    rng = np.random.default_rng(5)
    shape = (3, 6, 4, 5)
    ramp = rng.uniform(0, 1000, shape).astype(np.float32)
    groupdq = np.where(rng.random(shape) < 0.1, SATURATED, 0).astype(np.uint8)
    ends = np.where(rng.random(shape[2:]) < 0.5, START + rng.uniform(-50, 200, shape[2:]), 0)
    dq, ends_after = flagged(backend, ramp, groupdq, ends, duration=35, dn_threshold=900.0)
    for y, x in np.ndindex(shape[2:]):
        pixel = ramp[:, :, y, x], groupdq[:, :, y, x], times(3, 6), ends[y, x], 35, 900.0
        flags, end = by_rules(*pixel)
        np.testing.assert_array_equal(dq[:, :, y, x] & PERSISTENCE > 0, flags)
        assert ends_after[y, x] == end
