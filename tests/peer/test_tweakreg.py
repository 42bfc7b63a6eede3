"""Alignment agrees with jwst and tweakwcs: matching, fits, corrections, the step; each goes on from the other."""

from io import BytesIO

import asdf
import gwcs
import numpy as np
import pytest
from astropy.table import Table
from tweakwcs.correctors import JWSTWCSCorrector
from tweakwcs.linearfit import iter_linear_fit
from tweakwcs.matchutils import XYXYMatch

from gpucal.steps.parts.alignment.fitting import LEAST_POINTS, Clipping, fitted
from gpucal.steps.parts.alignment.matching import Matching, matched
from gpucal.steps.pointing.tweakreg import TweakRegStep
from gpucal.wcs.correction import corrected, directions, tangent_plane
from gpucal.wcs.documents import parse_document
from gpucal.wcs.world import Wcs
from tests.star_fields import DITHERS, SIZE, Dither, field, model_of, models_of, with_object

PIXELS = np.mgrid[0 : SIZE - 1 : 5j, 0 : SIZE - 1 : 4j].reshape(2, -1)
MAS = 1 / 3600e3  # degrees


def lists(seed):
    """A reference, and an image of it that is off, with stars that only one of them has."""
    rng = np.random.default_rng(seed)
    size = rng.choice([20.0, 60.0, 130.0])
    reference = rng.uniform(-size / 2, size / 2, (rng.integers(20, 200), 2))
    same = reference[rng.random(len(reference)) < 0.8]
    image = [same + rng.uniform(-2.1, 2.1, 2) + rng.normal(0, 0.02, same.shape), rng.uniform(-size, size, (30, 2)) / 2]
    return reference, rng.permutation(np.concatenate(image)), rng.choice([0.031, 0.063, 0.11])


@pytest.mark.parametrize("use2dhist", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_the_same_sources_match(seed, use2dhist):
    reference, image, pixel = lists(seed)
    how = {"use2dhist": use2dhist, "xoffset": 0.1, "yoffset": -0.2, "separation": 1.0, "tolerance": 0.7}
    tables = (Table({"TPx": points[:, 0], "TPy": points[:, 1]}) for points in (reference, image))
    expected = XYXYMatch(searchrad=2.0, **how)(*tables, tp_pscale=pixel)
    pairs = matched(reference, image, Matching(searchrad=2.0, **how), pixel)
    np.testing.assert_array_equal(pairs, expected)


@pytest.mark.parametrize("geometry", LEAST_POINTS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_fits_are_the_same(seed, geometry, weighted):
    rng = np.random.default_rng(seed)
    points = rng.uniform(-60, 60, (rng.integers(5, 90), 2))
    targets = points + rng.normal(0, 0.02, points.shape) * rng.choice([1, 5], (len(points), 1))
    weights = rng.uniform(0, 1, len(points)) if weighted else None
    expected = iter_linear_fit(targets, points, weights, fitgeom=geometry, nclip=3, sigma=(2.0, "rmse"))
    fit = fitted(targets, points, geometry, Clipping(3, 2.0), weights)
    np.testing.assert_array_equal(fit.used, expected["fitmask"])
    np.testing.assert_allclose(fit.matrix, expected["matrix"], rtol=0, atol=1e-13)
    at_origin = expected["shift_ld"] + expected["center_ld"] - expected["matrix_ld"] @ expected["center_ld"]
    np.testing.assert_allclose(fit.shift, at_origin.astype(float), rtol=0, atol=1e-12)
    assert fit.rms == pytest.approx(expected["rmse"], rel=1e-11)


def opened(wcs):
    """A WCS as gwcs opens it."""
    content = BytesIO()
    asdf.AsdfFile({"wcs": wcs.to_node()}).write_to(content)
    content.seek(0)
    return asdf.open(content, lazy_load=False, memmap=False)["wcs"]


def node_of(wcs):
    content = BytesIO()
    asdf.AsdfFile({"wcs": wcs}).write_to(content)
    return Wcs.of_node(parse_document(content.getvalue())["wcs"])


def test_corrections_are_those_of_tweakwcs_which_goes_on_from_them():
    (image,) = field(DITHERS[:1]).images
    told, ours = image.pointing, image.wcs
    angles = {name: getattr(told, name) for name in ("v2_ref", "v3_ref", "roll_ref")}
    theirs = JWSTWCSCorrector(opened(ours), angles)
    for turn, shift in ((3e-5, [0.3, -1.7]), (-5e-5, [1.1, 0.4]), (1e-4, [0.0, 2.0])):
        matrix = 1.00001 * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        ours = corrected(ours, told, matrix, shift)
        theirs.set_correction(matrix, shift)
        sky = ours.program().at(*PIXELS)
        np.testing.assert_allclose(sky, theirs.wcs(*PIXELS), rtol=0, atol=1e-4 * MAS)
        points = tangent_plane(ours, told).at(directions(*sky))
        np.testing.assert_allclose(points.T, theirs.world_to_tanp(*sky), rtol=0, atol=1e-9)
        made = opened(ours)
        assert isinstance(made, gwcs.WCS) and made.available_frames == theirs.wcs.available_frames
        np.testing.assert_allclose(made(*PIXELS), sky, rtol=0, atol=1e-4 * MAS)
        theirs = JWSTWCSCorrector(made, angles)  # tweakwcs goes on from ours, and we from it
        ours = node_of(theirs.wcs)
    back = np.array(made.get_transform("world", "detector")(*sky))
    np.testing.assert_allclose(ours.program("world", "detector").at(*sky), back, rtol=0, atol=1e-9)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Four dithered images with pointing errors, their catalogues, and one of all stars."""
    folder = tmp_path_factory.mktemp("field")
    made = field()
    Table({"RA": made.ra, "dec": made.dec}).write(folder / "truth.ecsv")
    return [with_object(model) for model in models_of(made, folder)], folder / "truth.ecsv"


def assert_same(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        wcs, expected = one.meta.wcs, other.meta.wcs
        assert wcs.available_frames == expected.available_frames and wcs.name == expected.name
        ra, dec = (np.subtract(*pair) for pair in zip(wcs(*PIXELS), expected(*PIXELS), strict=True))
        assert max(abs(ra).max(), abs(dec).max()) < 1e-4 * MAS
        assert one.meta.wcsinfo.s_region == other.meta.wcsinfo.s_region
        assert one.meta.cal_step.tweakreg == other.meta.cal_step.tweakreg
        for keyword in ("crval1", "crval2", "cd1_1", "cd1_2", "cd2_1", "cd2_2", "a_order"):
            value, wanted = (getattr(model.meta.wcsinfo, keyword) for model in (one, other))
            assert value == wanted or value == pytest.approx(wanted, rel=1e-9), keyword


def theirs_of(peer_step, models, **parameters):
    library = peer_step("tweakreg", [model.copy() for model in models], **parameters)
    with library:
        made = list(library)
        for model in made:
            library.shelve(model, modify=False)
    return made


ABSOLUTE = object()


@pytest.mark.usefixtures("without_parameter_references", "offline")
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"abs_refcat": ABSOLUTE, "abs_fitgeometry": "general"},
        {"expand_refcat": True, "fitgeometry": "rscale", "sigma": 2.0},
        {"expand_refcat": True, "enforce_user_order": True, "fitgeometry": "shift", "searchrad": 1.0},
    ],
    ids=["relative", "absolute", "expanding", "in order"],
)
def test_the_step_moves_images_where_jwst_does(images, parameters, peer_step):
    models, truth = images
    parameters = {name: str(truth) if value is ABSOLUTE else value for name, value in parameters.items()}
    ours = TweakRegStep.call([model.copy() for model in models], use_custom_catalogs=True, **parameters)
    assert_same(ours, theirs_of(peer_step, models, use_custom_catalogs=True, **parameters))


@pytest.mark.usefixtures("without_parameter_references", "offline")
def test_images_taken_at_the_same_time_move_together(tmp_path, peer_step):
    """Two exposures by two detectors each, all with one fault of the pointing for an exposure."""
    fault = {"error_east": 0.3, "error_north": -0.2, "error_roll": 4.0}
    places = [Dither(), Dither(12.0, 3.0), Dither(5.0, -6.0, **fault), Dither(17.0, -3.0, **fault)]
    models = [with_object(model) for model in models_of(field(places), tmp_path)]
    for number, model in enumerate(models):
        model.meta.observation.exposure_number = str(1 + number // 2)
    ours = TweakRegStep.call([model.copy() for model in models], use_custom_catalogs=True)
    assert ["v2v3corr" in model.meta.wcs.available_frames for model in ours] == [False, False, True, True]
    assert_same(ours, theirs_of(peer_step, models, use_custom_catalogs=True))


@pytest.mark.usefixtures("without_parameter_references", "offline")
def test_a_wide_mosaic_is_put_together_in_the_same_order(tmp_path, peer_step):
    """A row of five, given in disorder: each image overlaps its neighbours alone."""
    row = [Dither(59.0 * place, -38.0 * place, 0.1 * place, -0.07 * place, place) for place in (3, 0, 4, 1, 2)]
    models = [with_object(model) for model in models_of(field(row, nstars=3000, extent=320), tmp_path)]
    ours = TweakRegStep.call([model.copy() for model in models], use_custom_catalogs=True, expand_refcat=True)
    assert [model.meta.cal_step.tweakreg for model in ours] == ["COMPLETE"] * 5
    assert_same(ours, theirs_of(peer_step, models, use_custom_catalogs=True, expand_refcat=True))


@pytest.mark.usefixtures("without_parameter_references", "offline")
@pytest.mark.parametrize("as_peer", ["1", "0"])
def test_what_jwst_tells_of_images_that_fail_is_had_if_asked_for(images, peer_step, monkeypatch, as_peer):
    monkeypatch.setenv("GPUCAL_AS_PEER", as_peer)
    parameters = {"use_custom_catalogs": True, "minobj": 1000}
    ours = TweakRegStep.call([model.copy() for model in images[0]], **parameters)
    theirs = theirs_of(peer_step, images[0], **parameters)
    assert [model.meta.cal_step.tweakreg for model in theirs] == ["COMPLETE"] * 4
    told = [model.meta.cal_step.tweakreg for model in ours]
    assert told == (["COMPLETE"] * 4 if as_peer == "1" else ["SKIPPED", "FAILED", "FAILED", "FAILED"])


def with_stars(model, image, rng):
    """Round stars of two pixels width on noise, where the image was seen."""
    y, x = np.mgrid[: model.data.shape[0], : model.data.shape[1]]
    data = rng.normal(1.0, 0.05, model.data.shape)
    for center_x, center_y in zip(image.x, image.y, strict=True):
        if center_x < x.shape[1] and center_y < x.shape[0]:
            flux = rng.uniform(50, 500)
            data += flux / 9 * np.exp(-((x - center_x) ** 2 + (y - center_y) ** 2) / 2 / 1.2**2)
    model.data, model.err = data.astype(np.float32), np.full(data.shape, 0.05, np.float32)
    model.dq = np.zeros(data.shape, np.uint32)
    return model


@pytest.mark.usefixtures("without_parameter_references", "offline")
def test_stars_are_found_and_aligned_as_by_jwst(tmp_path, peer_step):
    rng = np.random.default_rng(2)
    made = field((Dither(), Dither(1.1, -0.6, 0.31, -0.22, 5.0)), nstars=6000)
    models = [
        with_stars(with_object(model_of(image, number, (300, 300))), image, rng)
        for number, image in enumerate(made.images, 1)
    ]
    parameters = {"save_catalogs": True, "output_dir": str(tmp_path), "bkg_boxsize": 100}
    theirs = theirs_of(peer_step, models, **parameters)
    names = [model.meta.filename.replace(".fits", "_cat.ecsv") for model in models]
    expected = [Table.read(tmp_path / name) for name in names]
    ours = TweakRegStep.call(models, **parameters)
    assert_same(ours, theirs)
    for name, table, model in zip(names, expected, ours, strict=True):
        written = Table.read(tmp_path / name)
        assert written.colnames == table.colnames and len(written) > 20
        assert written.meta["name"] == table.meta["name"] and model.meta.tweakreg_catalog == name
        for column in table.colnames:
            np.testing.assert_allclose(written[column], table[column], rtol=1e-5)
