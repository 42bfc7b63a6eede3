"""Means without outliers, against astropy's clipping."""

import numpy as np
import pytest
from astropy.stats import sigma_clip

from gpucal.kernels.images.clipped_mean import clipped_mean, error_of_mean


def stack_with_outliers(count, seed=1):
    rng = np.random.default_rng(seed)
    stack = rng.normal(3, 1, (count, 7, 9)).astype(np.float32)
    stack[rng.random(stack.shape) < 0.1] += 50
    stack[rng.random(stack.shape) < 0.05] = np.nan
    stack[0, 2, 2], stack[:, 3, 3] = np.inf, np.nan
    return stack


@pytest.mark.filterwarnings("ignore:Input data contains invalid values")
@pytest.mark.parametrize("rounds", [None, 0, 1, 3])
@pytest.mark.parametrize("sigma", [3.0, 1.2])
@pytest.mark.parametrize("count", [1, 2, 3, 8, 21])
def test_mean_and_error_are_those_of_astropy(backend, count, sigma, rounds):
    stack = stack_with_outliers(count)
    variances = np.random.default_rng(2).uniform(0.5, 2, stack.shape).astype(np.float32)
    clipped = clipped_mean(backend.asarray(stack), sigma, rounds)
    error = error_of_mean(backend.asarray(stack), backend.asarray(variances), clipped)

    expected = sigma_clip(stack.astype(np.float64), sigma=sigma, maxiters=rounds, axis=0)
    kept = np.ma.masked_array(variances.astype(np.float64), mask=np.ma.getmaskarray(expected))
    numbers = np.maximum(kept.count(axis=0), 1)
    np.testing.assert_allclose(backend.asnumpy(clipped.mean), expected.mean(axis=0).filled(0), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(backend.asnumpy(error), np.sqrt(kept.sum(axis=0).filled(0)) / numbers, rtol=1e-6)


def test_a_stack_has_three_axes(backend):
    with pytest.raises(ValueError, match="stack has shape"):
        clipped_mean(backend.asarray(np.ones((3, 3), np.float32)), 3.0)
