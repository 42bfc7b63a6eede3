"""Variances of exposures are combined as those of a weighted mean."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.resample.combine import add_variances, combined_variances, no_variances
from gpucal.kernels.resample.sums import Sums

SHAPE = (6, 8)
NKINDS = 3


def drizzled(seed, corner=(0, 0), shape=SHAPE):
    """Sums of an exposure; the values, and the variances that its roots mean, (1 + NKINDS, ny, nx)."""
    rng = np.random.default_rng(seed)
    weight = rng.uniform(0.5, 2, shape)
    weight[rng.random(shape) < 0.3] = 0
    variances = rng.uniform(0.1, 3, (NKINDS, *shape))
    variances[1, 0, 1] = np.nan
    planes = [weight, weight * rng.normal(size=shape), *(weight * np.sqrt(one) for one in variances)]
    backend = current_backend()
    sums = Sums(backend.asarray(np.stack(planes, -1)), backend.xp.zeros((0, 0), bool), corner)
    variances[:, weight == 0] = np.nan
    return sums, variances


def expected(pairs, ratio=1.0):
    """The rule, in float64: (weights of the exposure, its variances) of each."""
    top, bottom = np.zeros((2, NKINDS, *SHAPE))
    for weight, variances in pairs:
        known = np.isfinite(variances) & (weight > 0)
        top += np.where(known, weight**2 * variances, 0)
        bottom += np.where(known, weight, 0)
    with np.errstate(invalid="ignore"):
        made = top / bottom**2 / ratio**2
    error = np.sqrt(np.nansum(made, 0))
    error[np.isnan(made).all(0)] = np.nan
    return made, error


def test_exposures_are_weighted_by_their_read_noise(backend):
    totals, pairs = no_variances(NKINDS, SHAPE), []
    for seed in range(3):
        sums, variances = drizzled(seed)
        add_variances(totals, sums)
        pairs.append((1 / variances[0], variances))
    made, error = map(backend.asnumpy, combined_variances(totals, ratio=0.5))
    for one, other in zip((made, error), expected(pairs, 0.5), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-6)
    assert 0 < np.isnan(error).sum() < error.size / 4


def test_exposures_are_weighted_by_their_time():
    totals, pairs = no_variances(NKINDS, SHAPE), []
    for seed, time in ((3, 10.0), (4, 200.0)):
        sums, variances = drizzled(seed)
        add_variances(totals, sums, time)
        pairs.append((time, variances))
    made, error = map(current_backend().asnumpy, combined_variances(totals))
    for one, other in zip((made, error), expected(pairs), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-6)


def test_an_exposure_may_reach_a_part_of_the_mosaic():
    sums, variances = drizzled(5, corner=(2, 3), shape=(4, 5))
    totals = no_variances(NKINDS, SHAPE)
    add_variances(totals, sums)
    made, _ = combined_variances(totals)
    wanted = np.full((NKINDS, *SHAPE), np.nan)
    wanted[:, 2:, 3:] = variances
    np.testing.assert_allclose(current_backend().asnumpy(made), wanted, rtol=2e-6)


def test_what_does_not_fit_is_refused():
    sums, _ = drizzled(5, corner=(2, 4), shape=(4, 5))
    with pytest.raises(ValueError, match="not all in a mosaic of 6 x 8"):
        add_variances(no_variances(NKINDS, SHAPE), sums)
    with pytest.raises(ValueError, match="2 variances are combined, and 3 were drizzled"):
        add_variances(no_variances(2, SHAPE), sums)
    whole = no_variances(NKINDS, SHAPE)
    with pytest.raises(ValueError, match="weights has shape"):
        combined_variances(whole._replace(weights=whole.weights[:2]))
