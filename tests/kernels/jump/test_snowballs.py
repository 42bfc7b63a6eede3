"""Snowballs: what is one, and what is flagged around it."""

import numpy as np
import pytest

from gpucal.backend import use_backend
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, SATURATED
from gpucal.kernels.jump import snowballs
from gpucal.kernels.jump.snowballs import SnowballRules, flag_snowballs

NY, NX = 60, 70
RULES = {
    "min_jump_area": 5.0,
    "min_sat_area": 1.0,
    "expand_factor": 2.0,
    "sat_required": True,
    "min_sat_radius_extend": 2.5,
    "sat_expand": 2,
    "edge_size": 10,
    "max_extended_radius": 200,
    "next_groups": 3,
}
ROWS, COLUMNS = np.indices((NY, NX))


def disc(x, y, radius):
    """Pixels in a circle."""
    return np.hypot(ROWS - y, COLUMNS - x) < radius


def flags_with(*, jump, core=None, group=2, core_group=None, nints=1, ngroups=5, x=35, y=30):
    """Flags with a jump of a radius in one group and, from a group on, a saturated core of a radius."""
    groupdq = np.zeros((nints, ngroups, NY, NX), np.uint8)
    if core:
        groupdq[0, core_group or group :] |= SATURATED * disc(x, y, core).astype(np.uint8)
    ring = disc(x, y, jump) & (groupdq[0, group] & SATURATED == 0)
    groupdq[0, group][ring] |= JUMP_DET
    return groupdq


def flagged(backend, groupdq, **changes):
    edited = backend.asarray(groupdq.copy())
    count = flag_snowballs(edited, SnowballRules(**{**RULES, **changes}))
    return backend.asnumpy(edited), count


def halo_radius(jump, core):
    """Radius flagged for a ring of jumps: by its second moments, less a pixel in diameter, twice as large."""
    return 2 * (np.hypot(jump, core) - 0.5)


def radius_of(mask):
    """Radius of a filled circle."""
    return np.sqrt(mask.sum() / np.pi)


def test_a_snowball_gets_a_halo_of_jumps_and_a_larger_core(backend):
    groupdq = flags_with(jump=7.5, core=4.5)

    result, count = flagged(backend, groupdq)

    assert count == 1
    jump_or_core = result[0, 2] & (JUMP_DET | SATURATED) > 0
    assert radius_of(jump_or_core) == pytest.approx(halo_radius(7.5, 4.5), abs=0.6)
    # The core's diameter of 9 pixels becomes 8, a pixel less, and 2 more on each side.
    assert radius_of(result[0, 2] & SATURATED > 0) == pytest.approx(6, abs=0.5)
    assert not (result[0, 2] & JUMP_DET > 0)[result[0, 2] & SATURATED > 0].any()
    assert not result[0, :2].any()
    for group in (3, 4):
        np.testing.assert_array_equal(result[0, group], result[0, 2] & SATURATED)


def test_an_extended_core_replaces_other_flags(backend):
    groupdq = flags_with(jump=7.5, core=4.5)
    groupdq[0, :] |= DO_NOT_USE
    result, _ = flagged(backend, groupdq)
    assert result[0, 3, 30, 35] == SATURATED
    assert result[0, 1, 30, 35] == DO_NOT_USE


@pytest.mark.parametrize(
    ("core", "core_group", "x", "changes", "count"),
    [
        (None, None, 35, {}, 0),
        (None, None, 35, {"sat_required": False}, 1),
        (None, None, 5, {}, 1),
        (None, None, 64, {}, 1),
        (None, None, 51, {}, 1),
        (None, None, 49, {}, 0),
        (2.5, 3, 35, {}, 1),
        (2.5, 4, 35, {}, 0),
        (1.5, 2, 35, {"min_sat_area": 10.0}, 0),
        (2.5, 2, 35, {"min_jump_area": 150.0}, 0),
    ],
)
def test_what_a_snowball_is(backend, core, core_group, x, changes, count):
    """A core in this group or the next, or nearness to an edge; the rows' far edge holds for columns too."""
    groupdq = flags_with(jump=5.5, core=core, core_group=core_group, x=x)
    result, found = flagged(backend, groupdq, **changes)
    assert found == count
    assert (result[0, 2] & JUMP_DET > 0).sum() > (groupdq[0, 2] & JUMP_DET > 0).sum() or not count


def test_small_cores_are_not_extended(backend):
    groupdq = flags_with(jump=5.5, core=1.5)
    result, count = flagged(backend, groupdq)
    assert count == 1
    np.testing.assert_array_equal(result & SATURATED, groupdq & SATURATED)
    extended, _ = flagged(backend, groupdq, min_sat_radius_extend=0.5)
    assert (extended & SATURATED).sum() > (groupdq & SATURATED).sum()


@pytest.mark.parametrize(("next_groups", "groups"), [(0, []), (1, []), (3, [1, 2]), (9, [1, 2, 3, 4])])
def test_cores_are_flagged_in_the_next_integration(backend, next_groups, groups):
    groupdq = flags_with(jump=7.5, core=4.5, nints=3)
    groupdq[1, 2, 30, 35] = DO_NOT_USE
    result, _ = flagged(backend, groupdq, next_groups=next_groups)
    assert np.flatnonzero((result[1] & JUMP_DET).any(axis=(1, 2))).tolist() == groups
    for group in groups:
        assert radius_of(result[1, group] & JUMP_DET > 0) == pytest.approx(4, abs=0.6)
    assert not result[2].any()


def test_growth_is_limited(backend):
    result, _ = flagged(backend, flags_with(jump=7.5, core=4.5), max_extended_radius=5)
    assert radius_of(result[0, 2] & SATURATED > 0) == pytest.approx(5, abs=0.5)
    unlimited, _ = flagged(backend, flags_with(jump=7.5, core=2.5), max_extended_radius=200)
    limited, _ = flagged(backend, flags_with(jump=7.5, core=2.5), max_extended_radius=10)
    assert radius_of(unlimited[0, 2] > 0) == pytest.approx(halo_radius(7.5, 2.5), abs=0.6)
    assert radius_of(limited[0, 2] > 0) == pytest.approx(10, abs=0.5)


def test_the_expand_factor_adds_the_same_to_both_axes(backend):
    groupdq = np.zeros((1, 4, NY, NX), np.uint8)
    groupdq[0, 2][np.hypot((ROWS - 30) / 6.5, (COLUMNS - 35) / 12.5) < 1] = JUMP_DET
    result, _ = flagged(backend, groupdq, sat_required=False, expand_factor=1.5)
    # Axes of 12 and 24 pixels grow by half of 12.
    rows, columns = np.nonzero(result[0, 2])
    assert np.ptp(rows) + 1 == pytest.approx(18, abs=1.1)
    assert np.ptp(columns) + 1 == pytest.approx(30, abs=1.1)


def test_flags_of_the_first_group_start_nothing(backend):
    groupdq = flags_with(jump=7.5, core=4.5, group=0, core_group=0)
    groupdq[0, 0] |= JUMP_DET * disc(35, 30, 7.5).astype(np.uint8)
    result, count = flagged(backend, groupdq)
    assert count == 0
    np.testing.assert_array_equal(result, groupdq)


@pytest.mark.parametrize(("sat_expand", "count"), [(2, 1), (0, 2)])
def test_pixels_in_an_extended_core_do_not_saturate_again(backend, sat_expand, count):
    """A jump of the next group has a core only if its ring of saturation lies outside of what is flagged already."""
    groupdq = flags_with(jump=7.5, core=4.5)
    groupdq[0, 3:] |= SATURATED * disc(35, 30, 5.5).astype(np.uint8)
    groupdq[0, 3] |= JUMP_DET * (disc(35, 30, 8) & ~disc(35, 30, 5.5)).astype(np.uint8)
    _, found = flagged(backend, groupdq, sat_expand=sat_expand)
    assert found == count


def test_many_snowballs_are_those_one_by_one(backend):
    """Far from each other, in all groups of two integrations."""
    places = [(2, 12, 14), (2, 52, 44), (1, 35, 14), (3, 14, 45), (3, 53, 15)]
    each = [flags_with(jump=5.5, core=2.5, group=group, nints=2, x=x, y=y) for group, x, y in places]
    results = [flagged(backend, flags, edge_size=0, min_sat_radius_extend=1.0) for flags in each]
    together, found = flagged(backend, np.bitwise_or.reduce(each), edge_size=0, min_sat_radius_extend=1.0)
    assert [count for _, count in results] == [1] * 5 and found == 5
    np.testing.assert_array_equal(together, np.bitwise_or.reduce([flags for flags, _ in results]))


def series(nints, ny=24, nx=28):
    """Flags of integrations with other snowballs each, some with none: single jumps, cores, rings at all borders."""
    rng = np.random.default_rng(11)
    groupdq = rng.choice([0, JUMP_DET], (nints, 4, ny, nx), p=[0.99, 0.01]).astype(np.uint8)
    places = [(14, 12), (0, 0), (14, 0), (0, 12), (nx - 1, ny - 1), (nx - 1, 12), (14, ny - 1)]
    for integration in range(nints):
        for x, y in places[: integration % 3 * 3]:
            group, core = rng.integers(1, 4), disc(x, y, rng.uniform(2, 4))[:ny, :nx]
            ring = disc(x, y, rng.uniform(4, 6))[:ny, :nx] & ~core
            groupdq[integration, group:] |= SATURATED * core.astype(np.uint8)
            groupdq[integration, group] |= JUMP_DET * ring.astype(np.uint8)
    return groupdq


@pytest.mark.parametrize("integrations_at_once", [2, 100])
def test_many_integrations_are_those_one_by_one(backend, monkeypatch, integrations_at_once):
    monkeypatch.setattr(snowballs, "BYTES_PER_PIXEL", backend.scratch_bytes // (integrations_at_once * 24 * 28))
    groupdq = series(5)
    together, total = flagged(backend, groupdq, edge_size=3)
    with use_backend("cpu") as host:
        each = [flagged(host, flags[None], edge_size=3) for flags in groupdq]
    counts = [count for _, count in each]
    assert total == sum(counts) and counts[0] == counts[3] == 0 < counts[4] < counts[2]
    alone = np.concatenate([flags for flags, _ in each])
    added = together ^ alone
    # What the integration before adds: jumps in the cores, in the groups from the second one to the third.
    assert set(np.unique(added)) == {0, JUMP_DET} and not (alone & added).any()
    assert added.any(axis=(2, 3)).tolist() == [[False, after, after, False] for after in (0, 0, 1, 1, 0)]


def test_many_images_without_a_candidate_are_left(backend):
    groupdq = np.zeros((50, 3, NY, NX), np.uint8)
    groupdq[:, 1:, 20:40:4, 11:60:4] = JUMP_DET
    result, count = flagged(backend, groupdq)
    assert count == 0
    np.testing.assert_array_equal(result, groupdq)
