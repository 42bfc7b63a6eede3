"""Light curves of series of images: units, places, times, apertures, and what is told of them."""

import numpy as np
import pytest

from gpucal.core import GpucalError
from gpucal.data import Exposure, InputError
from gpucal.steps import TSOPhotometryStep
from tests.kernels.series.scenes import NINTS, series
from tests.series_models import PIXEL_AREA, images, int_times


class Sky:
    """Stands for coordinates: a degree for a pixel."""

    bounding_box = ((-0.5, 26.5), (-0.5, 23.5))

    def program(self, *frames):
        return self

    def at(self, x, y):
        return np.array([x, y]) + 100


@pytest.fixture(autouse=True)
def sky(monkeypatch):
    monkeypatch.setattr(Exposure, "get_wcs", lambda self: Sky())


def photometry(model, **parameters):
    return TSOPhotometryStep(**parameters).run(model)


def test_light_is_that_of_the_star_in_jansky():
    table = photometry(images(), radius=6.0, radius_inner=8.0, radius_outer=10.0)
    factor = 1e6 * PIXEL_AREA
    whole = (table["aperture_bad_pixels"] == 0) & (table["annulus_bad_pixels"] < 99)
    flux = 5000 * (1 - 0.01 * np.arange(NINTS)) * factor
    np.testing.assert_allclose(table["psf_flux"].value, flux, rtol=0.02)
    assert table["net_aperture_sum"].unit == "Jy"
    np.testing.assert_allclose(table["annulus_mean"].value, (20 + np.arange(NINTS)) * factor, rtol=0.02)
    np.testing.assert_allclose(table["net_aperture_sum"].value[whole], flux[whole], rtol=0.02)
    np.testing.assert_allclose(table["psf_width_x"].value, 1.3, rtol=0.05)
    np.testing.assert_allclose(table["MJD"], int_times(NINTS)["int_mid_MJD_UTC"])
    np.testing.assert_allclose(table["aperture_ra_icrs"].value, table["aperture_x"].value + 100)


def test_rates_become_electrons_and_the_gain_is_asked_for_then_alone(caplog):
    from stdatamodels.jwst import datamodels

    gain = datamodels.GainModel(data=np.full((24, 27), 2.0, np.float32))
    meta = gain.meta
    meta.instrument.name, meta.instrument.detector = "NIRCAM", "NRCALONG"
    meta.subarray.xstart, meta.subarray.ystart, meta.subarray.xsize, meta.subarray.ysize = 1, 1, 27, 24
    rates = photometry(images("DN/s"), override_gain=gain)
    plain = photometry(images("adu"))
    assert (rates["aperture_sum"].unit, plain["aperture_sum"].unit) == ("electron", "adu")
    np.testing.assert_allclose(rates["aperture_sum"].value, 5.0 * plain["aperture_sum"].value, rtol=1e-6)
    assert TSOPhotometryStep().uses(Exposure(images())) == ()
    assert TSOPhotometryStep().uses(Exposure(images("DN/s"))) == ("gain",)
    assert "is in adu, and so is its light curve" in caplog.text


def test_apertures_stay_at_the_median_or_follow_the_star():
    still, moving = photometry(images()), photometry(images(), moving_centroid=True)
    assert len(set(still["aperture_x"].value)) == 1
    assert still["aperture_x"].value[0] == np.median(still["centroid_x"].value)
    np.testing.assert_array_equal(moving["aperture_x"], moving["centroid_x"])
    planned = photometry(images(), centroid_source=False)
    assert set(planned["aperture_x"].value) == {12.0} and "centroid_x" not in planned.colnames


def test_even_boxes_are_made_odd_with_a_warning(caplog):
    even, odd = photometry(images(), fit_box_width=12), photometry(images(), fit_box_width=11)
    np.testing.assert_array_equal(even["psf_flux"], odd["psf_flux"])
    assert "fit_box_width is 12" in caplog.text


def test_bad_pixels_of_apertures_are_told(monkeypatch):
    data = series()[0]
    table = photometry(images(), centroid_source=False)
    rows, columns = np.indices(data.shape[1:])
    inside = np.hypot(rows - 11, columns - 12) < 2.5  # wholly within
    assert (table["aperture_bad_pixels"] >= np.isnan(data[:, inside]).sum(axis=1)).all()
    assert table["aperture_bad_pixels"].sum() > 0
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    assert "aperture_bad_pixels" not in photometry(images()).colnames


def test_a_defocused_star_is_the_sum_of_the_frame():
    model = images()
    model.meta.instrument.pupil = "WLP8"
    table = photometry(model)
    np.testing.assert_allclose(
        table["net_aperture_sum"].value, np.nansum(series()[0], axis=(1, 2)) * 1e6 * PIXEL_AREA, rtol=1e-6
    )
    assert np.isnan(table["annulus_mean"]).all()


def test_a_segment_takes_its_own_times():
    model = images()
    model.int_times = int_times(40)
    model.meta.exposure.integration_start = 21
    table = photometry(model)
    np.testing.assert_array_equal(table["MJD"], int_times(40)["int_mid_MJD_UTC"][20:26])


def test_an_aperture_off_the_frame_is_nan_and_told(caplog):
    model = images()
    model.meta.wcsinfo.siaf_xref_sci = 500.0
    table = photometry(model)
    assert np.isnan(table["net_aperture_sum"]).all()
    assert "The star is not found in any integration" in caplog.text
    assert f"{NINTS} of {NINTS} integrations have no light curve" in caplog.text


def test_all_integrations_flagged_leave_a_table_of_nan(caplog):
    model = images()
    model.data[:] = np.nan
    model.dq[:] = 1
    table = photometry(model)
    assert len(table) == NINTS and np.isnan(table["net_aperture_sum"]).all()
    assert "no pixel with a value" in caplog.text


def _without_times(model):
    del model.int_times


def _other_times(model):
    model.int_times = int_times(3, first=90)


def _without_place(model):
    model.meta.wcsinfo.siaf_xref_sci = None


def _without_unit(model):
    model.meta.bunit_err = None


def _without_area(model):
    model.meta.photometry.pixelarea_steradians = None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_without_times, "no table of the times"),
        (_other_times, "of the integrations 90 to 92, and these are 1 to 6"),
        (_without_place, "lacks XREF_SCI"),
        (_without_unit, "header of ERR lacks its unit"),
        (_without_area, "PIXAR_SR"),
    ],
)
def test_headers_that_do_not_tell_enough_are_refused(change, words):
    model = images()
    change(model)
    with pytest.raises(InputError, match=words):
        photometry(model)


@pytest.mark.parametrize("parameters", [{"radius": 0.0}, {"radius_inner": 5.0}, {"search_box_width": 0}])
def test_parameters_have_limits(parameters):
    with pytest.raises(GpucalError):
        photometry(images(), **parameters)


def test_the_table_of_an_exposure_is_saved_where_that_is_asked_for(tmp_path):
    photometry(images(), save_catalog=True, output_dir=str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["star_phot.ecsv"]
