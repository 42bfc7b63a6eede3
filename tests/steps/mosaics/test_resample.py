"""Mosaics hold what exposures hold, whatever way these are given; what cannot be done is told."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from scipy.ndimage import binary_erosion
from stdatamodels.jwst import datamodels

from gpucal.associations import from_list, write_association
from gpucal.backend import current_backend, use_backend
from gpucal.core import GpucalError
from gpucal.data import Exposure, Members
from gpucal.data.members import members_of_one
from gpucal.data.membership import Membership
from gpucal.steps import ResampleStep
from gpucal.steps.parts.mosaics.drizzling import Drizzling
from gpucal.steps.parts.mosaics.mosaic import Mosaic
from gpucal.wcs.output_grid import GridOptions, output_grid
from gpucal.wcs.stray_pointings import StrayPointingError
from tests.dithered_images import calibrated

PLANES = ("data", "err", "wht", "con", "var_poisson", "var_rnoise", "var_flat")


@pytest.fixture(autouse=True)
def no_parameter_references(monkeypatch):
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")


def even(number, level=3.5, **settings):
    """An exposure of a sky that is the same everywhere, and of equal errors, with a few bad pixels."""
    model = calibrated(number, **settings).copy()
    bad = model.dq & 1 == 1
    for name, value in (("data", level), ("err", 0.5), ("var_poisson", 0.16), ("var_rnoise", 0.04), ("var_flat", 0.05)):
        setattr(model, name, np.where(bad, 1e6, value).astype(np.float32))
    return model


def test_an_even_sky_stays_even():
    made = ResampleStep.call([even(0), even(1), even(2)])
    inside = made.wht > 0
    np.testing.assert_array_equal(np.isnan(made.data), ~inside)
    np.testing.assert_allclose(made.data[inside], 3.5, rtol=1e-6)
    assert np.unique(made.con).tolist() == list(range(8))
    count = np.bitwise_count(made.con[0])[inside]
    for name, one in (("var_poisson", 0.16), ("var_rnoise", 0.04), ("var_flat", 0.05)):
        np.testing.assert_allclose(getattr(made, name)[inside], one / count, rtol=1e-5)
    np.testing.assert_allclose(made.err[inside], np.sqrt(0.25 / count), rtol=1e-5)
    assert made.meta.cal_step.resample == "COMPLETE" and made.meta.resample.pointings == 3


@pytest.mark.parametrize("ratio", [1.0, 0.6])
def test_all_weight_of_all_good_pixels_is_in_the_mosaic(ratio):
    """Nothing is lost at the borders; those of distorted exposures included."""
    models = [even(0), even(2)]
    weight = sum(25.0 * float((model.dq & 1 == 0).sum()) for model in models)
    made = ResampleStep.call(models, pixel_scale_ratio=ratio)
    assert made.wht.sum(dtype=float) == pytest.approx(weight, rel=1e-5)


@pytest.mark.parametrize("parameters", [{}, {"pixel_scale_ratio": 0.7}], ids=str)
def test_pixels_scatter_by_their_errors_times_the_keyword(parameters):
    models, rng = [even(0, size=(150, 140)), even(2, size=(150, 140))], np.random.default_rng(8)
    for model in models:
        model.dq[:] = 0
        model.data = rng.normal(3.5, 0.5, model.data.shape).astype(np.float32)
        for name, value in (("var_poisson", 0.16), ("var_rnoise", 0.04), ("var_flat", 0.05)):
            setattr(model, name, np.full(model.data.shape, value, np.float32))
    made = ResampleStep.call(models, **parameters)
    told = dict(card[:2] for card in made.extra_fits.SCI.header)["NOISECOR"]
    inside = binary_erosion(made.wht > 0, iterations=3)
    assert np.std((made.data - 3.5)[inside] / made.err[inside]) == pytest.approx(told, rel=0.03)


def test_borders_are_cut_as_jwst_cuts_them_if_asked_for(monkeypatch):
    whole = ResampleStep.call(even(0))
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    cut = ResampleStep.call(even(0))
    assert (whole.data.shape, cut.data.shape) == ((51, 61), (50, 60))
    for name in PLANES[:3]:
        np.testing.assert_array_equal(getattr(whole, name)[:49, :59], getattr(cut, name)[:49, :59])
    for keyword in ("crpix1", "crpix2", "crval1", "crval2", "cdelt1", "pc1_2"):
        assert getattr(whole.meta.wcsinfo, keyword) == getattr(cut.meta.wcsinfo, keyword)
    assert (whole.wht[50] > 0).sum() > 50  # which is what was cut
    assert cut.wht[49].sum() < 0.9 * whole.wht[49].sum()  # and pixels that lie in part on what was cut


def test_members_of_an_association_give_the_same_however_many_are_held(tmp_path):
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"jw{number}_cal.fits")
        even(number).save(paths[-1])
    expected = ResampleStep.call([even(number) for number in range(3)])
    write_association(from_list(paths, product_name="field"), tmp_path / "field_asn.json")
    made = ResampleStep.call(str(tmp_path / "field_asn.json"), save_results=True, output_dir=str(tmp_path / "out"))
    for name in PLANES:
        np.testing.assert_array_equal(getattr(made, name), getattr(expected, name))
    (product,) = (tmp_path / "out").iterdir()
    assert product.name == "field_resamplestep.fits"
    with fits.open(product) as hdus:
        assert [hdu.name for hdu in hdus] == [
            "PRIMARY", "SCI", "ERR", "CON", "WHT", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT", "HDRTAB", "ASDF"
        ]  # fmt: skip
        assert hdus["HDRTAB"].data["FILENAME"].tolist() == [path.name for path in paths]
        assert hdus[0].header["ASNTABLE"] == "field_asn.json"
        assert hdus["SCI"].header["XPOSURE"] == 303.0
        assert 0.6 < hdus["SCI"].header["NOISECOR"] < 0.7  # two thirds, where phases are many


def test_headers_of_one_exposure_are_blended_if_it_is_the_member_of_a_product():
    exposure = Exposure(even(0))
    exposure.membership = Membership("field", is_alone=True)
    assert not ResampleStep().run(members_of_one(exposure)).hasattr("hdrtab")
    assert len(ResampleStep().run(Members([Exposure(even(0))], Membership("field"))).hdrtab) == 1


def test_a_mosaic_for_each_group():
    same = even(1)
    same.meta.observation.exposure_number = "1"  # taken with the first, by another detector
    made = ResampleStep.call([even(0), same, even(2)], single=True)
    assert [np.unique(one.con).tolist() for one in made] == [[0, 1, 2, 3], [0, 1]]
    assert made[0].data.shape == made[1].data.shape
    for one in made:
        np.testing.assert_allclose(one.err[one.wht > 0], 0.5, rtol=1e-5)
        assert one.meta.resample.pointings == 1 and not one.hasattr("var_flat")


@pytest.mark.parametrize("kernel", ["square", "lanczos2"])
def test_a_mosaic_is_the_same_however_many_rows_are_made_at_a_time(kernel, monkeypatch):
    models = [even(0), even(1)]
    for model in models:
        model.data += np.random.default_rng(5).random(model.data.shape, np.float32)
    parameters = {"kernel": kernel, "propagate_dq": True}
    whole = ResampleStep.call(models, **parameters)
    monkeypatch.setattr("gpucal.steps.parts.mosaics.drizzling.LEAST_SLANTS", 0)
    with use_backend(replace(current_backend(), scratch_bytes=2**15)):
        in_bands = ResampleStep.call(models, **parameters)
    for name in (*PLANES, "dq"):
        np.testing.assert_array_equal(getattr(in_bands, name), getattr(whole, name))


def test_what_has_no_read_noise_is_weighted_alike(caplog):
    model = even(0)
    del model.var_rnoise
    made = ResampleStep.call(model)
    assert "has no VAR_RNOISE" in caplog.text
    inside = made.wht > 0
    assert made.wht.max() == pytest.approx(1.0, rel=1e-2)
    np.testing.assert_allclose(made.err[inside], np.sqrt(0.21), rtol=1e-5)
    assert np.isnan(made.var_rnoise).all()


def test_read_noise_that_gives_no_weight_is_told(caplog):
    model = even(0)
    model.var_rnoise[:] = 0
    assert not ResampleStep.call(model).wht.any()
    assert "nrcalong_cal.fits has no weight" in caplog.text and "weight_type=exptime" in caplog.text
    assert ResampleStep.call(model, weight_type="exptime").wht.any()


def test_an_exposure_without_good_pixels_adds_nothing():
    model = even(1)
    model.dq[:] = 1
    made, alone = ResampleStep.call([even(0), model]), ResampleStep.call(even(0))
    assert np.unique(made.con).tolist() == [0, 1]
    assert made.wht.sum(dtype=float) == pytest.approx(alone.wht.sum(dtype=float), rel=1e-6)


def test_more_exposures_than_a_plane_of_the_context_has_bits():
    exposure = Exposure(even(0))
    wcs = exposure.get_wcs()
    drizzling = Drizzling.onto(output_grid([exposure], [wcs], GridOptions()), "square", 1.0, "ivm")
    mosaic = Mosaic(drizzling, 34, None)
    for _ in range(34):
        mosaic.add(exposure, wcs)
    context = current_backend().asnumpy(mosaic.arrays(np.nan)["con"])
    assert np.unique(context[0]).tolist() == [-1] and np.unique(context[1]).tolist() == [3]


def without_wcs(model):
    del model.meta.wcs


def without_region(model):
    model.meta.wcsinfo.s_region = None


def with_circle(model):
    model.meta.wcsinfo.s_region = "CIRCLE ICRS 53.1 -27.8 0.01"


def without_parity(model):
    model.meta.wcsinfo.vparity = None


@pytest.mark.parametrize(
    ("change", "parameters", "message"),
    [
        (without_wcs, {}, "jw01234001001_02101_00001_nrcalong_cal.fits: has no world coordinates; run assign_wcs"),
        (without_region, {}, "00001_nrcalong_cal.fits: the header lacks S_REGION"),
        (without_parity, {}, "00001_nrcalong_cal.fits: the header lacks VPARITY"),
        (None, {"fillval": "empty"}, "fillval is a number, NAN or INDEF, not 'empty'"),
        (None, {"output_wcs": "/nowhere.asdf"}, "/nowhere.asdf: cannot be read as ASDF"),
        (None, {"pixel_scale": 1e4}, "the mosaic would have 1 x 1 pixels"),
        (with_circle, {}, "nrcalong_cal.fits: S_REGION is 'CIRCLE ICRS 53.1 -27.8 0.01', which is no polygon"),
        (with_circle, {"output_wcs": "/nowhere.asdf"}, "S_REGION is 'CIRCLE ICRS 53.1 -27.8 0.01'"),
        (None, {"pixfrac": np.nan}, "pixfrac is nan; it has to be from 0 to 1"),
        (None, {"pixel_scale": 0.0}, "pixel_scale is 0.0; it has to be from 0.001 to 1e"),
        (None, {"pixel_scale_ratio": -1.0}, "pixel_scale_ratio is -1.0; it has to be from 0.01"),
        (None, {"rotation": np.inf}, "rotation is inf; it has to be"),
        (None, {"crpix": [1.0, np.nan]}, r"crpix is \[1.0, nan\]; it has to be"),
        (None, {"crval": [10.0, 95.0]}, r"crval is \[10.0, 95.0\]; it has to be from -360 and -90 to 360 and 90"),
        (None, {"output_shape": [100, 0]}, r"output_shape is \[100, 0\]; it has to be from 1"),
        (None, {"crval": [0.0, 90.0]}, "the exposures are more than 90 degrees from crval"),
        (None, {"output_shape": [10**8, 10**7]}, "100000000 x 10000000 pixels, which need more than 40000000.0 GB"),
        (None, {"pixel_scale": 0.001, "crpix": [1e7, 1e7]}, "which need more than .* ask for another pixel_scale"),
    ],
)
def test_what_cannot_be_done_is_told(change, parameters, message):
    model = even(0)
    if change is not None:
        change(model)
    with pytest.raises(GpucalError, match=message):
        ResampleStep.call(model, **parameters)


def test_times_are_asked_for_where_they_are_weights():
    model = even(0)
    model.meta.exposure.exposure_time = model.meta.exposure.measurement_time = None
    with pytest.raises(GpucalError, match="the header lacks XPOSURE and TMEASURE"):
        ResampleStep.call(model, weight_type="exptime")


def test_a_stray_exposure_is_named_unless_the_user_places_the_grid():
    stray = even(1)
    stray.meta.filename = "stray_cal.fits"
    stray.meta.wcsinfo.s_region = "POLYGON ICRS  54.10 -27.8 54.10 -27.801 54.101 -27.801 54.101 -27.8"
    models = [even(0), stray, even(2)]
    with pytest.raises(StrayPointingError, match=r"1 of 3 exposures .* nearly empty: stray_cal.fits\. Check"):
        ResampleStep.call(models)
    placed = ResampleStep.call(models, crval=[53.1, -27.8], crpix=[30, 30], output_shape=[60, 50])
    assert placed.data.shape == (50, 60)


def test_arrays_stay_on_the_device(request):
    with use_backend("cpu"):
        expected = ResampleStep.call([even(0), even(2)], propagate_dq=True)
    request.getfixturevalue("strict_device")
    found = ResampleStep.call([even(0), even(2)], propagate_dq=True)
    for name in (*PLANES, "dq"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_products_are_models_with_a_gwcs_object():
    import gwcs

    made = ResampleStep.call(even(0))
    assert isinstance(made, datamodels.ImageModel) and isinstance(made.meta.wcs, gwcs.WCS)
    assert made.meta.wcs.array_shape == made.data.shape
    sky = made.meta.wcs(*np.indices(made.data.shape)[::-1])
    assert np.isfinite(sky).all()
