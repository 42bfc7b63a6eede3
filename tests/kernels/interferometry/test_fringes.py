"""The planes of a mask's model, against light that is added up point by point."""

import numpy as np
import pytest

from gpucal.kernels.interferometry.fringes import Distortion, Mask, Sampling, count_planes, fringe_planes
from tests.kernels.interferometry.masks import BAND, MASK, PIXEL, star_of

TURNED = Distortion(0.99, 1.01, 0.02, -0.03)


def star_from(planes):
    return planes[0] + planes[1:-1:2].sum(0)


@pytest.mark.parametrize("distortion", [Distortion(), TURNED])
@pytest.mark.parametrize("offset", [(0.0, 0.0), (0.3, -0.7)])
def test_planes_add_up_to_the_image_of_a_star(backend, distortion, offset):
    sampling = Sampling(7, 3, PIXEL)
    matrix = np.array([[distortion.mx, distortion.sx], [distortion.sy, distortion.my]])
    planes = backend.asnumpy(fringe_planes(MASK, distortion, BAND, sampling, [offset]))[0]
    assert planes.shape == (count_planes(4), 7, 7)
    expected = star_of(MASK, matrix, BAND, sampling, offset, step=0.01)
    np.testing.assert_allclose(
        star_from(planes), expected * star_from(planes).max() / expected.max(), atol=0.02
    )


def test_amplitude_in_the_middle_is_the_area_of_the_hexagon(backend):
    planes = backend.asnumpy(fringe_planes(MASK, Distortion(), BAND, Sampling(1, 1, PIXEL), [(0.0, 0.0)]))[
        0, :, 0, 0
    ]
    np.testing.assert_allclose(planes[0], 4 * 0.75, rtol=1e-12)
    np.testing.assert_allclose(planes[1:-1:2], 2 * 0.75, rtol=1e-12)
    np.testing.assert_allclose(planes[2:-1:2], 0.0, atol=1e-12)
    assert planes[-1] == 1.0


def test_each_integration_has_the_planes_it_would_have_alone(backend):
    offsets = np.array([(0.1, 0.2), (-0.4, 0.0), (0.0, 0.5)])
    sampling = Sampling(5, 3, PIXEL)
    together = backend.asnumpy(fringe_planes(MASK, TURNED, BAND, sampling, offsets))
    for offset, planes in zip(offsets, together, strict=True):
        alone = backend.asnumpy(fringe_planes(MASK, TURNED, BAND, sampling, [offset]))[0]
        np.testing.assert_array_equal(planes, alone)


def test_a_part_of_a_pixel_can_be_given_the_amplitude_of_the_centre(backend):
    mask = Mask(MASK.centres, 5.0)
    sampling = Sampling(3, 1, PIXEL)
    plain = backend.asnumpy(fringe_planes(mask, Distortion(), BAND, sampling, [(0.4, 0.4)]))[0, 0]
    given = backend.asnumpy(
        fringe_planes(mask, Distortion(), BAND, sampling, [(0.4, 0.4)], np.array([[1, 1]]))
    )[0, 0]
    assert given[1, 1] == 4 * 0.75 != plain[1, 1]
    given[1, 1] = plain[1, 1]
    np.testing.assert_array_equal(given, plain)
