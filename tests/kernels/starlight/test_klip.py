"""The projection of images onto references: against the plain algebra, and where references are few or equal."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.starlight.klip import (
    References,
    errors_of,
    fit_scatter,
    inverse,
    speckle_variance,
    subtracted,
)


def on_device(*arrays):
    return [current_backend().asarray(np.asarray(one)) for one in arrays]


def drawn(nrefs=6, npixels=400, seed=3):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(3, npixels)) * 10
    planes = rng.normal(1, 0.2, (nrefs, 3)) @ common + rng.normal(size=(nrefs, npixels)) + 5
    image = np.array([1.1, 0.9, 1.0]) @ common + rng.normal(size=npixels) + 2
    return image[None], planes


def plain(image, planes, truncate):
    """By a singular value decomposition of the references themselves."""
    centred = planes - planes.mean(axis=1, keepdims=True)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:truncate]
    return image - image.mean() - image @ directions.T @ directions


@pytest.mark.parametrize("truncate", [0, 1, 3, 6, 50])
def test_as_the_singular_value_decomposition(truncate):
    image, planes = drawn()
    seen = np.ones(planes.shape[1], bool)
    made = subtracted(*on_device(image), References.of(*on_device(planes, seen), truncate))
    np.testing.assert_allclose(current_backend().asnumpy(made.data), plain(image, planes, truncate), atol=1e-9)


def test_equal_references_count_once_and_one_will_do():
    image, planes = drawn()
    seen = np.ones(planes.shape[1], bool)
    one, many = (
        current_backend().asnumpy(subtracted(*on_device(image), References.of(*on_device(kept, seen), 50)).data)
        for kept in (planes[:1], planes[[0, 0, 0]])
    )
    np.testing.assert_allclose(many, one, atol=1e-8)
    np.testing.assert_allclose(one, plain(image, planes[:1], 50), atol=1e-9)


def test_pixels_beside_the_fit_are_predicted_by_it():
    """A companion that no fit sees stays as bright as it is."""
    image, planes = drawn(npixels=600)
    seen = np.ones(600, bool)
    seen[40:70] = False
    companion = np.where(seen, 0, 30.0)
    with_it, without = (
        current_backend().asnumpy(subtracted(*on_device(one), References.of(*on_device(planes, seen), 50)).data)
        for one in (image + companion, image)
    )
    np.testing.assert_allclose(with_it - without, companion[None], atol=1e-9)
    blind = References.of(*on_device(planes, np.ones(600, bool)), 50)
    less, rest = (subtracted(*on_device(one), blind).data for one in (image + companion, image))
    assert current_backend().asnumpy(less - rest)[0, 40:70].mean() < 29


def test_what_is_left_of_references_is_that_of_jwst():
    peer = pytest.importorskip("jwst.coron.klip", reason="the peer is not installed")
    from stdatamodels.jwst import datamodels

    image, planes = drawn()
    target = datamodels.CubeModel(data=image.reshape(1, 20, 20).astype(np.float32))
    target.err = np.zeros((1, 20, 20), np.float32)
    single = planes.astype(np.float32)
    peer.klip(target, datamodels.CubeModel(data=single.reshape(-1, 20, 20)), 3, return_psf=False)
    references = References.of(*on_device(single.astype(np.float64), np.ones(400, bool)), 3)
    np.testing.assert_allclose(current_backend().asnumpy(fit_scatter(references)), target.err.ravel(), rtol=2e-6)
    made = subtracted(*on_device(image.astype(np.float32).astype(np.float64)), references)
    np.testing.assert_allclose(current_backend().asnumpy(made.data)[0], target.data.ravel(), atol=2e-5)


@pytest.mark.parametrize("truncate", [4, 50])
def test_each_reference_held_against_all_others(truncate):
    _, planes = drawn()
    references = References.of(*on_device(planes, np.ones(planes.shape[1], bool)), truncate)
    weights = references.without_each()
    assert not np.diag(weights).any()
    centred = planes - planes.mean(axis=1, keepdims=True)
    others = np.arange(len(planes)) != 2
    left = centred[2] - weights[2] @ centred
    np.testing.assert_allclose(left, plain(planes[2:3], planes[others], truncate)[0], atol=1e-9)


def test_references_that_show_the_same_do_not_stand_for_others():
    rng = np.random.default_rng(6)
    _, exposures = drawn(nrefs=3)
    planes = np.repeat(exposures, 2, axis=0) + 0.1 * rng.standard_normal((6, 400))
    planes, variances, seen = on_device(planes, np.full((6, 400), 0.01), np.ones(400, bool))
    references = References.of(planes, seen, 50)
    same = references.alike(variances)
    np.testing.assert_array_equal(same, np.kron(np.eye(3), np.ones((2, 2))) > 0)
    weights, planes = references.without_each(same), current_backend().asnumpy(references.planes)
    assert not weights[same].any()
    left = planes[3] - weights[3] @ planes
    np.testing.assert_allclose(left, plain(planes[3:4], planes[[0, 1, 4, 5]], 50)[0], atol=1e-9)


def test_errors_tell_the_scatter_where_speckles_differ_and_where_they_do_not():
    rng, shape, nrefs = np.random.default_rng(8), (60, 60), 8
    common = np.zeros(shape)
    common[20:40, 20:40] = rng.normal(0, 20, (20, 20))
    spread = np.zeros(shape)
    spread[20:40, 20:40] = 3.0

    def draw():
        return (common + spread * rng.standard_normal(shape) + rng.standard_normal(shape)).ravel()

    planes = np.array([draw() for _ in range(nrefs)])
    images = np.array([draw() for _ in range(20)])
    planes, images, one, refs = on_device(planes, images, np.ones((20, 3600)), np.ones((nrefs, 3600)))
    references = References.of(planes, on_device(np.ones(3600, bool))[0], 50)
    made = subtracted(images, references)
    errors = errors_of(one, refs, speckle_variance(references, refs, shape), made.weights)
    pulls = current_backend().asnumpy(made.data / errors).reshape(20, *shape)
    assert 0.93 < pulls[:, 24:36, 24:36].std() < 1.07
    assert 0.93 < pulls[:, :16].std() < 1.07


def test_a_single_reference_has_no_differences():
    _, planes = drawn()
    references = References.of(*on_device(planes[:1], np.ones(400, bool)), 50)
    assert not current_backend().asnumpy(speckle_variance(references, *on_device(planes[:1]), (20, 20))).any()


def test_the_inverse_leaves_out_rounding():
    vectors = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0]
    made = inverse((vectors * [4.0, 2.0, 1e-15, 0]) @ vectors.T, 50)
    np.testing.assert_allclose(made, (vectors * [0.25, 0.5, 0, 0]) @ vectors.T, atol=1e-12)
    assert not inverse(np.zeros((3, 3)), 50).any()


def test_shapes_are_held_against_each_other():
    _, planes = drawn()
    with pytest.raises(ValueError, match="fitted"):
        References.of(*on_device(planes, np.ones(399, bool)), 50)
