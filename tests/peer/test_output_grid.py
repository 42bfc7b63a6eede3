"""The grid of a mosaic is that of jwst, which gwcs opens, but for its borders."""

from io import BytesIO

import asdf
import gwcs
import numpy as np
import pytest

from gpucal.data import Exposure
from gpucal.wcs.documents import parse_document
from gpucal.wcs.output_grid import GridOptions, output_grid
from gpucal.wcs.world import Wcs
from tests.dithered_images import calibrated

OPTIONS = {
    "defaults": {},
    "scale": {"pixel_scale": 0.04},
    "turned": {"rotation": 10.0, "pixel_scale_ratio": 0.5},
    "reference pixel": {"crpix": (3.0, 7.0), "crval": (53.1, -27.8)},
    "shape": {"output_shape": (100, 90), "pixel_scale_ratio": 2.0},
}


@pytest.fixture(scope="module")
def models():
    return [calibrated(number) for number in range(3)]


def grid_of(models, **options):
    return output_grid([Exposure(model) for model in models], [wcs_of(model) for model in models],
                       GridOptions(**options))  # fmt: skip


def wcs_of(model):
    content = BytesIO()
    asdf.AsdfFile({"wcs": model.meta.wcs}).write_to(content)
    return Wcs.of_node(parse_document(content.getvalue())["wcs"])


def peer_grid(models, pixel_scale=None, output_shape=None, **options):
    from jwst.datamodels import ModelLibrary
    from jwst.resample.resample_utils import resampled_wcs_from_models

    options |= {"pixel_scale": pixel_scale and pixel_scale / 3600, "output_shape": output_shape and output_shape[::-1]}
    return resampled_wcs_from_models(ModelLibrary([model.copy() for model in models]), **options)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_the_grid_is_that_of_jwst(options, models):
    expected, _, scale, ratio = peer_grid(models, **options)
    grid = grid_of(models, all_borders=False, **options)
    assert grid.shape == expected.array_shape
    assert grid.wcs.bounding_box == expected.bounding_box.bounding_box(order="F")
    assert grid.pixel_scale == pytest.approx(3600 * scale, rel=1e-9)
    assert grid.pixel_scale_ratio == pytest.approx(ratio, rel=5e-6)  # the area of jwst is rounded
    y, x = np.mgrid[-0.5 : grid.shape[0] - 0.5 : 7j, -0.5 : grid.shape[1] - 0.5 : 8j]
    sky = expected(x, y, with_bounding_box=False)
    np.testing.assert_allclose(grid.wcs.program("world", "detector").at(*sky), [x, y], rtol=0, atol=1e-6)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_grid_with_all_borders_has_its_pixels_at_the_same_places(options, models):
    plain, whole = (grid_of(models, all_borders=all_borders, **options) for all_borders in (False, True))
    moved = whole.wcs.transforms[0]["crpix"] - plain.wcs.transforms[0]["crpix"]
    np.testing.assert_array_equal(moved, np.round(moved))
    assert all(more >= less for more, less in zip(whole.shape, plain.shape, strict=True))
    for name in ("crval", "cdelt", "pc"):
        np.testing.assert_array_equal(whole.wcs.transforms[0][name], plain.wcs.transforms[0][name])


def test_gwcs_opens_the_grid(models, tmp_path):
    grid = grid_of(models)
    asdf.AsdfFile({"wcs": grid.wcs.to_node()}).write_to(tmp_path / "grid.asdf")
    y, x = np.mgrid[: grid.shape[0], : grid.shape[1]].astype(float)
    with asdf.open(tmp_path / "grid.asdf") as file:
        opened = file["wcs"]
        assert isinstance(opened, gwcs.WCS) and opened.array_shape == grid.shape
        sky = opened(x, y)
        np.testing.assert_allclose(grid.wcs.program().at(x, y), sky, rtol=0, atol=2e-13)
        np.testing.assert_allclose(grid.wcs.program("world", "detector").at(*sky), [x, y], rtol=0, atol=1e-7)
        again = wcs_of(type("Model", (), {"meta": type("Meta", (), {"wcs": opened})}))
        assert again.pixel_shape == grid.shape[::-1] and again.bounding_box == grid.wcs.bounding_box
