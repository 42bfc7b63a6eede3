"""Bad pixels in images that a mask makes: repaired, and found."""

import numpy as np
import pytest

from gpucal.kernels.interferometry.fringes import Sampling
from gpucal.kernels.interferometry.repair import (
    Detector,
    frequencies_beyond,
    neighbours_median,
    repair_images,
)
from tests.kernels.interferometry.masks import MASK, PIXEL, points_of_hexagon, star_of

NPIX, WAVELENGTH, DIAMETER = 40, 4.8e-6, 6.6
BAND = np.array([[1.0, WAVELENGTH]])
DETECTOR = Detector(gain=1.6, read_noise=100.0)


def pupil_of(mask, size: int):
    pupil = np.zeros((size, size))
    for y, x in mask.centres:
        first, second = points_of_hexagon(mask.size, DIAMETER / size)
        rows, columns = (
            np.round((place) / DIAMETER * size + 0.5 * size - 0.5).astype(int)
            for place in (first + y, second + x)
        )
        pupil[rows, columns] = 1.0
    return pupil


@pytest.fixture
def case(backend):
    image = star_of(MASK, np.eye(2), BAND, Sampling(NPIX, 3, PIXEL), (0.2, -0.3), step=0.02) * 1000
    beyond = frequencies_beyond(backend.asarray(pupil_of(MASK, 256)), [WAVELENGTH], DIAMETER, PIXEL, NPIX)
    return image, beyond


def test_frequencies_that_the_pupil_passes_hold_the_power_of_its_image(backend, case):
    image, beyond = case
    power = abs(np.fft.rfft2(image)) ** 2
    outside = backend.asnumpy(beyond)
    assert outside.mean() > 0.8
    assert power[outside].sum() < 2e-3 * power.sum()  # what is beyond the edges of the image is not zero


def test_bad_pixels_get_back_the_values_they_had(backend, case):
    image, beyond = case
    bad = np.zeros((1, NPIX, NPIX), bool)
    bad[0, [20, 18, 30], [19, 25, 7]] = True
    spoilt = np.where(bad, 0.0, image)
    images, found = repair_images(backend.asarray(spoilt), backend.asarray(bad), beyond, DETECTOR)
    values = backend.asnumpy(images)[bad]
    np.testing.assert_allclose(values, image[bad[0]], atol=0.03 * image.max())
    assert not backend.asnumpy(found)[~bad].any()
    outside = backend.asnumpy(beyond)
    units = np.zeros((3, NPIX, NPIX))
    units[np.arange(3), *np.nonzero(bad[0])] = 1.0
    design, rest = (np.fft.rfft2(array)[..., outside] for array in (units, spoilt[0]))
    parts = [np.concatenate([array.real, array.imag], axis=-1) for array in (design, -rest)]
    np.testing.assert_allclose(values, np.linalg.lstsq(parts[0].T, parts[1], rcond=None)[0], rtol=1e-9)


def test_a_pixel_that_stands_out_is_found_and_repaired(backend, case):
    image, beyond = case
    rng = np.random.default_rng(4)
    spoilt = np.stack([image, image]) + rng.normal(0, 100, (2, NPIX, NPIX))
    spoilt[1, 8, 30] += image.max()
    none = backend.asarray(np.zeros(spoilt.shape, bool))
    images, found = repair_images(backend.asarray(spoilt), none, beyond, DETECTOR)
    assert np.argwhere(backend.asnumpy(found)).tolist() == [[1, 8, 30]]
    np.testing.assert_array_equal(backend.asnumpy(images)[0], spoilt[0])
    assert abs(backend.asnumpy(images)[1, 8, 30] - image[8, 30]) < 0.02 * image.max()


def test_median_of_neighbours_is_scipys(backend):
    from scipy.ndimage import median_filter

    images = np.random.default_rng(1).random((2, 7, 6))
    expected = [median_filter(image, size=3) for image in images]
    np.testing.assert_array_equal(backend.asnumpy(neighbours_median(backend.asarray(images))), expected)
