"""Scale of groups averaged with the wrong divisor."""

import numpy as np

from gpucal.kernels.ramps.group_scale import rescale_groups


def test_groups_become_averages(backend):
    """Sums of 5 frames that were divided by 8."""
    averages = np.random.default_rng(1).uniform(0, 60000, (2, 3, 4, 5))
    ramp = backend.asarray((averages * 5 / 8).astype(np.float32))
    rescale_groups(ramp, 5, 8)
    assert ramp.dtype == np.float32
    np.testing.assert_allclose(backend.asnumpy(ramp), averages, rtol=2e-7)
