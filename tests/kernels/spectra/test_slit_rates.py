"""Rates of slits, divided by flats or scaled: held against the same formulas, written for whole arrays in float32."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.images.flat_rates import Rates
from gpucal.kernels.spectra.flat_components import SpectralFlat
from gpucal.kernels.spectra.flat_slits import flat_field_slits
from gpucal.kernels.spectra.scaled_rates import scale_rates

SHAPE = (3, 50)


def rates_and_flat():
    rng = np.random.default_rng(6)
    data, err, poisson, read, var_flat = (rng.uniform(0.1, 9, SHAPE).astype(np.float32) for _ in range(5))
    data[0, 3], read[2, 4] = np.nan, np.nan
    dq = rng.choice([0, 0, 4, DO_NOT_USE], SHAPE).astype(np.uint32)
    flat = SpectralFlat(
        rng.uniform(0.5, 2, 50).astype(np.float32),
        rng.uniform(0, 0.1, 50).astype(np.float32),
        rng.choice([0, 0, 8, DO_NOT_USE], 50).astype(np.uint32),
    )
    flat.data[9] = np.nan
    return Rates(data, err, dq, poisson, read), var_flat, flat


def check(backend, found, planes, dq, match=True):
    invalid = np.isnan(planes).any(axis=0) | (dq & DO_NOT_USE > 0)
    for ours, plane in zip(found, planes, strict=True):
        wanted = np.where(invalid & match, np.float32(np.nan), plane)
        np.testing.assert_array_equal(backend.asnumpy(ours), wanted.astype(np.float32))
    return dq | (invalid & match) * np.uint32(DO_NOT_USE)


@pytest.mark.parametrize("inverse", [False, True])
def test_division_by_flats(inverse, backend):
    rates, _, flat = rates_and_flat()
    square, change = flat.data**2, np.multiply if inverse else np.divide
    data, poisson = change(rates.data, flat.data), change(rates.var_poisson, square)
    read = change(rates.var_rnoise, square)
    added = np.zeros_like(data) if inverse else (data / flat.data * flat.err) ** 2
    err = np.sqrt(poisson + read + added)
    given = Rates(*(backend.asarray(plane.copy()) for plane in rates))
    var_flat = flat_field_slits(given, SpectralFlat(*map(backend.asarray, flat)), inverse)
    found = [given.data, given.err, given.var_poisson, given.var_rnoise, var_flat]
    dq = check(backend, found, [data, err, poisson, read, added], rates.dq | flat.dq)
    np.testing.assert_array_equal(backend.asnumpy(given.dq), dq)


@pytest.mark.parametrize("divide", [False, True])
@pytest.mark.parametrize("match", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaled_rates(divide, match, dtype, backend):
    rates, var_flat, flat = rates_and_flat()
    factor = flat.data.astype(dtype) ** dtype(3)
    change = np.divide if divide else np.multiply
    planes = [change(plane, factor) for plane in rates[:2]]
    planes += [change(plane, factor * factor) for plane in (*rates[3:], var_flat)]
    given = Rates(*(backend.asarray(plane.copy()) for plane in rates))
    variance = backend.asarray(var_flat.copy())
    scale_rates(given, variance, backend.asarray(factor), divide, match)
    found = [given.data, given.err, given.var_poisson, given.var_rnoise, variance]
    dq = check(backend, found, planes, rates.dq, match)
    np.testing.assert_array_equal(backend.asnumpy(given.dq), dq)


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_division_by_zero_is_no_error(backend):
    planes = [backend.asarray(np.ones((1, 2), np.float32)) for _ in range(5)]
    dq = backend.asarray(np.array([[0, DO_NOT_USE]], np.uint32))
    scale_rates(Rates(planes[0], planes[1], dq, *planes[2:4]), planes[4], backend.asarray(np.zeros(2)), divide=True)
    np.testing.assert_array_equal(backend.asnumpy(planes[0]), [[np.inf, np.nan]])
