"""Showers: what is one, what is flagged of it, and what is left as it was."""

import numpy as np
import pytest

from gpucal.backend import use_backend
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, REFERENCE_PIXEL, SATURATED
from gpucal.kernels.jump import showers
from gpucal.kernels.jump.showers import ShowerRules, Showers, extend_flags, flag_showers
from gpucal.kernels.regions.region_ellipses import Ellipses

NY, NX = 14, 15
ROWS, COLUMNS = np.indices((NY, NX))
GAIN, READ_NOISE = 2.0, 5.0
RULES = {
    "snr_threshold": 1.2,
    "min_area": 20,
    "inner_radius": 1.0,
    "ring_width": 1.0,
    "expand_ratio": 1.1,
    "max_extended_radius": 200,
    "following_groups": 1,
    "max_change": 30.0,
    "clipping_integrations": 100,
}


def disc(radius, x=7, y=6):
    """Pixels in a circle."""
    return np.hypot(ROWS - y, COLUMNS - x) < radius


def exposed(nints=1, ngroups=6, group=2, height=15.0):
    """Ramps of 10 DN a group with a splash from a group of the first integration on, and flags."""
    ramp = np.empty((nints, ngroups, NY, NX), np.float32)
    ramp[:] = 10 * np.arange(ngroups)[:, None, None]
    ramp[0, group:] += height * disc(4.5)
    return ramp, np.zeros(ramp.shape, np.uint8), np.zeros((NY, NX), np.uint32)


def flagged(backend, ramp, groupdq, pixeldq, **changes):
    gain, read_noise = (backend.asarray(np.full((NY, NX), value, np.float32)) for value in (GAIN, READ_NOISE))
    edited = backend.asarray(groupdq.copy())
    rules = ShowerRules(**{**RULES, **changes})
    count = flag_showers(backend.asarray(ramp), edited, backend.asarray(pixeldq), gain, read_noise, 1, rules)
    return backend.asnumpy(edited), count


def test_a_shower_is_flagged_in_its_group_and_the_next(backend):
    ramp, groupdq, pixeldq = exposed()
    result, count = flagged(backend, ramp, groupdq, pixeldq)
    assert count == 1
    assert set(np.unique(result)) == {0, JUMP_DET}
    assert np.flatnonzero(result[0].any(axis=(1, 2))).tolist() == [2, 3]
    # 30 electrons over a noise of 11: smoothing takes the edge, half a pixel more or less.
    assert np.sqrt(np.count_nonzero(result[0, 2]) / np.pi) == pytest.approx(4.5, abs=1)
    np.testing.assert_array_equal(result[0, 3], result[0, 2])


@pytest.mark.parametrize(
    "changes",
    [{"snr_threshold": 3.0}, {"min_area": 150}, {"max_change": 5.0}],
    ids=lambda changes: str(changes),
)
def test_what_is_no_shower(backend, changes):
    """The splash moves the mean difference of five by a fifth of 30 electrons."""
    result, _ = flagged(backend, *exposed(), **changes)
    assert not result.any()


def test_a_change_within_the_limit_is_taken_over(backend):
    result, _ = flagged(backend, *exposed(), max_change=6.01)
    assert result.any()


def test_other_integrations_are_left(backend):
    result, count = flagged(backend, *exposed(nints=2))
    assert count == 1
    assert result[0].any() and not result[1].any()


def test_pixels_that_are_left_as_they_were(backend):
    ramp, groupdq, pixeldq = exposed()
    groupdq[0, 3:, 6, 7] = SATURATED
    groupdq[0, :, 7, 7] = DO_NOT_USE
    pixeldq[5, 7] = REFERENCE_PIXEL
    ramp[0, :, 6, 8] = np.nan
    result, _ = flagged(backend, ramp, groupdq, pixeldq)
    assert result[0, :, 6, 7].tolist() == [0, 0, JUMP_DET, SATURATED, SATURATED, SATURATED]
    for y, x in ((7, 7), (5, 7), (6, 8)):
        np.testing.assert_array_equal(result[0, :, y, x], groupdq[0, :, y, x])


def test_groups_judged_by_their_spread_over_integrations(backend):
    """One outlier among eight values is 7 / sqrt(7) of their standard deviations off."""
    ramp, groupdq, pixeldq = exposed(nints=8, ngroups=5)
    ramp += np.random.default_rng(1).normal(0, 0.3, ramp.shape)
    rules = {"clipping_integrations": 8, "snr_threshold": 1.8, "following_groups": 0}
    result, count = flagged(backend, ramp, groupdq, pixeldq, **rules)
    assert count == 1
    assert result[0, 2, 6, 7] == JUMP_DET
    assert not result[0, 3:].any() and not result[1:].any()


def test_the_ellipse_grows_and_stops_at_saturation(backend):
    flags = np.zeros((5, NY, NX), np.uint8)
    flags[2, 6, 7] = SATURATED
    extended = backend.asarray(flags)
    rules = ShowerRules(**{**RULES, "expand_ratio": 1.5, "following_groups": 2})
    shower = Ellipses(*(np.array([value]) for value in (5, 7.0, 6.0, 4.0, 8.0, 90.0)))
    extend_flags(extended[None], Showers(shower, np.array([1])), np.array([5]), rules)
    flags = backend.asnumpy(extended)
    # Radii of 2 and 4 grow by half of the minor one, 1, each; the outline itself is not flagged.
    assert np.flatnonzero(flags[1, 6]).tolist() == list(range(3, 12))
    assert np.flatnonzero(flags[1, :, 7]).tolist() == list(range(4, 9))
    assert flags[:, 6, 7].tolist() == [0, JUMP_DET, SATURATED, 0, 0]
    assert flags[:, 6, 8].tolist() == [0, JUMP_DET, JUMP_DET, JUMP_DET, 0]


def test_groups_that_no_pixel_can_use_have_no_showers(backend):
    ramp, groupdq, pixeldq = exposed(ngroups=8, group=4)
    ramp[0, 0] += 1000
    groupdq[0, :2, 1:] |= DO_NOT_USE
    pixeldq[0] = REFERENCE_PIXEL
    result, count = flagged(backend, ramp, groupdq, pixeldq)
    assert count == 1
    assert np.flatnonzero((result[0] & JUMP_DET).any(axis=(1, 2))).tolist() == [4, 5]


def test_many_integrations_are_those_one_by_one(backend, monkeypatch):
    """Each with other showers, at borders too; some with none. Two of them are searched at once."""
    monkeypatch.setattr(showers, "BYTES_PER_PIXEL", backend.scratch_bytes // (2 * NY * NX))
    ramp, groupdq, pixeldq = exposed(nints=5, ngroups=4, height=0)
    ramp[1, 2:] += 15 * disc(4.5, x=1, y=0)
    ramp[1, 3:] += 15 * disc(4.5, x=12, y=12)
    ramp[3, 3:] += 15 * disc(4.5)
    ramp[4, 1:] += 15 * disc(4.5, x=14, y=6)
    together, total = flagged(backend, ramp, groupdq, pixeldq, min_area=15)
    # The typical difference of a pixel is that of all integrations: 20 electrons, as in each by itself.
    with use_backend("cpu") as host:
        each = [flagged(host, ramp[[i]], groupdq[[i]], pixeldq, min_area=15) for i in range(5)]
    assert [count for _, count in each] == [0, 2, 0, 1, 1] and total == 4
    np.testing.assert_array_equal(together, np.concatenate([flags for flags, _ in each]))
