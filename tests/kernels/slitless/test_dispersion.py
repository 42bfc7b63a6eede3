"""Light that is spread over the dispersed image is the sum over squares, one by one."""

import numpy as np
import pytest

from gpucal.kernels.slitless.dispersion import SourceTable, add_dispersed

NY, NX = 14, 40


def spread_slowly(x, y, flux, weights):
    """Each square shared among the pixels that it covers, of an image."""
    image = np.zeros((len(weights), NY, NX))
    for pixel, wavelength in np.ndindex(*x.shape):
        low_x, low_y = int(np.floor(x[pixel, wavelength] - 0.5)), int(np.floor(y[pixel, wavelength] - 0.5))
        for i, j in ((low_x, low_y), (low_x + 1, low_y), (low_x, low_y + 1), (low_x + 1, low_y + 1)):
            sides = [max(0, 1 - abs(center - corner - 0.5)) for center, corner in
                     ((x[pixel, wavelength], i), (y[pixel, wavelength], j))]  # fmt: skip
            if 0 <= i < NX and 0 <= j < NY:
                image[:, j, i] += flux[pixel] * np.prod(sides) * weights[:, wavelength]
    return image


@pytest.mark.parametrize("rises", [True, False])
@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize("along_rows", [True, False])
def test_light_falls_where_squares_are(backend, along_rows, turn, rises):
    rng = np.random.default_rng(5)
    npixels, nwavelengths = 6, 50
    along = np.linspace(-4, 36, nwavelengths)[::turn] + rng.uniform(0, 5, (npixels, 1))
    across = 3 + np.linspace(0, 2.5, nwavelengths) + rng.uniform(0, 8, (npixels, 1))
    x, y = (along, across) if along_rows else (across, along * NY / NX)
    flux, weights = rng.uniform(1, 5, npixels), rng.uniform(0, 1, (2, nwavelengths))
    box = (NX, NY) if along_rows else (NY, NX)  # along and across
    sources = SourceTable(
        np.array([[0, 4], [4, 6]]), np.array([[0, 0], [2, 1]]), np.array([box, (box[0] - 3, box[1] - 1)]),
        np.array([0, NX * NY]),
    )  # fmt: skip
    size = NX * NY + (box[0] - 3) * (box[1] - 1)
    planes, touched = backend.asarray(np.zeros((2, size))), backend.asarray(np.zeros(size, np.uint8))
    given = (x, y) if along_rows else (y, x)
    arrays = (backend.asarray(np.ascontiguousarray(one)) for one in (*given, flux, weights))
    add_dispersed(planes, touched, *arrays, sources, along_rows, rises)
    found, marked = backend.asnumpy(planes), backend.asnumpy(touched)

    first = spread_slowly(x[:4], y[:4], flux[:4], weights)
    second = spread_slowly(x[4:], y[4:], flux[4:], weights)
    second = second[:, 1:, 2 : NX - 1] if along_rows else second[:, 2 : NY - 1, 1:]
    np.testing.assert_allclose(found[:, : NX * NY], first.reshape(2, -1), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(found[:, NX * NY :], second.reshape(2, -1), rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(marked[: NX * NY] == 1, first[0].ravel() > 0)
    assert first.max() > 1


def test_boxes_have_to_be_within_the_planes(backend):
    one = backend.asarray(np.zeros((1, 3)))
    table = SourceTable(np.array([[0, 1]]), np.array([[0, 0]]), np.array([[4, 5]]), np.array([1]))
    planes, touched = backend.asarray(np.zeros((1, 20))), backend.asarray(np.zeros(20, np.uint8))
    with pytest.raises(ValueError, match="boxes of sources are not within planes of 20 pixels"):
        add_dispersed(planes, touched, one, one, one[:, 0], one, table, True, True)
    table = table._replace(pixels=np.array([[0, 2]]))
    with pytest.raises(ValueError, match="sources have pixels that are not among 1"):
        add_dispersed(planes, touched, one, one, one[:, 0], one, table, True, True)
