"""Sources of two lists are matched: the offset, the nearest within the tolerance, crowded sources."""

import numpy as np
import pytest

from gpucal.steps.parts.alignment.matching import (
    ConfusionError,
    Matching,
    apart,
    histogram,
    matched,
    nearest,
    offset_of,
    peak_of,
)

PIXEL = 0.063


@pytest.mark.parametrize("offset", [(0.0, 0.0), (1.3, -0.7), (-1.99, 1.5)])
def test_the_same_sources_are_found_again(offset):
    rng = np.random.default_rng(5)
    stars = rng.uniform(-60, 60, size=(80, 2))
    order = rng.permutation(80)[:60]
    image = np.concatenate([stars[order] + offset, rng.uniform(-60, 60, size=(20, 2))])
    image += rng.normal(0, 0.01, size=image.shape)
    pairs = matched(stars, image, Matching(separation=1e-3), PIXEL)
    right = pairs.image < 60
    assert right.sum() == 60 and (pairs.reference[right] == order[pairs.image[right]]).all()


def test_an_offset_larger_than_the_search_radius_is_not_found():
    stars = np.random.default_rng(5).uniform(-600, 600, size=(40, 2))
    assert offset_of(stars, stars + 2.5, 2.0, PIXEL) == (0.0, 0.0)
    assert len(matched(stars, stars + 2.5, Matching(), PIXEL).image) == 0


def test_an_offset_may_be_given():
    stars = np.random.default_rng(5).uniform(-600, 600, size=(40, 2))
    how = Matching(use2dhist=False, xoffset=30.0, yoffset=-20.0)
    assert len(matched(stars, stars + [30.1, -20.2], how, PIXEL).image) == 40
    assert how.largest_move == pytest.approx(2 * (30.0 + 0.7))
    assert Matching().largest_move == pytest.approx(2 * (2.0 + 0.7))


def test_of_sources_close_together_the_lowest_counts():
    points = np.array([[0.0, 0.5], [0.3, 0.0], [5.0, 0.1], [0.0, 0.9]])
    assert apart(points, 0.7).tolist() == [1, 2, 3]
    assert apart(points, 0.1).tolist() == [1, 2, 0, 3]


def test_each_reference_takes_the_nearest_and_one_image_may_serve_two():
    reference = np.array([[0.0, 0.0], [1.2, 0.0], [9.0, 9.0]])
    image = np.array([[0.6, 0.0], [9.0, 9.3], [9.0, 8.9], [9.0, 9.71]])
    pairs = nearest(reference, image, tolerance=0.7, separation=0.2)
    assert pairs.reference.tolist() == [0, 1, 2] and pairs.image.tolist() == [0, 0, 2]


def test_more_pairs_than_sources_are_refused():
    reference = np.array([[0.0, 0.0], [1.2, 0.0]])
    with pytest.raises(ConfusionError, match="choose another tolerance or separation"):
        matched(reference, np.array([[0.6, 0.0]]), Matching(use2dhist=False), PIXEL)


def test_counts_are_of_differences_within_the_radius():
    reference, image = np.array([[0.0, 0.0], [10.0, 0.0]]), np.array([[2.0, 1.0], [12.0, 1.0], [11.0, -3.0]])
    counts = histogram(reference, image, 3.0)
    assert counts.shape == (7, 7) and counts.sum() == 3
    assert counts[1 + 3, 2 + 3] == 2 and counts[-3 + 3, 1 + 3] == 1


def test_a_peak_lies_between_bins():
    y, x = np.mgrid[:15, :15]
    assert peak_of(100 - (x - 6.25) ** 2 - (y - 8.5) ** 2) == pytest.approx((6.25, 8.5), abs=1e-9)


@pytest.mark.parametrize(
    ("bins", "peak"),
    [
        ({(7, 6): 5}, (6, 7)),  # a single bin
        ({(0, 6): 5, (1, 6): 3}, (6, 0)),  # at the edge
        ({(7, 6): 5, (7, 7): 5}, (6.5, 7)),  # too few for a paraboloid: the center of mass
    ],
)
def test_a_peak_of_few_bins(bins, peak):
    counts = np.zeros((15, 15))
    for place, count in bins.items():
        counts[place] = count
    assert peak_of(counts) == pytest.approx(peak, abs=1e-12)


def test_nothing_matches_nothing():
    none = np.empty((0, 2))
    assert len(matched(none, np.zeros((1, 2)), Matching(), PIXEL).image) == 0
    assert len(matched(np.zeros((1, 2)), none, Matching(), PIXEL).image) == 0
