"""Values above the sky, and weights, of the pixels of an exposure."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, NON_SCIENCE
from gpucal.kernels.resample.exposures import INVERSE_VARIANCE, SAME, Pixels, values_and_weights

SHAPE = (5, 7)


def pixels(**changed):
    """Pixels of a kind each: flagged, NaN in one array, of variance zero."""
    rng = np.random.default_rng(2)
    arrays = {name: rng.uniform(0.5, 2, SHAPE).astype(np.float32) for name in Pixels._fields}
    arrays["dq"] = np.zeros(SHAPE, np.uint32)
    arrays["dq"][0, :3] = DO_NOT_USE, NON_SCIENCE | JUMP_DET, JUMP_DET
    for column, name in enumerate(("data", "err", "var_poisson", "var_rnoise", "var_flat")):
        arrays[name][1, column] = np.nan
    arrays["var_rnoise"][2, :3] = 0, np.inf, -4
    asarray = current_backend().asarray
    return Pixels(**{name: array if array is None else asarray(array) for name, array in (arrays | changed).items()})


def expected_weight(given, with_variance):
    """The rule, array by array."""
    host = current_backend().asnumpy
    good = host(given.dq) & (DO_NOT_USE | NON_SCIENCE) == 0
    for array in given._replace(dq=None):
        good &= True if array is None else ~np.isnan(host(array))
    if not with_variance:
        return good.astype(float)
    with np.errstate(divide="ignore"):
        weight = 1 / host(given.var_rnoise)
    return np.where(good & np.isfinite(weight), weight, 0)


def test_weights_are_reciprocals_of_the_variance(backend):
    given = pixels()
    values, weights = map(backend.asnumpy, values_and_weights(given, 0.25, INVERSE_VARIANCE))
    np.testing.assert_array_equal(values, backend.asnumpy(given.data) - np.float32(0.25))
    np.testing.assert_array_equal(weights, expected_weight(given, with_variance=True))
    assert weights[0].tolist()[:2] == [0, 0] and weights[0, 2] > 0
    assert weights[1, :5].tolist() == [0] * 5
    assert weights[2, :3].tolist() == [0, 0, -0.25]


def test_weights_are_all_the_same():
    given = pixels(err=None, var_flat=None)
    _, weights = values_and_weights(given, 0.0, SAME, 120.5)
    host = current_backend().asnumpy(weights)
    np.testing.assert_array_equal(host, 120.5 * expected_weight(given, with_variance=False))
    assert set(np.unique(host)) == {0, 120.5}


def test_pixels_that_do_not_fit_are_refused():
    small = np.zeros((5, 6), np.float32)
    with pytest.raises(ValueError, match="var_flat has shape"):
        values_and_weights(pixels(var_flat=small), 0.0, SAME)
    with pytest.raises(ValueError, match="without the variance of the read noise"):
        values_and_weights(pixels(var_rnoise=None), 0.0, INVERSE_VARIANCE)
