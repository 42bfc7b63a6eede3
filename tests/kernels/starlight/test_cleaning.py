"""Bad pixels: what they become in the middle, at all borders, in holes, and where nothing is known."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.starlight.cleaning import fill_bad, fill_bad_as_peer


def on_host(function, *arrays, **named):
    backend = current_backend()
    return backend.asnumpy(function(*(backend.asarray(one) for one in arrays), **named))


def filled(image, bad, box=3):
    return on_host(fill_bad, image, bad, box=box)


@pytest.mark.parametrize("place", [(0, 0), (0, 5), (7, 9), (3, 0), (4, 9), (4, 4)])
@pytest.mark.parametrize("box", [3, 5])
def test_a_bad_pixel_gets_the_median_of_its_good_neighbours_at_all_borders(place, box):
    image = np.random.default_rng(2).normal(size=(8, 10))
    bad = np.zeros(image.shape, bool)
    bad[place] = True
    y, x = np.indices(image.shape)
    near = (abs(y - place[0]) <= box // 2) & (abs(x - place[1]) <= box // 2) & ~bad
    made = filled(image, bad, box)
    assert made[place] == np.median(image[near])
    np.testing.assert_array_equal(made[~bad], image[~bad])


def test_a_hole_is_filled_from_its_rim_whatever_its_pixels_hold():
    image = np.tile(np.arange(9.0), (9, 1))
    bad = np.zeros(image.shape, bool)
    bad[2:7, 2:7] = True
    image[bad] = np.nan
    made = filled(image, bad)
    assert made[4, 4] == 4
    np.testing.assert_array_equal(made[2, 2:7], [1, 3, 4, 5, 7])  # corners have five good neighbours, sides three
    np.testing.assert_array_equal(made + made[:, ::-1], 8.0)
    np.testing.assert_array_equal(made[::-1], filled(image[::-1].copy(), bad[::-1].copy()))


@pytest.mark.parametrize("box", [0, 1])
def test_a_box_of_one_gives_zero(box):
    made = filled(np.full((3, 3), 7.0, np.float32), np.eye(3, dtype=bool), box)
    np.testing.assert_array_equal(made, 7.0 * ~np.eye(3, dtype=bool))
    assert made.dtype == np.float32


def test_an_image_without_good_pixels_becomes_zero():
    assert not filled(np.full((5, 6), np.nan), np.ones((5, 6), bool)).any()


def test_shapes_are_held_against_each_other():
    with pytest.raises(ValueError, match="bad"):
        filled(np.zeros((4, 4)), np.zeros((4, 3), bool))


@pytest.mark.parametrize("box", [1, 3, 4])
def test_as_jwst_does_it(box):
    peer = pytest.importorskip("jwst.coron.median_replace_img", reason="the peer is not installed")
    from stdatamodels.jwst import datamodels

    rng = np.random.default_rng(4)
    image, flagged = rng.normal(size=(20, 24)).astype(np.float32), rng.random((20, 24)) < 0.2
    lost = rng.random(image.shape) < 0.2
    image[lost] = np.nan
    model = datamodels.CubeModel(data=image[None].copy())
    model.dq = flagged[None].astype(np.uint32)
    theirs = peer.median_replace_img(model, box, 1).data[0]
    bad = flagged | lost
    backend = current_backend()
    ours = backend.asnumpy(fill_bad_as_peer(*(backend.asarray(one) for one in (image, bad, flagged)), box))
    np.testing.assert_array_equal(ours, theirs)
