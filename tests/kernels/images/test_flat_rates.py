"""Rates divided by a flat: held against the same formulas, written for whole arrays in float32."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE, NO_FLAT_FIELD
from gpucal.kernels.images.flat_rates import Flat, Rates, flat_field_rates

SHAPE = (3, 7, 9)


def made(rng):
    image = SHAPE[1:]
    arrays = [rng.normal(5, 30, SHAPE), *(rng.uniform(0.1, 3, SHAPE) for _ in range(3))]
    data, err, poisson, read = (array.astype(np.float32) for array in arrays)
    dq = rng.choice([0, 0, 4, DO_NOT_USE], SHAPE).astype(np.uint32)
    data[1, 2, 3], err[0, 1, 1], read[2, 4, 4] = np.nan, np.nan, np.inf
    flat = Flat(
        rng.normal(1, 0.1, image).astype(np.float32),
        rng.uniform(0, 0.1, image).astype(np.float32),
        rng.choice([0, 0, 4, NO_FLAT_FIELD], image).astype(np.uint32),
    )
    flat.data[0, 0], flat.data[5, 5], flat.err[6, 6] = 0, np.nan, np.nan
    return Rates(data, err, dq, poisson, read), flat


def expected(rates, flat, inverse):
    missing = np.isnan(flat.data) | (flat.data == 0) | (flat.dq & NO_FLAT_FIELD > 0)
    flat_dq = flat.dq | missing * np.uint32(NO_FLAT_FIELD | DO_NOT_USE)
    response = np.where(flat_dq & DO_NOT_USE, np.float32(1), flat.data)
    change = np.multiply if inverse else np.divide
    data = change(rates.data, response)
    poisson, read = change(rates.var_poisson, response**2), change(rates.var_rnoise, response**2)
    added = np.zeros_like(data) if inverse else data**2 / response**2 * flat.err**2
    err = np.sqrt(poisson + read + added)
    dq = rates.dq | flat_dq
    planes = [data, err, poisson, read, added]
    invalid = np.isnan(planes).any(axis=0) | (dq & DO_NOT_USE > 0)
    data, err, poisson, read, added = (np.where(invalid, np.float32(np.nan), plane) for plane in planes)
    return Rates(data, err, dq | invalid * np.uint32(DO_NOT_USE), poisson, read), added


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("ndim", [2, 3])
def test_all_planes(inverse, ndim, backend):
    rates, flat = made(np.random.default_rng(2))
    if ndim == 2:
        rates = Rates(*(plane[1] for plane in rates))
    wanted, wanted_variance = expected(rates, flat, inverse)
    given = Rates(*(backend.asarray(plane.copy()) for plane in rates))
    variance = flat_field_rates(given, Flat(*(backend.asarray(plane) for plane in flat)), inverse)
    for name in Rates._fields:
        np.testing.assert_array_equal(backend.asnumpy(getattr(given, name)), getattr(wanted, name), err_msg=name)
    np.testing.assert_array_equal(backend.asnumpy(variance), wanted_variance)


@pytest.mark.parametrize("name", ["err", "dq", "var_poisson", "var_rnoise"])
def test_planes_of_other_shapes_are_refused(name):
    rates, flat = made(np.random.default_rng(2))
    with pytest.raises(ValueError, match=rf"{name} has shape \(3, 7, 8\), the rates \(3, 7, 9\)"):
        flat_field_rates(rates._replace(**{name: getattr(rates, name)[..., :-1]}), flat)


@pytest.mark.parametrize("name", Flat._fields)
def test_a_flat_of_another_shape_is_refused(name):
    rates, flat = made(np.random.default_rng(2))
    with pytest.raises(ValueError, match=rf"{name} of the flat has shape \(6, 9\), the image \(7, 9\)"):
        flat_field_rates(rates, flat._replace(**{name: getattr(flat, name)[1:]}))
