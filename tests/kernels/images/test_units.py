"""Rates in other units: held against the same formulas, written for whole arrays."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.images.flat_rates import Rates
from gpucal.kernels.images.units import convert_units

SHAPE = (2, 5, 7)


def made():
    rng = np.random.default_rng(7)
    data, err, poisson, read, flat = (rng.uniform(0.1, 9, SHAPE).astype(np.float32) for _ in range(5))
    data[0, 1, 1], flat[1, 2, 2] = np.nan, np.nan
    return Rates(data, err, rng.choice([0, 0, 4, DO_NOT_USE], SHAPE).astype(np.uint32), poisson, read), flat


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("factor", [np.float32(0.3921), np.float64(0.3921)])
@pytest.mark.parametrize("with_flat", [True, False])
def test_all_planes(inverse, factor, with_flat, backend):
    rates, flat = made()
    change = np.divide if inverse else np.multiply
    planes = [change(plane, factor) for plane in (rates.data, rates.err)]
    planes += [change(plane, factor * factor) for plane in (rates.var_poisson, rates.var_rnoise, flat)]
    planes = planes if with_flat else planes[:-1]
    invalid = np.isnan(planes).any(axis=0) | (rates.dq & DO_NOT_USE > 0)
    given = Rates(*(backend.asarray(plane.copy()) for plane in rates))
    variance = backend.asarray(flat.copy()) if with_flat else None
    convert_units(given, variance, factor, inverse)
    result = [given.data, given.err, given.var_poisson, given.var_rnoise, *([variance] if with_flat else [])]
    for ours, expected in zip(result, planes, strict=True):
        wanted = np.where(invalid, np.nan, expected).astype(np.float32)
        np.testing.assert_array_equal(backend.asnumpy(ours), wanted)
    np.testing.assert_array_equal(backend.asnumpy(given.dq), rates.dq | invalid * np.uint32(DO_NOT_USE))


def test_planes_of_other_shapes_are_refused():
    rates, flat = made()
    with pytest.raises(ValueError, match=r"var_flat has shape \(2, 5, 6\), the rates \(2, 5, 7\)"):
        convert_units(rates, flat[..., 1:], 2.0)
    with pytest.raises(ValueError, match=r"dq has shape \(1, 5, 7\), the rates"):
        convert_units(rates._replace(dq=rates.dq[:1]), flat, 2.0)
