"""Shares of cells against a plain statement in float64, flux, and what drops are refused."""

import numpy as np
import pytest

from gpucal.kernels.resample.drops import drop_of
from tests.kernels.resample.images import on_host, random_planes, resampled, turned_map

SHAPE = (9, 11)


def stated(placed, shape, values, weight, share):
    """Weights and weighted values, pixel after pixel, cell after cell; weights are rounded to float32."""
    sums = np.zeros((1 + len(values), *shape))
    cell_y, cell_x = np.indices(shape)
    for y, x in np.ndindex(weight.shape):
        weights = share(cell_x, cell_y, placed[:, y, x], (y, x)) * weight[y, x].astype(float)
        sums += weights.astype(np.float32) * np.array([1, *values[:, y, x]], float)[:, None, None]
    return sums


def turbo(cell_x, cell_y, place, pixel, pixfrac, ratio):
    half = pixfrac / ratio / 2
    wide, high = (
        np.clip(np.minimum(cell + 0.5, at + half) - np.maximum(cell - 0.5, at - half), 0, None)
        for cell, at in zip((cell_x, cell_y), place, strict=True)
    )
    return wide * high * ratio**2 / pixfrac**2


def point(cell_x, cell_y, place, pixel, pixfrac, ratio):
    return (cell_x == round(place[0])) & (cell_y == round(place[1]))


def gaussian(cell_x, cell_y, place, pixel, pixfrac, ratio):
    reach = max(2.5 * pixfrac / 2.3548, 1.2) / ratio
    inside = True
    for cell, at in zip((cell_x, cell_y), place, strict=True):
        inside &= (cell >= round(at - reach)) & (cell <= round(at + reach))
    sigma = pixfrac / ratio / 2.3548
    distance = (cell_x - place[0]) ** 2 + (cell_y - place[1]) ** 2
    share = np.exp(-distance / 2 / sigma**2) / (2 * np.pi * sigma**2)
    return np.where(inside, share, 0).astype(np.float32).astype(float)


def lanczos(order):
    def share(cell_x, cell_y, place, pixel, pixfrac, ratio):
        shares = []
        for cell, at in zip((cell_x, cell_y), place, strict=True):
            at_table = np.rint(abs(cell - at) * ratio / 0.003) * 0.003
            inside = (at_table <= order) & (abs(cell - at) * ratio <= order)
            shares.append(np.where(inside, np.sinc(at_table) * np.sinc(at_table / order), 0))
        return shares[0] * shares[1]

    return share


SHARES = {"point": point, "turbo": turbo, "gaussian": gaussian, "lanczos2": lanczos(2), "lanczos3": lanczos(3)}


@pytest.mark.parametrize("kernel", SHARES)
@pytest.mark.parametrize(("ratio", "pixfrac"), [(1, 1), (0.5, 0.5), (2, 0.7)])
def test_shares_of_cells(kernel, ratio, pixfrac):
    placed, shape = turned_map(SHAPE, 17, ratio, shift=(0.31, 0.62))
    values, weight = random_planes(2, SHAPE)
    sums = on_host(resampled(values, weight, placed, shape, drop_of(kernel, pixfrac, ratio)))

    expected = stated(placed, shape, values, weight, lambda *place: SHARES[kernel](*place, pixfrac, ratio))

    np.testing.assert_allclose(sums, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(sums.sum((1, 2)), expected.sum((1, 2)), rtol=1e-7)


def corners_of(placed, pixel, half):
    """Of a shrunken pixel in the middle of four others, on the output grid."""
    y, x = pixel
    corners = []
    for up, right in ((1, -1), (1, 1), (-1, 1), (-1, -1)):
        beside, above = placed[:, y, x + right], placed[:, y + up, x]
        corner = (1 - half) ** 2 * placed[:, y, x] + half**2 * placed[:, y + up, x + right]
        corners.append(corner + half * (1 - half) * (beside + above))
    return np.array(corners)


def area_in_cell(corners, x, y):
    """Of a polygon: cut along the four sides of a cell, and measured by the shoelace formula."""
    for axis, border, sign in ((0, x - 0.5, 1), (0, x + 0.5, -1), (1, y - 0.5, 1), (1, y + 0.5, -1)):
        kept = []
        for a, b in zip(corners, np.roll(corners, -1, 0), strict=True):
            to_a, to_b = sign * (a[axis] - border), sign * (b[axis] - border)
            if to_a >= 0:
                kept.append(a)
            if to_a * to_b < 0:
                kept.append(a + (b - a) * to_a / (to_a - to_b))
        if not kept:
            return 0.0
        corners = np.array(kept)
    (x1, y1), (x2, y2) = corners.T, np.roll(corners, -1, 0).T
    return abs((x1 * y2 - x2 * y1).sum()) / 2


@pytest.mark.parametrize("angle", [0, 0.3, 30, 45, 90, 200])
@pytest.mark.parametrize(("ratio", "pixfrac"), [(1, 1), (0.3, 1), (1.7, 0.5)])
def test_squares_weigh_by_overlap(angle, ratio, pixfrac):
    placed, shape = turned_map((5, 5), angle, ratio, bend=0.2)
    weight = np.zeros((5, 5), np.float32)
    weight[2, 2] = 1
    sums = on_host(resampled(np.full((1, 5, 5), 3, np.float32), weight, placed, shape, drop_of("square", pixfrac)))

    corners = corners_of(placed, (2, 2), pixfrac / 2)
    expected = np.array([[area_in_cell(corners, x, y) for x in range(shape[1])] for y in range(shape[0])])

    np.testing.assert_allclose(sums[0], expected / expected.sum(), rtol=1e-7, atol=1e-13)
    np.testing.assert_array_equal(sums[1], 3 * sums[0])


@pytest.mark.parametrize("kernel", ["square", "point", "turbo"])
@pytest.mark.parametrize(("angle", "ratio", "pixfrac"), [(0, 1, 1), (30, 1, 1), (30, 0.5, 0.5), (75, 2, 1)])
def test_flux_is_conserved(kernel, angle, ratio, pixfrac):
    """Of drops that conserve it, all of the weighted flux arrives, wherever a pixel falls."""
    placed, shape = turned_map((40, 50), angle, ratio, bend=0.3)
    values, weight = random_planes(3, (40, 50))
    sums = on_host(resampled(values, weight, placed, shape, drop_of(kernel, pixfrac, ratio)))
    put_in = np.concatenate([weight[None], values * weight.astype(float)]).sum((1, 2), dtype=float)
    np.testing.assert_allclose(sums.sum((1, 2)), put_in, rtol=1e-7)


def test_a_fraction_near_zero_is_a_point():
    assert drop_of("square", 0.001) == drop_of("point")
    assert drop_of("lanczos3", 0.0) == drop_of("point")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("cubic",), "no kernel 'cubic'"),
        (("square", 1.5), "from 0 to 1, not 1.5"),
        (("square", float("nan")), "from 0 to 1, not nan"),
        (("turbo", 1, 0), "is positive, not 0"),
    ],
)
def test_drops_that_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        drop_of(*settings)
