"""The source_catalog step: fluxes by hand, what is made where something is missing, what is refused."""

import logging

import numpy as np
import pytest
from astropy.table import QTable
from stdatamodels.jwst import datamodels

from gpucal.backend import current_backend
from gpucal.core import GpucalError, SkipStep
from gpucal.data import Exposure, TableProduct
from gpucal.reference import Reference
from gpucal.steps.mosaics.source_catalog import SourceCatalogStep
from gpucal.steps.parts.catalogs.aperture_photometry import measure_apertures, nearest_neighbours, star_shapes
from gpucal.steps.parts.catalogs.apertures import PLAIN
from tests.mosaics import PARTS, RADII, SCALE, aperture_reference, mosaic, vega_reference

NOTHING = {"apcorr": None, "abvegaoffset": None}
PIXEL = np.deg2rad(SCALE) ** 2


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    folder = tmp_path_factory.mktemp("references")
    paths = {"apcorr": aperture_reference(folder), "abvegaoffset": vega_reference(folder)}
    return {kind: Reference(kind, path) for kind, path in paths.items()}


def catalog_of(model, references, **parameters):
    made = SourceCatalogStep(**parameters).process(Exposure(model, "made_i2d.fits"), references)
    return made and made.table


def one_star(flux=3e-6, sigma=1.4, shape=(90, 100), place=(52.3, 41.6)):
    """A mosaic with a star of some janskys, and hardly any noise."""
    model = mosaic(shape, nsources=0, empty=False)
    y, x = np.indices(shape)
    profile = np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / (2 * sigma**2)) / (2 * np.pi * sigma**2)
    noise = np.random.default_rng(1).normal(0, 1e-4, shape)
    model.data = (0.5 + noise + flux * profile / (1e6 * PIXEL)).astype(np.float32)
    model.err = np.full(shape, 1e-4, np.float32)
    return model


def test_the_flux_of_a_star(references):
    (star,) = catalog_of(one_star(), references)
    variance = 1.4**2 + 1 / 12  # of the star and of a pixel
    assert (star["xcentroid"], star["ycentroid"]) == pytest.approx((52.3, 41.6), abs=2e-3)
    for part, radius in zip(PARTS, np.array(RADII) / 0.9, strict=True):
        inside = 1 - np.exp(-(radius**2) / (2 * variance))
        assert star[f"aper{100 * part:.0f}_flux"].to_value("Jy") == pytest.approx(3e-6 * inside, rel=0.02)
    largest = star["aper70_flux"].to_value("Jy")
    assert star["aper_total_flux"].to_value("Jy") == pytest.approx(1.5 * largest)
    assert star["aper_total_abmag"] == pytest.approx(-2.5 * np.log10(1.5 * largest / 3631), abs=2e-4)
    assert star["aper_total_abmag"] - star["aper_total_vegamag"] == pytest.approx(3.23)
    assert star["aper_bkg_flux"].to_value("Jy") == pytest.approx(0.5e6 * PIXEL, rel=1e-3)
    area = np.pi * (RADII[-1] / 0.9) ** 2
    assert star["aper70_flux_err"].to_value("Jy") == pytest.approx(np.sqrt(area) * 1e2 * PIXEL, rel=1e-6)
    assert star["isophotal_flux"].to_value("Jy") == pytest.approx(3e-6, rel=0.01)
    assert star["nn_label"] == -1 and np.isnan(star["nn_dist"])
    assert (star["CI_50_30"], star["CI_70_50"]) == pytest.approx((2.45, 1.63), abs=0.05) and not star["is_extended"]
    (wide,) = catalog_of(one_star(), references, ci1_star_threshold=2.3, ci2_star_threshold=1.5)
    assert wide["is_extended"]
    smoothed = np.hypot(1.4, 2.0 / 2.3548)  # by the kernel that sources are looked for with
    assert star["semimajor_sigma"].to_value("pix") == pytest.approx(smoothed, rel=0.01)


def test_what_can_be_made_without_references(caplog):
    table = catalog_of(mosaic((120, 130), 12), NOTHING)
    assert {"aper1_flux", "aper2_flux", "aper3_flux", "CI_2_1"} <= set(table.colnames)
    assert np.isfinite(table["aper3_abmag"]).any() and np.isfinite(table["isophotal_flux"]).all()
    for name in ("aper_total_flux", "aper_total_abmag", "aper3_vegamag", "isophotal_vegamag"):
        assert np.isnan(table[name]).all()
    assert "total fluxes are not known" in caplog.text and "Vega magnitudes are not known" in caplog.text
    assert table.meta["aperture_params"]["aperture_radii"] == [1.0, 2.0, 3.0]


def test_what_can_be_made_without_a_row(references, caplog):
    model = mosaic((120, 130), 12)
    model.meta.instrument.pupil = "F470N"
    table = catalog_of(model, references)
    assert "aper1_flux" in table.colnames and np.isnan(table["aper_total_vegamag"]).all()
    assert caplog.text.count("has no row for filter F444W, pupil F470N") == 2


def test_parts_of_the_light_that_the_reference_lacks(references, caplog):
    table = catalog_of(mosaic((120, 130), 12), references, aperture_ee2=55)
    assert "has no single row for 55% of the light; it has 30, 50, 70" in caplog.text
    assert "aper2_flux" in table.colnames


def test_a_source_without_a_place():
    image = np.random.default_rng(0).normal(1, 0.1, (40, 50)).astype(np.float32)
    places = np.array([[20.2, 11.7], [np.nan, 5.0], [24.0, 11.7]])
    photometry = measure_apertures(image, np.full_like(image, 0.1), places, PLAIN)
    known = np.array([True, False, True])
    for values in photometry:
        np.testing.assert_array_equal(np.isfinite(values), np.broadcast_to(known, values.shape))
    number, distance = nearest_neighbours(places)
    assert number.tolist() == [2, -1, 0] and distance[0] == pytest.approx(3.8) and np.isnan(distance[1])
    for values in star_shapes(current_backend().asarray(image), places, 2.0):
        np.testing.assert_array_equal(np.isfinite(values), known)


def test_offsets_of_two_rows(references, tmp_path, caplog):
    twice = vega_reference(tmp_path, columns={"filter": ["F444W"] * 2, "pupil": ["CLEAR"] * 2})
    table = catalog_of(one_star(), references | {"abvegaoffset": Reference("abvegaoffset", twice)})
    assert np.isnan(table["aper70_vegamag"]).all() and "2 rows are for this image" in caplog.text


def test_an_image_without_errors(references):
    model, expected = mosaic((120, 130), 12), catalog_of(mosaic((120, 130), 12), references)
    del model.err
    table = catalog_of(model, references)
    np.testing.assert_array_equal(table["aper50_flux"], expected["aper50_flux"])
    assert np.isnan(table["aper50_flux_err"]).all() and np.isnan(table["isophotal_abmag_err"]).all()


def test_the_area_of_a_pixel_from_the_world_coordinates(references, caplog):
    model, expected = one_star(), catalog_of(one_star(), references)
    model.meta.photometry.pixelarea_steradians = None
    table = catalog_of(model, references)
    np.testing.assert_allclose(table["isophotal_flux"], expected["isophotal_flux"], rtol=1e-5)
    assert "PIXAR_SR is missing" in caplog.text


def test_a_scale_that_is_not_told_is_that_of_the_detector(references, caplog):
    model = one_star()
    model.meta.resample.pixel_scale_ratio = None
    table = catalog_of(model, references)
    assert table.meta["aperture_params"]["aperture_radii"] == pytest.approx(RADII)
    assert "does not tell its pixel scale" in caplog.text


@pytest.mark.parametrize("empty", ["no stars", "no image"])
def test_no_sources_no_catalog(empty, tmp_path, caplog):
    model = mosaic((80, 90), nsources=0)
    if empty == "no image":
        model.err[:] = np.nan
    step = SourceCatalogStep(save_results=True, output_dir=str(tmp_path), override_apcorr="N/A",
                             override_abvegaoffset="N/A")  # fmt: skip
    assert step.run(model) is None
    assert list(tmp_path.iterdir()) == [] and "there is no catalog" in caplog.text


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda model: setattr(model.meta, "bunit_data", "DN/s"), "the image is not in MJy/sr"),
        (lambda model: setattr(model.meta, "wcs", None), "has no world coordinates"),
    ],
)
def test_images_that_are_refused(spoil, words, references):
    model = one_star()
    spoil(model)
    with pytest.raises((GpucalError, SkipStep), match=words):
        catalog_of(model, references)


@pytest.mark.parametrize(
    "parameters",
    [
        {"kernel_fwhm": 0.0}, {"kernel_fwhm": 1e6}, {"bkg_boxsize": 0}, {"npixels": 0}, {"nlevels": -1},
        {"contrast": np.nan}, {"localbkg_width": -2}, {"starfinder": "dao", "sigma_radius": -1.5},
        {"starfinder": "iraf", "minsep_fwhm": np.nan}, {"snr_threshold": np.inf}, {"starfinder": "dao", "brightest": 0},
    ],
    ids=str,
)  # fmt: skip
def test_parameters_out_of_their_limits(parameters, references):
    name, value = list(parameters.items())[-1]
    with pytest.raises(GpucalError, match=f"{name} is {value}; it has to be from"):
        catalog_of(one_star(), references, **parameters)


def test_parts_of_the_light_have_to_increase(references):
    with pytest.raises(GpucalError, match=r"increase from 0 to 100; are \(50, 50, 70\)"):
        catalog_of(one_star(), references, aperture_ee1=50)


def test_products(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    model, seen = mosaic((120, 130), 12), []
    step = SourceCatalogStep(override_apcorr="N/A", override_abvegaoffset="N/A", save_results=True,
                             output_dir=str(tmp_path), starfinder="segmentation", post_hooks=[seen.append])  # fmt: skip
    table = step.run(model)
    assert seen == [table] and isinstance(table, QTable)
    saved = QTable.read(tmp_path / "made_cat.ecsv")
    assert saved.colnames == table.colnames and saved["label"].tolist() == list(range(1, len(table) + 1))
    np.testing.assert_allclose(saved["aper3_flux"], table["aper3_flux"], rtol=1e-6)
    with datamodels.open(tmp_path / "made_segm.fits") as segm:
        assert np.unique(segm.data).tolist() == list(range(len(table) + 1))
        assert segm.meta.source_catalog == "made_cat.ecsv" and segm.meta.instrument.filter == "F444W"
    assert model.meta.source_catalog is None  # the input is not changed


def test_a_finder_of_stars_makes_no_map(tmp_path):
    step = SourceCatalogStep(override_apcorr="N/A", override_abvegaoffset="N/A", save_results=True,
                             output_dir=str(tmp_path), starfinder="dao", roundlo=-1, roundhi=1)  # fmt: skip
    table = step.run(mosaic((120, 130), 12))
    assert [path.name for path in tmp_path.iterdir()] == ["made_cat.ecsv"]
    assert np.isnan(table["isophotal_area"]).all() and np.isnan(table["sky_bbox_ur"]).all()


def test_a_hook_may_give_another_table(tmp_path):
    step = SourceCatalogStep(override_apcorr="N/A", override_abvegaoffset="N/A", save_results=True,
                             output_dir=str(tmp_path), post_hooks=[lambda table: table[:2]])  # fmt: skip
    assert len(step.run(mosaic((120, 130), 12))) == len(QTable.read(tmp_path / "made_cat.ecsv")) == 2


def test_a_table_is_a_product_of_its_exposure():
    exposure = Exposure(one_star(), "made_i2d.fits")
    product = TableProduct(QTable({"label": [1, 2]}), exposure)
    assert product.source == "made_i2d.fits" and product.meta.instrument.filter == "F444W"
    assert product.meta is not exposure.meta and not product.arrays
    assert product.to_model() is product.snapshot() is product.table
