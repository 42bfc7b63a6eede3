"""Where stars are, from images of known place."""

import numpy as np

from gpucal.kernels.interferometry.centring import star_offsets
from gpucal.kernels.interferometry.fringes import Sampling
from gpucal.kernels.interferometry.transforms import centred_transform
from tests.kernels.interferometry.masks import BAND, MASK, PIXEL, star_of


def test_offsets_are_found_to_a_hundredth_of_a_pixel(backend):
    offsets = np.array([(0.0, 0.0), (0.3, -0.2), (-0.45, 0.1)])
    sampling = Sampling(41, 3, PIXEL)
    images = np.stack([star_of(MASK, np.eye(2), BAND, sampling, offset, step=0.02) for offset in offsets])
    np.testing.assert_allclose(backend.asnumpy(star_offsets(backend.asarray(images))), offsets, atol=0.01)


def test_transform_of_all_frequencies_keeps_the_sum_of_squares(backend):
    image = np.random.default_rng(2).random((12, 12))
    image[[0, 5], :] = 0.0
    transform = backend.asnumpy(centred_transform(backend.asarray(image), 12, 12))
    np.testing.assert_allclose((abs(transform) ** 2).sum(), (image**2).sum(), rtol=1e-12)
    places, frequencies = (np.arange(12) - 5.5) / 12, np.arange(12) - 5.5
    waves = np.exp(-2j * np.pi * np.outer(frequencies, places))
    np.testing.assert_allclose(transform, waves @ image @ waves.T / 12, atol=1e-12)
