"""Rows of superstripes go to their places."""

import numpy as np
import pytest

from gpucal.kernels.readout.superstripes import Assembly, Placement, place_groups, place_images

# Two stripes of two bursts each, two rows a burst, in frames of five rows: row 3 is held twice, row 4 never.
PLACES = {(0, 0): (1, 0), (1, 0): (1, 2), (0, 1): (4, 0), (1, 1): (4, 2)}
OVERLAPPING = {**PLACES, (1, 0): (1, 1)}


def assembly(along_y, places=PLACES):
    placements = (
        Placement(stripe, burst, slice(source, source + 2), slice(target, target + 2))
        for (stripe, burst), (source, target) in places.items()
    )
    return Assembly(tuple(placements), 2, 2, along_y)


def stripes(along_y, seed=1):
    """Two rounds of two stripes, three groups of 6 rows and 3 columns."""
    images = np.random.default_rng(seed).normal(size=(4, 3, 6, 3)).astype(np.float32)
    return images if along_y else np.ascontiguousarray(images.swapaxes(-2, -1))


def rows_first(images, along_y):
    return images if along_y else images.swapaxes(-2, -1)


@pytest.mark.parametrize("along_y", [True, False])
def test_bursts_become_groups(backend, along_y):
    given = stripes(along_y)
    frames = backend.asarray(np.full((2, 6, 5, 3) if along_y else (2, 6, 3, 5), np.nan, np.float32))

    place_groups(backend.asarray(given), frames, assembly(along_y))

    result, read = rows_first(backend.asnumpy(frames), along_y), rows_first(given, along_y)
    for integration in range(2):
        for group in range(6):
            for stripe in range(2):
                source = 1 if group % 2 == 0 else 4
                expected = read[2 * integration + stripe, group // 2, source : source + 2]
                np.testing.assert_array_equal(
                    result[integration, group, 2 * stripe : 2 * stripe + 2], expected
                )
    assert np.isnan(result[:, :, 4]).all()


def test_where_stripes_overlap_the_last_one_stays(backend):
    given = stripes(True)
    frames = backend.asarray(np.zeros((2, 6, 5, 3), np.float32))
    place_groups(backend.asarray(given), frames, assembly(True, OVERLAPPING))
    np.testing.assert_array_equal(backend.asnumpy(frames)[:, ::2, 1], given[1::2, :, 1])


@pytest.mark.parametrize("along_y", [True, False])
def test_images_keep_the_last_burst_and_drop_incomplete_rounds(backend, along_y):
    given = stripes(along_y)[:, 0]
    given = np.concatenate([given, given[:1] + 9])
    frames = backend.asarray(np.full((2, 5, 3) if along_y else (2, 3, 5), -1, np.float32))

    place_images(backend.asarray(given), frames, assembly(along_y))

    result, read = rows_first(backend.asnumpy(frames), along_y), rows_first(given, along_y)
    np.testing.assert_array_equal(result[:, :2], read[0:4:2, 4:6])
    np.testing.assert_array_equal(result[:, 2:4], read[1:4:2, 4:6])
    assert (result[:, 4] == -1).all()
