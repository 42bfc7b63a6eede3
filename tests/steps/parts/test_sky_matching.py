"""Levels that make overlapping skies equal, against a dense solution."""

import numpy as np

from gpucal.kernels.sky.sky_level import SkyLevel
from gpucal.steps.parts.sky.matching import matching_levels


def test_matching_levels_solve_the_weighted_equations():
    rng = np.random.default_rng(8)
    count = 9
    pairs = [(i, j) for i in range(count) for j in range(i + 1, count) if (i < 5) == (j < 5) and j != 8]
    pairs = [pair for pair in pairs if rng.random() < 0.7 or pair[1] == pair[0] + 1]
    overlaps = {one: SkyLevel(rng.normal(), int(rng.integers(1, 5000))) for pair in pairs for one in (pair, pair[::-1])}
    overlaps[0, 8] = SkyLevel(5.0, 10)  # without the opposite
    rows, right_side = np.zeros((len(pairs), count)), np.zeros(len(pairs))
    for number, (i, j) in enumerate(pairs):
        weight = (overlaps[i, j].npixels + overlaps[j, i].npixels) / 2
        rows[number, i], rows[number, j] = weight, -weight
        right_side[number] = weight * (overlaps[i, j].value - overlaps[j, i].value)
    levels, sets = matching_levels(overlaps, count)
    np.testing.assert_allclose(levels[:8], (np.linalg.pinv(rows) @ right_side)[:8], atol=1e-9)
    assert np.isnan(levels[8])
    assert sets == [[0, 1, 2, 3, 4], [5, 6, 7]]
