"""Connected regions: where they are, and how large."""

import numpy as np
import pytest
from scipy import ndimage

from gpucal.kernels.regions.flagged_regions import filled_areas, find_regions, pixels_of


def mask_of(*rows):
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def regions_of(mask, min_area):
    return find_regions(np.flatnonzero(mask), mask.shape[-2:], min_area)


def test_the_pixels_of_masks(backend):
    masks = backend.asarray(np.stack([mask_of("##....", "..#..."), mask_of("......", ".....#")]))
    assert pixels_of(masks).tolist() == [0, 1, 8, 23]


@pytest.mark.parametrize("min_area", [1, 7, 9])
def test_regions_of_many_masks_are_those_of_each(min_area):
    """Empty and full ones among them, and regions at all borders."""
    masks = np.random.default_rng(7).random((12, 9, 10)) < np.linspace(0, 1, 12)[:, None, None]
    together = regions_of(masks, min_area)
    each = [regions_of(mask, min_area) for mask in masks]
    assert together.images.tolist() == np.repeat(np.arange(12), [len(regions) for regions in each]).tolist()
    for name in ("x", "y", "area"):
        assert getattr(together, name).tolist() == [one for part in each for one in getattr(part, name).tolist()]
    boxes = [np.concatenate(parts) for parts in zip(*(regions.boxes for regions in each if len(regions)), strict=True)]
    assert [part.tolist() for part in together.boxes] == [part.tolist() for part in boxes]


def test_pixels_that_touch_at_corners_are_one_region():
    regions = regions_of(mask_of("##....", "..#...", ".....#", "....#."), 1)
    assert regions.x.tolist() == [1.0, 4.5]
    assert regions.y.tolist() == [1 / 3, 2.5]
    assert regions.area.tolist() == [3, 2]


def test_boxes_are_the_smallest_ones():
    regions = regions_of(mask_of(".....#", "##...#", "..#.##", "......"), 1)
    assert [part.tolist() for part in regions.boxes] == [[0, 1], [4, 0], [3, 2], [2, 3]]


def test_some_of_the_regions():
    regions = regions_of(mask_of("#..##", "#...#", "#.#.."), 1)
    chosen = regions.select(np.array([True, False, True]))
    assert (chosen.x.tolist(), chosen.y.tolist(), chosen.area.tolist()) == ([0, 2], [1, 2], [3, 1])
    assert [part.tolist() for part in chosen.runs] == [[0] * 4, [0, 1, 2, 2], [0, 0, 0, 2], [1, 1, 1, 1]]
    assert chosen.owners.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(("min_area", "areas"), [(1, [1, 8, 7]), (7, [8, 7]), (8, [8]), (9, [8]), (9.5, [])])
def test_holes_count_for_the_area(min_area, areas):
    ring_and_hook = mask_of("#.........", "..###..###", "..#.#..#.#", "..###..##.", "..........")
    assert regions_of(ring_and_hook, min_area).area.tolist() == areas


@pytest.mark.parametrize("filled", [0.3, 0.45, 0.6])
def test_filled_areas_are_those_of_scipy(filled):
    mask = np.random.default_rng(3).random((60, 70)) < filled
    regions = regions_of(mask, 0)
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    boxes = [labels[box] == number for number, box in enumerate(ndimage.find_objects(labels), start=1)]
    expected = [ndimage.binary_fill_holes(image, np.ones((3, 3))).sum() for image in boxes]
    assert filled_areas(regions).tolist() == expected
    assert max(np.subtract(expected, regions.area)) > 0
    for least in (5, 12):
        large = np.array(expected) >= least
        assert regions_of(mask, least).area.tolist() == regions.area[large].tolist()


def test_an_empty_mask_has_no_regions():
    assert len(regions_of(np.zeros((4, 5), bool), 0)) == 0
