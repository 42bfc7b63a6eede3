"""The light of other sources is subtracted from spectra without slits, and no light of their own."""

import logging
import re
from types import SimpleNamespace

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.backend import use_backend
from gpucal.data import Exposure, InputError
from gpucal.data.reading import open_exposure
from gpucal.errors import GpucalError
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.startup.wcs_tree import object_of
from gpucal.steps.parts.slitless.direct_light import direct_light
from gpucal.steps.parts.slitless.spectral_shapes import fit
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.steps.spectra.extract_2d import Extract2dStep
from gpucal.steps.spectra.wfss_contam import WfssContamStep, detector_shape
from gpucal.wcs.documents import read_document
from gpucal.wcs.modes.imaging import imaging_wcs
from gpucal.wcs.world import Wcs
from tests.grism_fields import (
    DISTORTIONS,
    NX,
    NY,
    RANGES,
    Star,
    catalog,
    direct_image,
    exposure,
    overrides,
    photom,
    wavelengthrange,
)

# Two sources above each other, so that their traces overlap, and one apart.
STARS = {3: Star(60.3, 120.2, 2.0, 20.0), 5: Star(62.0, 150.0, 2.0, 19.0), 8: Star(150.0, 90.0, 1.0, 20.5)}


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    """Spectra that are cut out, without light, and the files that go with them."""
    folder = tmp_path_factory.mktemp("contaminated")
    model = exposure("NIRISS", "GR150R")
    model.data[...] = 0
    image = imaging_wcs(Exposure(model.copy()), read_document(DISTORTIONS["NIRISS"])["model"])
    located = AssignWcsStep.call(model, **overrides(folder))
    program = Wcs.of_kept(located.meta.wcs).program("detector", "world").of_results(0, 1)
    path = catalog(folder / "field_cat.ecsv", lambda x, y: program.at(x, y, 1 + 0 * x, 1 + 0 * x), STARS)
    names = direct_image(folder, object_of(image.to_tree()), STARS)
    located.meta.source_catalog, located.meta.direct_image, located.meta.segmentation_map = path.name, *names
    located.save(folder / "field_rate.fits")
    references = {"override_wavelengthrange": str(wavelengthrange(folder))}
    Extract2dStep.call(folder / "field_rate.fits", **references).save(folder / "field_extract_2d.fits")
    references["override_photom"] = str(photom(folder))
    return SimpleNamespace(folder=folder, slits=folder / "field_extract_2d.fits", references=references)


def run(field, tmp_path, source=None, **parameters):
    """The result, and what was saved beside it: the simulated image, own light, and that of others."""
    tmp_path.mkdir(exist_ok=True)
    result = WfssContamStep.call(source or field.slits, skip=False, save_simulated_image=True, save_contam_images=True,
                                 output_dir=str(tmp_path), **{**field.references, **parameters})  # fmt: skip
    saved = (next(tmp_path.glob(f"*_{one}.fits")) for one in ("simul", "simul_slits", "contam"))
    return result, *map(datamodels.open, saved)


def keys(model):
    return [(slit.source_id, slit.meta.wcsinfo.spectral_order) for slit in model.slits]


def by_key(model):
    """The pixels of slits, by source and order."""
    return {key: slit.data for key, slit in zip(keys(model), model.slits, strict=True)}


def box(slit):
    return slice(slit.ystart - 1, slit.ystart - 1 + slit.ysize), slice(slit.xstart - 1, slit.xstart - 1 + slit.xsize)


def test_what_is_simulated_of_all_is_own_light_and_that_of_others(field, tmp_path):
    result, simul, own, others = run(field, tmp_path)
    assert keys(result) == keys(own) == keys(others)
    assert {source for source, _ in keys(result)} == {3, 5, 8}
    for slit, mine, theirs in zip(result.slits, own.slits, others.slits, strict=True):
        np.testing.assert_allclose(mine.data + theirs.data, simul.data[box(slit)], rtol=2e-6, atol=1e-6)
        np.testing.assert_array_equal(slit.data, -theirs.data)
        assert mine.data.max() > 0
    assert by_key(others)[8, 1].max() == 0  # it has no neighbour
    assert by_key(others)[3, 1].max() > 0.05 * by_key(own)[3, 1].max()
    assert (simul.data.shape, result.meta.cal_step.wfss_contam) == ((NY, NX), "COMPLETE")
    assert simul.meta.exposure.mid_time_mjd is None


def test_a_source_keeps_its_own_light_where_its_segment_is_narrow(field, tmp_path, monkeypatch):
    limits = {"orders": [1], "magnitude_limit": 19.5}  # source 5 alone
    contaminated = by_key(run(field, tmp_path / "a", **limits)[3])
    assert np.abs(contaminated[5, 1]).max() == 0
    assert contaminated[3, 1].max() == 0  # what has no simulation of its own stays as it is
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    result, _, own, others = run(field, tmp_path / "b", **limits)
    assert by_key(others)[5, 1].max() > 0.05 * by_key(own)[5, 1].max()
    assert result.meta.exposure.mid_time_mjd is None


def test_all_light_is_kept_whatever_is_dispersed_together(field, tmp_path):
    _, simul, *_ = run(field, tmp_path / "one", orders=[1], wl_oversample=4)
    _, same, *_ = run(field, tmp_path / "many", orders=[1], wl_oversample=4, max_pixels_per_chunk=25)
    np.testing.assert_allclose(same.data, simul.data, atol=0.02 * simul.data.max())
    image = datamodels.open(field.folder / "field_i2d.fits").data - 0.3
    low, high = RANGES[1]
    light = image[datamodels.open(field.folder / "field_segm.fits").data > 0].sum()
    # 1 MJy/sr gives dlam / (0.01 (1 + lam - 2)) DN/s.
    np.testing.assert_allclose(simul.data.sum(), light * 100 * np.log((high - 1) / (low - 1)), rtol=0.01)


def test_spectra_are_fitted_that_are_not_flat(field, tmp_path):
    """What is seen is redder than flat: with a fit what is simulated of a source is nearly what is seen of it."""
    low, high = RANGES[1]
    own = run(field, tmp_path / "flat", orders=[1])[2]
    simul = datamodels.open(tmp_path / "flat" / "field_simul.fits").data
    seen = datamodels.open(field.slits)
    for slit in seen.slits:
        slope = 2 * (slit.wavelength - low) / (high - low) - 1
        slit.data = (simul[box(slit)] * (1 + 0.5 * slope)).astype(np.float32)
        slit.err = np.full(slit.data.shape, 1e-3 * slit.data.max(), np.float32)
        slit.dq = np.zeros(slit.data.shape, np.uint32)
    seen.save(tmp_path / "sloped.fits")
    for name in ("field_i2d.fits", "field_segm.fits", "field_cat.ecsv"):
        (tmp_path / name).write_bytes((field.folder / name).read_bytes())
    shaped = {"orders": [1], "polyfit_degree": 1, "n_iterations": 3, "rejection_threshold": 0.2}
    fitted = by_key(run(field, tmp_path / "fit", tmp_path / "sloped.fits", **shaped)[2])
    wanted = by_key(seen)[8, 1]
    flat = np.abs(by_key(own)[8, 1] - wanted).max()
    assert np.abs(fitted[8, 1] - wanted).max() < 0.2 * flat


def test_a_fit_finds_the_coefficients_and_says_where_there_are_none():
    rng = np.random.default_rng(4)
    bases, dq = rng.uniform(1, 2, (3, 40)), np.zeros(40, np.uint32)
    step = SimpleNamespace(l2_alpha=0.0, rejection_threshold=0.1)
    seen, err = 1.05 * bases[0] + 0.3 * bases[1] - 0.2 * bases[2], rng.uniform(0.1, 1, 40)
    seen[3], dq[4], seen[4], err[5], seen[5] = np.nan, DO_NOT_USE, 1e9, np.nan, 1e9
    np.testing.assert_allclose(fit(seen, err, dq, bases, step), [1.05, 0.3, -0.2], rtol=1e-9)
    ridge = fit(seen, err, dq, bases, SimpleNamespace(l2_alpha=1e9, rejection_threshold=None))
    assert np.abs(ridge).max() < 1e-3
    assert fit(2 * seen, err, dq, bases, step) is None  # not what the direct image has
    assert fit(seen, err, dq | DO_NOT_USE, bases, step) is None
    assert fit(seen, 0 * err, dq, bases, step) is None


def test_orders_and_magnitudes_that_leave_nothing_skip_the_step(field, caplog):
    for parameters in ({"magnitude_limit": 5.0}, {"orders": [7]}):
        with caplog.at_level(logging.INFO, "gpucal"):
            result = WfssContamStep.call(field.slits, skip=False, **field.references, **parameters)
        assert result.meta.cal_step.wfss_contam == "SKIPPED"
    assert "no source is brighter than magnitude_limit, 5" in caplog.text
    assert "none of the spectral orders is in all references" in caplog.text


def test_orders_without_a_response_are_left_out(field, tmp_path, caplog):
    references = {**field.references, "override_photom": str(photom(tmp_path, orders=(1,)))}
    result = WfssContamStep.call(field.slits, skip=False, **references)
    assert "Order 2 is not simulated" in caplog.text
    assert "Nothing is simulated of source 5, order 2" in caplog.text
    assert result.meta.cal_step.wfss_contam == "COMPLETE"


def test_a_limit_of_magnitudes_counts_for_orders_as_they_are_sensitive(field, caplog):
    with caplog.at_level(logging.INFO, "gpucal"):
        WfssContamStep.call(field.slits, skip=False, magnitude_limit=20.1, **field.references)
    # Order 2 is half as sensitive: 0.75 magnitudes.
    assert "Order 1: 2 sources are brighter than 20.1" in caplog.text
    assert "Order 2: 1 sources are brighter than 19.3" in caplog.text


@pytest.mark.parametrize(
    ("parameter", "value", "said"),
    [
        ("wl_oversample", 0, "wl_oversample is 0; it has to be 1 or more"),
        ("max_pixels_per_chunk", -1, "max_pixels_per_chunk is -1; it has to be 1 or more"),
        ("l2_alpha", -1.0, "l2_alpha is -1.0; it has to be 0 or more"),
        ("orders", ["first"], "orders: first are not all spectral orders"),
    ],
)
def test_parameters_that_are_none_are_told(field, parameter, value, said):
    with pytest.raises(GpucalError, match=re.escape(said)):
        WfssContamStep.call(field.slits, skip=False, **field.references, **{parameter: value})


def test_files_of_the_direct_image_have_to_fit(field, tmp_path):
    with datamodels.open(field.folder / "field_segm.fits") as segments:
        datamodels.SegmentationMapModel(segments.data[:-4]).save(tmp_path / "smaller_segm.fits")
        datamodels.SegmentationMapModel(0 * segments.data).save(tmp_path / "empty_segm.fits")
    exposure = open_exposure(field.slits)
    for name, said in (
        ("smaller_segm.fits", rf"map has shape \({NY - 4}, {NX}\), and the direct image .* has \({NY}, {NX}\)"),
        ("empty_segm.fits", "the segmentation map has no source"),
        ("none_segm.fits", r"its segmentation map .*none_segm.fits \(SEGMFILE\) is not in"),
    ):
        exposure.meta.segmentation_map = str(tmp_path / name)
        with pytest.raises(InputError, match=said):
            direct_light(exposure, exposure.slits[0].get_wcs())


def test_a_device_gives_the_same(field, request, monkeypatch):
    monkeypatch.chdir(field.folder)
    ranges = {"override_wavelengthrange": field.references["override_wavelengthrange"]}

    def chain():
        slits = Extract2dStep.call("field_rate.fits", **ranges)
        return WfssContamStep.call(slits, skip=False, polyfit_degree=1, **field.references)

    with use_backend("cpu"):
        expected = chain()
    request.getfixturevalue("strict_device")
    for ours, theirs in zip(chain().slits, expected.slits, strict=True):
        for name in ("data", "err", "dq", "wavelength", "var_flat"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


def test_pixels_without_a_value_are_dark(field, tmp_path, caplog, monkeypatch):
    for name in ("field_segm.fits", "field_cat.ecsv", "field_extract_2d.fits"):
        (tmp_path / name).write_bytes((field.folder / name).read_bytes())
    with datamodels.open(field.folder / "field_i2d.fits") as image:
        image.data[150, 62] = np.nan
        image.save(tmp_path / "field_i2d.fits")
    result = WfssContamStep.call(tmp_path / "field_extract_2d.fits", skip=False, **field.references)
    assert "1 pixels of sources have no value, and count as dark" in caplog.text
    assert all(np.isfinite(slit.data).all() for slit in result.slits)
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    result = WfssContamStep.call(tmp_path / "field_extract_2d.fits", skip=False, **field.references)
    assert any(np.isnan(slit.data).any() for slit in result.slits)


def test_sources_that_the_map_lacks_are_left_out_and_not_simulated(field, tmp_path, caplog):
    for name in ("field_i2d.fits", "field_cat.ecsv", "field_extract_2d.fits"):
        (tmp_path / name).write_bytes((field.folder / name).read_bytes())
    with datamodels.open(field.folder / "field_segm.fits") as segments:
        segments.data[segments.data != 3] = 0
        segments.save(tmp_path / "field_segm.fits")
    before = by_key(datamodels.open(tmp_path / "field_extract_2d.fits"))
    parameters = {**field.references, "magnitude_limit": 19.5}  # source 5 alone
    result = WfssContamStep.call(tmp_path / "field_extract_2d.fits", skip=False, **parameters)
    assert {source for source, _ in keys(result)} == {3}
    assert "The segmentation map has no source 5, 8: their spectra are left out" in caplog.text
    assert "Nothing is simulated of source 3, order 1" in caplog.text
    np.testing.assert_array_equal(by_key(result)[3, 1], before[3, 1])


def test_spectra_have_to_be_on_the_detector(field):
    slits = open_exposure(field.slits)
    assert detector_shape(slits) == (NY, NX)
    slits.meta.subarray.xsize = 100
    with pytest.raises(InputError, match="the spectrum of source 8 reaches beyond the 240 rows and 100 columns"):
        detector_shape(slits)
    slits.meta.subarray.xsize = None
    with pytest.raises(InputError, match="the header lacks SUBSIZE1 or SUBSIZE2"):
        detector_shape(slits)
