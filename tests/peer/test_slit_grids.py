"""Output grids of spectra are those of jwst: pixels to the sky and back, within rounding."""

import io

import asdf
import numpy as np
import pytest
from stdatamodels.jwst.datamodels import SlitModel

from gpucal.wcs.slit_grids import Spectrum, interpolated_grid, lamp_grid, nirspec_grid
from gpucal.wcs.world import Wcs
from tests.slit_spectra import COLUMNS, ROWS, nirspec_wcs


def spectra(pointings):
    """The same spectra for jwst and for us: a source on rows of noise, a pixel that is not to be used."""
    noise, models, made = np.random.default_rng(1), [], []
    for pointing in pointings:
        model = SlitModel()
        model.data = noise.normal(0, 1, (ROWS, COLUMNS)).astype(np.float32)
        model.data[10:13] += 50
        model.data[3, 4] = np.nan
        model.dq = np.zeros(model.data.shape, np.uint32)
        model.meta.wcs = nirspec_wcs(**pointing)
        model.meta.wcsinfo.dispersion_direction, model.meta.instrument.name = 1, "NIRSPEC"
        model.meta.exposure.type = "MIR_LRS-FIXEDSLIT"  # whose wavelengths descend
        y, x = np.mgrid[:ROWS, :COLUMNS]
        made.append(Spectrum(np.array(model.meta.wcs(x, y)), Wcs.of_kept(model.meta.wcs), model.data))
        models.append(model)
    return models, made


def assert_same(theirs, grid):
    assert grid.shape == tuple(theirs.array_shape)
    assert grid.wcs.frame_names == theirs.available_frames
    y, x = np.mgrid[: grid.shape[0], : grid.shape[1]]
    world = np.array(theirs(x, y))
    frames = grid.wcs.frame_names
    assert np.abs(grid.wcs.program().at(x, y) - world).max() < 1e-12
    back = np.array(theirs.invert(*world))
    assert np.abs(grid.wcs.program(frames[-1], frames[0]).at(*world) - back).max() < 1e-8
    file = io.BytesIO()
    asdf.AsdfFile({"wcs": grid.wcs.to_node()}).write_to(file)
    file.seek(0)
    with asdf.open(file) as opened:
        wcs = opened["wcs"]
        assert np.abs(np.array(wcs(x, y)) - world).max() < 1e-12
        assert np.abs(np.array(wcs.invert(*world)) - back).max() < 1e-8
        assert wcs.bounding_box == theirs.bounding_box and wcs.array_shape == grid.shape


@pytest.fixture
def jwst_grids():
    from jwst.resample.resample_spec import ResampleSpec

    return ResampleSpec.__new__(ResampleSpec)


POINTINGS = {
    "one": [{}],
    "nods": [{"offset": 3.3}, {"shift": -5.2}, {"offset": -2.0, "shift": 8.4}],
    "turned": [{"angle": 100.0}],
}


@pytest.mark.parametrize("ratio", [1.0, 0.7])
@pytest.mark.parametrize("pointings", POINTINGS.values(), ids=POINTINGS)
def test_nirspec(pointings, ratio, jwst_grids):
    models, ours = spectra(pointings)
    theirs = jwst_grids.build_nirspec_output_wcs(
        models, good_bits="~DO_NOT_USE+NON_SCIENCE", pixel_scale_ratio=ratio
    )
    grid = nirspec_grid(ours, ratio)
    assert_same(theirs, grid)
    y, x = np.mgrid[: grid.shape[0], : grid.shape[1]]
    places = np.array(theirs.get_transform("detector", "slit_frame")(x, y))
    assert np.abs(grid.wcs.program("detector", "slit_frame").at(x, y) - places).max() < 1e-9


@pytest.mark.parametrize("pointings", POINTINGS.values(), ids=POINTINGS)
def test_interpolated(pointings, jwst_grids):
    models, ours = spectra(pointings)
    theirs = jwst_grids.build_interpolated_output_wcs(models, pixel_scale_ratio=1.2)
    assert_same(theirs, interpolated_grid(ours, axis=0, ratio=1.2, descending=True))


def test_lamp(jwst_grids):
    models, ours = spectra([{"lamp": True}])
    assert_same(jwst_grids.build_nirspec_lamp_output_wcs(models, 0.8), lamp_grid(ours[0], axis=0, ratio=0.8))
