"""Flags edited in ellipses, against a drawing of each ellipse by itself."""

import math

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, SATURATED
from gpucal.kernels.regions.ellipse_flags import FlagEdit, edit_flags
from gpucal.kernels.regions.region_ellipses import Ellipses

NY, NX = 30, 40


def ellipses_at(x, y, angle, images=0):
    """Ellipses of which centres and angles are known."""
    x, y, angle = (np.atleast_1d(np.asarray(values, float)) for values in (x, y, angle))
    return Ellipses(np.broadcast_to(images, x.shape), x, y, np.zeros(x.size), np.zeros(x.size), angle)


def distances(x, y, minor, major, angle):
    """Of all pixels from the centre of an ellipse, 1 on its outline, squared."""
    rows, columns = np.indices((NY, NX))
    turn = math.radians(angle)
    along = (rows - round(y)) * math.cos(turn) + (columns - round(x)) * math.sin(turn)
    across = (rows - round(y)) * math.sin(turn) - (columns - round(x)) * math.cos(turn)
    return (along / major) ** 2 + (across / minor) ** 2


def edited(backend, flags, ellipses, radii, *groups_and_edit):
    """Flags of one integration, or of several, edited."""
    on_backend = backend.asarray(flags.copy())
    integrations = on_backend if flags.ndim == 4 else on_backend[None]
    edit_flags(integrations, ellipses, *(np.atleast_1d(np.asarray(one, float)) for one in radii), *groups_and_edit)
    return backend.asnumpy(on_backend)


@pytest.mark.parametrize("angle", [0, 30, -70, 90])
@pytest.mark.parametrize(("x", "y"), [(20, 15), (1, 29), (38.4, 0.6)])
def test_the_ellipse_is_filled(backend, x, y, angle):
    flags = np.zeros((1, NY, NX), np.uint8)
    drawn = edited(backend, flags, ellipses_at(x, y, angle), (4, 11), 0, 1, FlagEdit(add=JUMP_DET))[0] == JUMP_DET
    distance = distances(x, y, 4, 11, angle)
    on_the_outline = abs(distance - 1) < 1e-9
    np.testing.assert_array_equal(drawn[~on_the_outline], (distance < 1)[~on_the_outline])
    assert drawn.any()


@pytest.mark.parametrize("radii", [(0, 5), (5, 0)])
def test_without_a_radius_nothing_is_edited(backend, radii):
    flags = np.zeros((1, NY, NX), np.uint8)
    assert not edited(backend, flags, ellipses_at(5, 5, 0), radii, 0, 1, FlagEdit(add=JUMP_DET)).any()


def test_of_no_ellipses_nothing_is_edited(backend):
    flags = np.zeros((1, NY, NX), np.uint8)
    assert not edited(backend, flags, ellipses_at([], [], []), ([], []), 0, 1, FlagEdit(add=JUMP_DET)).any()


def test_each_ellipse_has_its_groups(backend):
    flags = np.full((5, NY, NX), DO_NOT_USE, np.uint8)
    ellipses, radii = ellipses_at([10, 30], [10, 20], [0, 0]), ([3, 2], [3, 2])
    result = edited(backend, flags, ellipses, radii, np.array([1, 3]), np.array([3, 9]), FlagEdit(add=JUMP_DET))
    assert (result[:, 10, 10] & JUMP_DET > 0).tolist() == [False, True, True, False, False]
    assert (result[:, 20, 30] & JUMP_DET > 0).tolist() == [False, False, False, True, True]
    assert (result & DO_NOT_USE > 0).all()


def test_a_pixel_is_edited_until_a_flag(backend):
    flags = np.zeros((4, NY, NX), np.uint8)
    flags[1, 10, 10] = SATURATED
    edit = FlagEdit(add=JUMP_DET, until=SATURATED)
    result = edited(backend, flags, ellipses_at(10, 10, 0), (3, 3), 0, 3, edit)
    assert result[:, 10, 10].tolist() == [JUMP_DET, SATURATED, 0, 0]
    assert result[:, 10, 11].tolist() == [JUMP_DET, JUMP_DET, JUMP_DET, 0]


def test_flags_that_are_not_kept(backend):
    flags = np.full((2, NY, NX), DO_NOT_USE | JUMP_DET, np.uint8)
    result = edited(backend, flags, ellipses_at(10, 10, 0), (3, 3), 1, 2, FlagEdit(add=SATURATED, keep=DO_NOT_USE))
    assert result[:, 10, 10].tolist() == [DO_NOT_USE | JUMP_DET, DO_NOT_USE | SATURATED]
    assert result[1, 0, 0] == DO_NOT_USE | JUMP_DET


def test_many_ellipses_are_those_one_by_one(backend):
    rng = np.random.default_rng(5)
    shapes = [rng.uniform(0, NX, 60), rng.uniform(0, NY, 60), *rng.integers(1, 9, (2, 60)), rng.uniform(-90, 90, 60)]
    first = rng.integers(0, 4, 60)
    expected = np.zeros((6, NY, NX), bool)
    for shape, group in zip(zip(*shapes, strict=True), first, strict=True):
        expected[group : group + 2] |= distances(*shape) < 1
    ellipses = ellipses_at(shapes[0], shapes[1], shapes[4])
    flags = np.zeros(expected.shape, np.uint8)
    result = edited(backend, flags, ellipses, shapes[2:4], first, first + 2, FlagEdit(add=JUMP_DET))
    np.testing.assert_array_equal(result == JUMP_DET, expected)


def test_each_integration_has_its_ellipses(backend):
    """Different numbers of them, some none, in any order, across the borders of the image."""
    rng = np.random.default_rng(6)
    count, nints = 20, 5
    images = rng.permutation(np.repeat([0, 2, 4], [4, 10, 6]))
    x, y = rng.uniform(-3, NX + 3, count), rng.uniform(-3, NY + 3, count)
    minor, major, angle = *rng.integers(0, 9, (2, count)).astype(float), rng.uniform(-90, 90, count)
    first = rng.integers(0, 4, count)
    flags = rng.choice([0, SATURATED], (nints, 6, NY, NX), p=[0.9, 0.1]).astype(np.uint8)
    edit = FlagEdit(add=JUMP_DET, until=SATURATED)
    expected = flags.copy()
    for image in range(nints):
        here = images == image
        ellipses, radii = ellipses_at(x[here], y[here], angle[here]), (minor[here], major[here])
        expected[image] = edited(backend, flags[image], ellipses, radii, first[here], first[here] + 2, edit)
    ellipses = ellipses_at(x, y, angle, images)
    result = edited(backend, flags, ellipses, (minor, major), first, first + 2, edit)
    np.testing.assert_array_equal(result, expected)
    assert (result != flags).any(axis=(1, 2, 3)).tolist() == [True, False, True, False, True]
