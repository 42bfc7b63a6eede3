"""A factor for each pixel, and the change of throughput: held against the same formulas, written for whole arrays."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.images.flat_rates import Rates
from gpucal.kernels.images.sensitivity import (
    Sensitivity,
    ThroughputChange,
    changes_of_pixels,
    convert_by_pixel,
)

SHAPE = (5, 8)


def made():
    rng = np.random.default_rng(7)
    data, err, poisson, read, flat, factors = (
        rng.uniform(0.1, 9, SHAPE).astype(np.float32) for _ in range(6)
    )
    data[1, 1], flat[2, 2], factors[3, 3] = np.nan, np.nan, np.nan
    dq, its = (rng.choice([0, 0, 0, 4, DO_NOT_USE], SHAPE).astype(np.uint32) for _ in range(2))
    return Rates(data, err, dq, poisson, read), flat, Sensitivity(factors, its), rng.uniform(0.8, 1, SHAPE)


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("with_changes", [False, True])
@pytest.mark.parametrize("with_flat", [False, True])
def test_all_planes(inverse, with_changes, with_flat, backend):
    rates, flat, sensitivity, changes = made()
    factor = sensitivity.data.astype(float) ** (-1 if inverse else 1) / (changes if with_changes else 1)
    planes = {name: plane * factor for name, plane in rates._asdict().items() if name in ("data", "err")}
    planes |= {name: plane * factor**2 for name, plane in rates._asdict().items() if name.startswith("var")}
    planes |= {"var_flat": flat * factor**2} if with_flat else {}
    invalid = (rates.dq | sensitivity.dq) & DO_NOT_USE > 0
    for plane in planes.values():
        invalid |= np.isnan(plane)
    given = Rates(*(backend.asarray(plane.copy()) for plane in rates))
    variance = backend.asarray(flat.copy()) if with_flat else None
    on_backend = Sensitivity(*map(backend.asarray, sensitivity))
    convert_by_pixel(given, variance, on_backend, backend.asarray(changes) if with_changes else None, inverse)
    results = given._asdict() | {"var_flat": variance}
    for name, plane in planes.items():
        wanted = np.where(invalid, np.nan, plane)
        np.testing.assert_allclose(backend.asnumpy(results[name]), wanted, rtol=4e-7)
    flags = rates.dq | sensitivity.dq | invalid * np.uint32(DO_NOT_USE)
    np.testing.assert_array_equal(backend.asnumpy(given.dq), flags)


def test_changes_are_linear_between_wavelengths_and_beyond(backend):
    wavelengths = np.array([[5.0, 5.5, 6.0, 6.5, 8.0, 9.0, 4.0, 0.0, np.nan, 5.0]])
    table = ThroughputChange(np.array([5.0, 6.0, 8.0]), np.array([1.0, 0.8, 0.9]))
    changes = backend.asarray(np.full((1, 10), 7.0))
    on_backend = ThroughputChange(*map(backend.asarray, table))
    changes_of_pixels(changes, backend.asarray(wavelengths), on_backend, slice(1, 9))
    expected = [[7, 0.9, 0.8, 0.825, 0.9, 0.95, 1.2, 1, 1, 7]]
    np.testing.assert_allclose(backend.asnumpy(changes), expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("nodes", "columns", "words"),
    [
        (1, slice(0, 3), "a line needs two wavelengths"),
        (2, slice(0, 4), "columns 0 to 4 are not in an image of 3"),
    ],
)
def test_what_will_not_do_is_refused(nodes, columns, words):
    with pytest.raises(ValueError, match=words):
        changes_of_pixels(np.ones((1, 3)), np.ones((1, 3)), ThroughputChange(*np.ones((2, nodes))), columns)
