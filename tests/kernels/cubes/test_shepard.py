"""Weights by distance, against a sum over all points for each voxel; and where points are on a plane."""

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord, SkyOffsetFrame

from gpucal.backend import current_backend
from gpucal.kernels.cubes.drizzle import Grid
from gpucal.kernels.cubes.points import place_points, tangent_at
from gpucal.kernels.cubes.shepard import Falloff, add_points
from gpucal.kernels.cubes.sums import no_sums

NZ, NY, NX = SHAPE = 5, 6, 7
SIDE = 0.4
Z = np.array([5.0, 5.1, 5.2, 5.35, 5.5])


@pytest.fixture
def points():
    """Places, wavelengths in order, and values."""
    rng = np.random.default_rng(4)
    return rng.uniform(-1.3, 1.3, (25, 2)), np.sort(rng.uniform(4.95, 5.6, 25)), rng.uniform(1, 2, (2, 25))


def centers():
    return (np.arange(NX) - NX // 2) * SIDE, (np.arange(NY) - NY // 2) * SIDE


def grid():
    arrays = (*centers(), Z, np.append(np.diff(Z), 0.15))
    return Grid(*(current_backend().asarray(one) for one in arrays), SIDE, SIDE)


@pytest.mark.parametrize("is_exponential", [True, False])
@pytest.mark.parametrize("power", [2.0, 1.3])
def test_weights_by_distance(backend, points, is_exponential, power):
    asarray = current_backend().asarray
    places, wave, values = points
    entries = np.arange(25) % 2
    of_entry = {"rois": [0.9, 0.7], "roiw": [0.12, 0.2], "power": [power] * 2}
    of_entry |= {"softrad": [0.3, 0.1], "scalerad": [0.2, 0.3]}
    falloff = Falloff(*(asarray(np.array(value)) for value in of_entry.values()), is_exponential)
    own = {name: np.array(value)[entries] for name, value in of_entry.items()}
    given = asarray(places), asarray(wave), asarray(values), asarray(entries), grid(), falloff
    sums = no_sums(SHAPE)
    add_points(sums, *given)
    x, y = centers()
    expected = np.zeros((*SHAPE, 4))
    for (k, j, i) in np.ndindex(SHAPE):
        away = np.hypot(x[i] - places[:, 0], y[j] - places[:, 1])
        near = (away <= own["rois"]) & (np.abs(Z[k] - wave) <= own["roiw"])
        distance = (away / SIDE) ** 2 + ((wave - Z[k]) / np.append(np.diff(Z), 0.15)[k]) ** 2
        if is_exponential:
            weight = np.exp(-distance / (own["scalerad"] / SIDE))
        else:
            weight = 1 / np.maximum(distance ** (power / 2), own["softrad"])
        weight = weight * near
        squares = weight * values[1] @ (weight * values[1])
        expected[k, j, i] = (weight * values[0]).sum(), weight.sum(), squares, near.sum()
    np.testing.assert_allclose(current_backend().asnumpy(sums), expected, rtol=1e-12)
    assert expected[..., 3].max() > 2
    for tile in ((1, 1), (2, 4)):
        again = no_sums(SHAPE)
        add_points(again, *given, tile=tile)
        np.testing.assert_array_equal(current_backend().asnumpy(again), current_backend().asnumpy(sums))


@pytest.mark.parametrize("turn", [None, 30.0])
def test_places_on_a_plane(backend, turn):
    rng = np.random.default_rng(2)
    ra, dec = 359.9998 + rng.uniform(-5e-4, 5e-4, 8), 61.0 + rng.uniform(-5e-4, 5e-4, 8)
    offset = 0.3, -0.2
    points = current_backend().asarray(np.zeros((6, 3)))
    pixels = np.array([5, 0, 3, 3, 7, 1])
    asarray = current_backend().asarray
    place_points(asarray(ra), asarray(dec), asarray(pixels), tangent_at(359.9999, 61.0001, turn, offset), points, 2, 0)
    moved = SkyCoord(ra, dec, unit="deg").spherical_offsets_by(*(offset * units.arcsec))[pixels]
    center = SkyOffsetFrame(origin=SkyCoord(359.9999, 61.0001, unit="deg"))
    west, north = (-moved.transform_to(center).lon.arcsec, moved.transform_to(center).lat.arcsec)
    angle = np.deg2rad(turn or 0)
    x, y = west * np.cos(angle) + north * np.sin(angle), north * np.cos(angle) - west * np.sin(angle)
    found = current_backend().asnumpy(points)
    np.testing.assert_allclose(found[:, 2], (x + 180 * 3600) % (360 * 3600) - 180 * 3600, atol=2e-9)
    np.testing.assert_allclose(found[:, 0], y, atol=2e-9)
    with pytest.raises(ValueError, match="no columns"):
        place_points(asarray(ra), asarray(dec), asarray(pixels), tangent_at(0, 0), points, 3, 0)
