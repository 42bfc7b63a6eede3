"""Sums over apertures in the planes of cubes, against photutils and astropy, plane by plane."""

import numpy as np
import pytest
from astropy.stats import sigma_clipped_stats
from photutils.aperture import CircularAnnulus, CircularAperture, aperture_photometry

from gpucal.kernels.cubes.aperture_sums import Circles, Cube, clip_bounds, sum_circles, sum_planes

NPLANES, NY, NX = 6, 14, 17
PLACES = {"inside": (7.3, 6.8), "on a spaxel": (8.0, 7.0), "at a corner": (0.2, 13.1)}
METHODS = {"exact": 0, "center": 1, "subpixel": 5}


def cube(seed=1):
    """With spaxels of no weight, of a part of one, and a plane without any."""
    rng = np.random.default_rng(seed)
    data = rng.normal(5, 1, (NPLANES, NY, NX))
    data[rng.random(data.shape) < 0.03] += 40
    weight = rng.integers(0, 4, data.shape).astype(np.float32)
    weight[rng.random(data.shape) < 0.1] = 0.3
    weight[4] = 0
    data[weight == 0] = np.nan
    return Cube(data.astype(np.float32), rng.uniform(1, 2, data.shape).astype(np.float32), weight)


def on(backend, arrays):
    return type(arrays)(*(backend.asarray(one) if isinstance(one, np.ndarray) else one for one in arrays))


def radii():
    radius = np.linspace(0.4137, 5.3171, NPLANES)
    outer = radius + 4.0
    outer[1] = 0.0
    return radius, radius + 1.25, outer


def bounds_of(one, sigma):
    """As astropy's statistics of the spaxels of full weight tell."""
    found = []
    for data, weight in zip(one.data, one.weight, strict=True):
        kept = data[weight >= 1]
        mean, _, deviation = sigma_clipped_stats(kept, sigma=sigma, maxiters=5) if len(kept) else (np.nan,) * 3
        found.append((mean - sigma * deviation, mean + sigma * deviation))
    return np.array(found)


def photometry(plane, aperture, mask, method):
    return aperture_photometry(plane, aperture, mask=mask, method=method, subpixels=5)["aperture_sum"][0]


@pytest.mark.parametrize("sigma", [1.5, 3.0])
def test_bounds_are_those_of_astropy(backend, sigma):
    one = cube()
    found = backend.asnumpy(clip_bounds(on(backend, one), sigma))
    np.testing.assert_allclose(found, bounds_of(one, sigma), rtol=1e-6)
    assert np.isnan(found[4]).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("place", PLACES)
def test_circles_are_those_of_photutils(backend, place, method):
    whole = place == "inside"
    one, (x, y), (radius, inner, outer) = cube(), PLACES[place], radii()
    bounds = bounds_of(one, 3.0)
    circles = Circles(x, y, radius, inner, outer, METHODS[method])
    on_host = sum_circles(on(backend, one), on(backend, circles), backend.asarray(bounds), whole)
    sums = type(on_host)(*map(backend.asnumpy, on_host))
    for plane in range(NPLANES):
        data, weight = one.data[plane].astype(float), np.minimum(one.weight[plane], 1).astype(float)
        square, none = one.err[plane].astype(float) ** 2, weight == 0
        circle = CircularAperture((x, y), radius[plane])
        wanted = [photometry(values, circle, none, method) for values in (weight, data, square)]
        if outer[plane]:
            ring, (low, high) = CircularAnnulus((x, y), inner[plane], outer[plane]), bounds[plane]
            outlying = none | (data < low) | (data > high)
            counted = none if whole else outlying
            wanted += [photometry(values, ring, mask, method) for values, mask in
                       ((weight, counted), (data, outlying), (square, counted))]  # fmt: skip
        else:
            wanted += [0.0] * 3
        np.testing.assert_allclose([each[plane] for each in sums], wanted, rtol=1e-12, atol=1e-12)


def test_whole_planes(backend):
    one = cube()
    bounds = bounds_of(one, 2.0)
    sums = sum_planes(on(backend, one), backend.asarray(bounds))
    weight, has_value = np.minimum(one.weight, 1), one.weight > 0
    inside = has_value & (one.data >= bounds[:, :1, None]) & (one.data <= bounds[:, 1:, None])
    assert (has_value & ~inside).any()
    square = one.err.astype(float) ** 2
    wanted = [
        np.where(kept, values, 0).sum(axis=(1, 2), dtype=float)
        for kept in (has_value, inside) for values in (weight, one.data, square)
    ]  # fmt: skip
    np.testing.assert_allclose([backend.asnumpy(each) for each in sums], wanted, rtol=1e-12)
    assert wanted[0][4] == 0
