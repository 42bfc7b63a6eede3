"""Scale of rates to the standard gain."""

import numpy as np

from gpucal.kernels.images.gain_scale import rescale_rates


def test_rates_scale_with_the_gain_and_variances_with_its_square(backend):
    rng = np.random.default_rng(1)
    arrays = [rng.normal(0, 100, (3, 4, 5)).astype(np.float32) for _ in range(4)]
    rate, error, poisson, read_noise = (backend.asarray(array.copy()) for array in arrays)
    rescale_rates([rate, error], [poisson, read_noise], 1.7)
    factors = 1.7, 1.7, 1.7**2, 1.7**2
    for scaled, array, factor in zip((rate, error, poisson, read_noise), arrays, factors, strict=True):
        assert scaled.dtype == np.float32
        np.testing.assert_allclose(backend.asnumpy(scaled), array * factor, rtol=2e-7)
