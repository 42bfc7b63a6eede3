"""Scattered light: held against sums over all pairs of pixels, written down for whole arrays."""

import numpy as np
import pytest

from gpucal.kernels.straylight.cross_artifact import Scattering, add_scattered

NY, NX = 5, 70


def made():
    rng = np.random.default_rng(3)
    light = rng.uniform(0, 9, (NY, NX)) * (rng.random((NY, NX)) > 0.3)
    low = np.array([20, 0.02, 4, 9, 0.03, 0.01])
    return light, Scattering(*(rng.uniform(value, 1.5 * value, NY) for value in low))


def summed(light, scattering, columns):
    width, height, wide, offset, inner, outer = (values[:, None, None] for values in scattering)
    away = np.arange(NX)[:, None] - np.arange(NX)[columns]  # of each pixel from each source
    sigma = wide / 2.3548200450309493
    share = height / (1 + (away / (width / 2)) ** 2)
    for high, at, spread in ((inner, offset, sigma), (outer, 2 * offset, 2 * sigma)):
        share = share + high * sum(np.exp(-0.5 * ((away - side * at) / spread) ** 2) for side in (-1, 1))
    return (share * light[:, None, columns]).sum(axis=-1)


@pytest.mark.parametrize("columns", [slice(0, 33), slice(33, 64), slice(0, NX), slice(7, 7)])
def test_all_pairs(columns, backend):
    light, scattering = made()
    total = backend.asarray(np.full((NY, NX), 2.0))
    add_scattered(total, backend.asarray(light), Scattering(*map(backend.asarray, scattering)), columns)
    np.testing.assert_allclose(backend.asnumpy(total), 2 + summed(light, scattering, columns), rtol=1e-13)


def test_columns_beside_the_image_are_refused(backend):
    light, scattering = made()
    arguments = backend.asarray(light), Scattering(*map(backend.asarray, scattering))
    with pytest.raises(ValueError, match="columns 0 to 71 are not in an image of 70"):
        add_scattered(backend.asarray(light.copy()), *arguments, slice(0, NX + 1))
