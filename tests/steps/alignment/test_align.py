"""Groups are aligned to each other and to a catalogue; one that fails does not keep the others back."""

import numpy as np
import pytest

from gpucal.steps.parts.alignment.align import (
    AlignmentError,
    LedAstrayError,
    Outcome,
    Rules,
    align_to,
    align_to_catalog,
    align_to_each_other,
)
from gpucal.steps.parts.alignment.images import AlignedImage, Group, Reference, Sources
from gpucal.steps.parts.alignment.matching import Matching
from tests.star_fields import DITHERS, Dither

ALIGNED, REFERENCE, FAILED, ALONE = Outcome.ALIGNED, Outcome.REFERENCE, Outcome.FAILED, Outcome.ALONE
MAS = 1e-3
RULES = Rules()
PLACES = np.array([[100.0, 1000.0, 1900.0], [1800.0, 900.0, 200.0]])


def each(made):
    return [Group([image]) for image in made.images]


def test_images_are_aligned_to_the_first(images):
    made = images(noise=0.0)
    first = made.images[0].wcs
    assert np.abs(made.errors()).max() > 0.3
    assert align_to_each_other(each(made), RULES) == [REFERENCE, ALIGNED, ALIGNED, ALIGNED]
    assert made.images[0].wcs is first
    np.testing.assert_allclose(made.errors(), 0, atol=0.01 * MAS)
    assert made.images[1].wcs.frame_names[-2] == "v2v3corr"


def test_noise_averages_out(images):
    made = images(noise=0.05)
    align_to_each_other(each(made), RULES)
    offsets = made.errors()[1:] - made.errors()[0]
    assert np.abs(offsets).max() < 4 * 0.05 * 0.063 / np.sqrt(60)


def test_two_images_that_are_the_same_stay_on_each_other(images):
    made = images(DITHERS[:1])
    (image,) = made.images
    again = AlignedImage("again", image.wcs, image.pointing, image.sources)
    assert align_to_each_other([Group([image]), Group([again])], RULES) == [REFERENCE, ALIGNED]
    np.testing.assert_allclose(again.wcs.program().at(*PLACES), image.wcs.program().at(*PLACES), rtol=0, atol=1e-12)


def test_images_of_a_group_move_together(images):
    """The second of a group has too few stars to be aligned by itself."""
    second = DITHERS[1]._replace(error_roll=0.0)
    made = images((DITHERS[0], second, second._replace(east=-8.0, north=4.0)), noise=0.0)
    lone = made.images[2]
    lone.sources = Sources(lone.sources.x[:3], lone.sources.y[:3])
    assert align_to_each_other([Group(made.images[:1]), Group(made.images[1:])], RULES) == [REFERENCE, ALIGNED]
    np.testing.assert_allclose(made.errors(), 0, atol=0.01 * MAS)


def test_one_bad_image_does_not_undo_the_others(images):
    made = images(noise=0.0)
    bad = made.images[2]
    bad.sources = Sources(bad.sources.x[:9], bad.sources.y[:9])
    before = bad.wcs
    assert align_to_each_other(each(made), RULES) == [REFERENCE, ALIGNED, FAILED, ALIGNED]
    assert bad.wcs is before
    np.testing.assert_allclose(made.errors()[[0, 1, 3]], 0, atol=0.01 * MAS)


def test_an_image_without_stars_is_left_alone_even_as_the_first(images):
    made = images(noise=0.0)
    made.images[0].sources = Sources(np.empty(0), np.empty(0))
    assert align_to_each_other(each(made), RULES) == [ALONE, REFERENCE, ALIGNED, ALIGNED]


def test_there_have_to_be_two(images):
    made = images(DITHERS[:2])
    made.images[0].sources = Sources(np.empty(0), np.empty(0))
    assert align_to_each_other(each(made), RULES) == [ALONE, ALONE]


def test_a_fit_that_leads_far_away_is_not_believed(images):
    """A few stars on one spot, turned: the corners of the image would move by arcseconds."""
    made = images(DITHERS[:1], noise=0.0)
    (image,) = made.images
    middle, radius = 1023.5, 60.0
    angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    ring = middle + radius * np.array([np.cos(angles), np.sin(angles)])
    turned = middle + radius * np.array([np.cos(angles + 0.1), np.sin(angles + 0.1)])
    image.sources = Sources(*ring)
    reference, before = image.on_sky(), image.wcs
    image.sources = Sources(*turned)
    rules = Rules(Matching(separation=0.5, tolerance=0.45, use2dhist=False))
    with pytest.raises(LedAstrayError, match=r"would move it by 9\.\d+ arcsec, more than 0\.9"):
        align_to(Group([image]), reference, rules, rules.matching.largest_move)
    assert image.wcs is before


# Along a side of the images, which are 129 arcsec wide: the third overlaps the second alone.
CHAIN = (Dither(0.0, 0.0, 0.2, -0.1), Dither(59.0, -38.0), Dither(118.0, -76.0, -0.2, 0.3, -2.0))
WIDE = {"nstars": 900, "extent": 200, "noise": 0.0}


def test_aligned_images_become_references_if_asked_for(images):
    made = images(CHAIN, **WIDE)
    assert align_to_each_other(each(made), RULES)[2] is FAILED
    made = images(CHAIN, **WIDE)
    assert align_to_each_other(each(made), RULES, expand=True) == [ALIGNED, REFERENCE, ALIGNED]
    np.testing.assert_allclose(made.errors(), 0, atol=0.01 * MAS)


def test_the_order_may_be_that_of_the_user(images):
    made = images(CHAIN, **WIDE)
    assert align_to_each_other(each(made), RULES, expand=True, in_order=True) == [REFERENCE, ALIGNED, ALIGNED]
    made = images((CHAIN[0], CHAIN[2], CHAIN[1]), **WIDE)
    assert align_to_each_other(each(made), RULES, expand=True, in_order=True) == [REFERENCE, ALONE, ALIGNED]


def test_all_are_aligned_to_a_catalogue(images):
    made = images(noise=0.0)
    groups = each(made)
    outcomes = align_to_each_other(groups, RULES, expand=True)
    assert align_to_catalog(groups, outcomes, made.stars, RULES) == [ALIGNED] * 4
    np.testing.assert_allclose(made.errors(), 0, atol=0.05 * MAS)


def test_those_that_failed_move_along_and_take_no_part(images):
    """The bad image has stars in wrong places, and the pointing error of all."""
    pointings = [dither._replace(error_east=0.5, error_north=0.2, error_roll=0.0) for dither in DITHERS]
    made = images(pointings, noise=0.0)
    groups = each(made)
    rng = np.random.default_rng(9)
    made.images[3].sources = Sources(*rng.uniform(0, 2000, size=(2, 12)))
    outcomes = align_to_each_other(groups, RULES)
    assert align_to_catalog(groups, outcomes, made.stars, RULES) == [ALIGNED, ALIGNED, ALIGNED, FAILED]
    moved, still = (on_sky(wcs) for wcs in (made.images[3].wcs, made.images[3].original))
    np.testing.assert_allclose(still - moved, np.broadcast_to([0.5, 0.2], (3, 2)), atol=MAS)


def on_sky(wcs):
    """Where some pixels are, to the east and north of the field, arcsec."""
    ra, dec = wcs.program().at(*PLACES)
    return np.stack([((ra - 0.01 + 180) % 360 - 180) * np.cos(np.deg2rad(-27.8)), dec + 27.8], axis=1) * 3600


def test_a_catalogue_without_enough_stars_is_told(images):
    made = images(DITHERS[:2], noise=0.0)
    few = made.stars.part(slice(5))
    before = [image.wcs for image in made.images]
    with pytest.raises(AlignmentError, match="it has 5 sources, and 15 are asked for"):
        align_to_catalog(each(made), [ALONE, ALONE], few, RULES)
    elsewhere = Reference(-made.stars.directions)
    with pytest.raises(AlignmentError, match="0 of its sources match, and 15 are asked for"):
        align_to_catalog(each(made), [ALONE, ALONE], elsewhere, RULES)
    assert [image.wcs for image in made.images] == before


def test_weights_count(images):
    """Stars in wrong places, of no weight, in either list."""
    made = images(DITHERS[:2], noise=0.0)
    first, second = made.images
    rng = np.random.default_rng(9)
    wrong = np.where(rng.random(len(second.sources.x)) < 0.4, 1.0, 0.0)
    second.sources = Sources(second.sources.x + 3 * wrong, second.sources.y, 1 - wrong)
    fit, pairs = align_to(Group([second]), first.on_sky(), RULES)
    np.testing.assert_allclose(fit.rms, 0, atol=0.02 * MAS)
    assert not fit.used[wrong[pairs.image] > 0].any()
