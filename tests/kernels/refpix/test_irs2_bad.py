"""Bad interleaved reference pixels: which are found, and what takes their place."""

import numpy as np
import pytest

from gpucal.kernels.refpix.irs2_bad import (
    find_bad_rows,
    interleaved_rows,
    listed_rows,
    pair_statistics,
    replace_rows,
    replacements,
)
from tests.transfer import on_backend

NROWS, NX = 3200, 16
PAIRS = np.flatnonzero(interleaved_rows(NROWS))[::2]
NOTHING = np.zeros(NROWS, bool)


def quiet_ramp(seed=71):
    """Noise of pairs whose means and deviations spread evenly; within a pair, it is the same in another order."""
    rng = np.random.default_rng(seed)
    ramp = rng.permuted(np.repeat(rng.normal(0, 10, (2, 2, 1, NX)), NROWS, axis=2), axis=-1)
    spread = np.zeros((NROWS, 1))
    spread[PAIRS, 0] = spread[PAIRS + 1, 0] = np.tile(np.linspace(-1, 1, 64), 5)
    return (ramp * (1 + 0.01 * spread) + spread).astype(np.float32)


def test_four_of_twenty_rows_are_interleaved():
    np.testing.assert_array_equal(np.flatnonzero(interleaved_rows(40)), [8, 9, 10, 11, 28, 29, 30, 31])


def test_statistics_of_pairs(backend):
    ramp = quiet_ramp() + np.float32(9000)
    first = PAIRS[:5]
    made = pair_statistics(backend.asarray(ramp), first)
    for integration, (differences, means, deviations) in enumerate(made):
        for number, row in enumerate(first):
            pair = ramp[integration, :, row : row + 2].astype(np.float64)
            np.testing.assert_allclose(differences[number], np.abs(pair[:, 1] - pair[:, 0]).mean(), rtol=1e-6)
            np.testing.assert_allclose(means[number], pair.mean(), rtol=1e-9)
            np.testing.assert_allclose(deviations[number], pair.std(), rtol=1e-6)


@pytest.mark.parametrize("output", range(5))
def test_each_statistic_finds_bad_pairs_in_its_integration(output):
    ramp = quiet_ramp()
    offset, noisy, alternating = PAIRS[64 * output + np.array([3, 20, 41])]
    ramp[1, :, offset : offset + 2] += 100
    ramp[0, :, noisy : noisy + 2] *= 10
    ramp[1, :, alternating] += 100
    ramp[1, :, alternating + 1] -= 100
    ramp[0, :, PAIRS[64 * output + 50]] -= 100
    bad = find_bad_rows(on_backend(ramp), NOTHING, nsigma=5.0)
    found = {offset, offset + 1, noisy, noisy + 1, alternating, alternating + 1}
    pair_with_a_low_read = {PAIRS[64 * output + 50], PAIRS[64 * output + 50] + 1}  # its reads differ
    assert set(np.flatnonzero(bad)) == found | pair_with_a_low_read


def test_low_means_are_not_bad():
    ramp = quiet_ramp()
    ramp[:, :, PAIRS[7] : PAIRS[7] + 2] -= 100
    assert not find_bad_rows(on_backend(ramp), NOTHING, nsigma=5.0).any()


def test_the_limit_is_read():
    ramp = quiet_ramp()
    ramp[:, :, PAIRS[7] : PAIRS[7] + 2] += 100
    assert find_bad_rows(on_backend(ramp), NOTHING, nsigma=5.0)[PAIRS[7]]
    assert not find_bad_rows(on_backend(ramp), NOTHING, nsigma=20.0).any()


def test_flagged_rows_stay_flagged_and_their_pairs_have_no_part():
    ramp = quiet_ramp()
    flagged = NOTHING.copy()
    flagged[[100, PAIRS[9] + 1]] = True
    ramp[:, :, PAIRS[9]] = 1e6
    np.testing.assert_array_equal(find_bad_rows(on_backend(ramp), flagged, nsigma=5.0), flagged)


def test_nan_is_not_bad():
    ramp = quiet_ramp()
    ramp[0, 0, PAIRS[3], 0] = np.nan
    assert not find_bad_rows(on_backend(ramp), NOTHING, nsigma=5.0).any()


def test_nothing_is_found_where_all_are_flagged():
    assert find_bad_rows(on_backend(quiet_ramp()), ~NOTHING, nsigma=5.0).all()


@pytest.mark.parametrize(
    ("also_bad", "sources"),
    [
        ([], (668, 708)),
        ([668], (708,)),
        ([708], (668,)),
        ([668, 708], (690,)),
        ([668, 708, 690], ()),
    ],
)
def test_replacements_by_what_is_good(also_bad, sources):
    bad = NOTHING.copy()
    bad[[688, *also_bad]] = True
    assert replacements([688], bad) == [(688, sources)]


def test_of_two_good_pairs_the_one_below_serves():
    bad = NOTHING.copy()
    bad[[690, 670, 710]] = True
    assert replacements([690], bad) == [(690, (688,))]


@pytest.mark.parametrize(("row", "sources"), [(648, (668,)), (1271, (1251,))])
def test_rows_of_other_outputs_do_not_serve(row, sources):
    bad = NOTHING.copy()
    bad[row] = True
    assert replacements([row], bad) == [(row, sources)]


def test_rows_are_replaced_in_all_groups(backend):
    ramp = np.random.default_rng(72).normal(size=(2, 2, 6, 3)).astype(np.float32)
    made = backend.asarray(ramp.copy())
    replace_rows(made, [(0, (1, 2)), (3, (1,)), (5, ())])
    made = backend.asnumpy(made)
    np.testing.assert_allclose(made[:, :, 0], (ramp[:, :, 1].astype(float) + ramp[:, :, 2]) / 2, rtol=1e-6)
    np.testing.assert_array_equal(made[:, :, 3], ramp[:, :, 1])
    assert (made[:, :, 5] == 0).all()
    np.testing.assert_array_equal(made[:, :, [1, 2, 4]], ramp[:, :, [1, 2, 4]])


@pytest.mark.parametrize(
    ("output", "odd_even", "first"),
    [(1, 1, 648), (1, 2, 650), (2, 1, 1290), (2, 2, 1288), (3, 1, 1928), (4, 1, 2570)],
)
def test_bits_of_the_list_stand_for_blocks(output, odd_even, first):
    rows = listed_rows(output, odd_even, 0b1 | 1 << 5 | 1 << 31)
    assert rows == [first + 20 * block + read for block in (0, 5, 31) for read in (0, 1)]
