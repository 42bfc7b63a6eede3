"""Levels that make the sky of overlapping exposures equal: weighted least squares.

For each two that overlap, the difference of their levels is to be that of the sky in the overlap, with the mean of
their numbers of pixels as weight of the residual. Levels are told but for a constant in each set of exposures that
overlap, directly or by others between them; their mean in each set is zero.

Source: the ``match`` method of the ``skymatch`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/skymatch/description.html.
"""

from collections.abc import Mapping

import numpy as np

from gpucal.kernels.sky.sky_level import SkyLevel


def matching_levels(overlaps: Mapping[tuple[int, int], SkyLevel], count: int) -> tuple[np.ndarray, list[list[int]]]:
    """The levels of exposures that make the sky equal.

    Parameters
    ----------
    overlaps : mapping of (int, int) to SkyLevel
        The sky of the first one where it overlaps with the second. Pairs without their opposite do not count.
    count : int
        Of exposures.

    Returns
    -------
    levels : (count,) float64 array
        NaN for those that overlap with no other.
    sets : list of list of int
        Those that overlap, in order.
    """
    pairs = [pair for pair in sorted(overlaps) if pair[0] < pair[1] and pair[::-1] in overlaps]
    matrix, right_side = np.zeros((count, count)), np.zeros(count)
    for first, second in pairs:
        here, there = overlaps[first, second], overlaps[second, first]
        weight = ((here.npixels + there.npixels) / 2) ** 2
        matrix[[first, second], [first, second]] += weight
        matrix[[first, second], [second, first]] -= weight
        right_side[first] += weight * (here.value - there.value)
        right_side[second] -= weight * (here.value - there.value)
    levels = np.full(count, np.nan)
    sets = _sets(matrix)
    for those in sets:
        block = matrix[np.ix_(those, those)]
        # A matrix of equal numbers makes the sum of the levels zero, and changes nothing else.
        levels[those] = np.linalg.solve(block + np.trace(block) / len(those) ** 2, right_side[those])
    return levels, sets


def _sets(matrix) -> list[list[int]]:
    """What the elements of a symmetric matrix that are not zero join together."""
    sets, left = [], set(np.flatnonzero(matrix.diagonal()).tolist())
    while left:
        reached = [min(left)]
        for place in reached:
            reached += (left & set(np.flatnonzero(matrix[place]).tolist())) - set(reached)
        left -= set(reached)
        sets.append(sorted(reached))
    return sets
