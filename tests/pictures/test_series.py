"""Pictures of series: what is read of light curves and spectra, and that they are drawn."""

import numpy as np
from astropy import units as u
from astropy.table import QTable

from gpucal.pictures import draw
from gpucal.pictures.series import read_series
from tests.series_models import spectra, spectrum

FLUX = np.array([[1.0, 2, 4, 8], [2, 4, 8, 16], [1, np.nan, 4, 8]])


def photometry(path, **changes):
    columns = {"MJD": [1.0, 2, 3], "net_aperture_sum": [2.0, 4, 6] * u.Jy, "annulus_mean": [1.0, 1, 3] * u.Jy}
    columns |= {"net_aperture_sum_err": [0.4, 0.4, 0.4] * u.Jy}
    columns |= {"centroid_x": [5.0, 6, 8] * u.pix, "centroid_y": [1.0, 1, 1] * u.pix}
    QTable(columns | changes).write(path, format="ascii.ecsv")
    return path


def test_photometry_is_drawn_with_place_and_background(tmp_path):
    path = photometry(tmp_path / "a_phot.ecsv")
    panels = dict(read_series(path).panels)
    assert list(panels) == ["light / median", "background, Jy per pixel", "place - median, pixels"]
    (light,) = panels["light / median"]
    np.testing.assert_allclose(light.values, [0.5, 1, 1.5])
    np.testing.assert_allclose(light.errors, 0.1)
    x, y = panels["place - median, pixels"]
    np.testing.assert_allclose(x.values, [-1, 0, 2])
    assert draw(path, tmp_path / "a.png").stat().st_size > 10000


def test_without_a_ring_there_is_no_background(tmp_path):
    panels = dict(read_series(photometry(tmp_path / "a_phot.ecsv", annulus_mean=[np.nan] * 3)).panels)
    assert list(panels) == ["light / median", "place - median, pixels"]


def test_white_light_has_the_times_of_its_detector(tmp_path):
    path = tmp_path / "a_whtlt.ecsv"
    QTable(
        {"MJD_UTC_NRS1": [1.0, 2], "whitelight_flux_NRS1": [1.0, 3] * u.Jy, "MJD_UTC_NRS2": [5.0, 6],
         "whitelight_flux_NRS2": [2.0, 2] * u.Jy}
    ).write(path, format="ascii.ecsv")  # fmt: skip
    ((_, (one, other)),) = read_series(path).panels
    np.testing.assert_allclose((one.time, one.values), ([1, 2], [0.5, 1.5]))
    np.testing.assert_allclose((other.time, other.values), ([5, 6], [1, 1]))


def test_spectra_of_segments_are_one_spectrogram(tmp_path):
    path = tmp_path / "a_x1dints.fits"
    spectra(spectrum(FLUX[2:], first=2), spectrum(FLUX[:2]), spectrum(FLUX, order=2)).to_model().save(path)
    picture = read_series(path)
    assert [one.name for one in picture.spectrograms] == ["NIS order 1", "NIS order 2"]
    first = picture.spectrograms[0]
    np.testing.assert_allclose(first.relative, FLUX / [1, 3, 4, 8])
    assert (np.diff(first.time) > 0).all()
    ((_, (curve, _)),) = picture.panels
    np.testing.assert_allclose(curve.values, np.array([15, 30, 13]) / 15)
    assert draw(path, tmp_path / "a.png").stat().st_size > 10000


def test_what_is_no_series_is_left_to_others(tmp_path):
    path = tmp_path / "a_cat.ecsv"
    QTable({"x": [1.0]}).write(path, format="ascii.ecsv")
    assert read_series(path) is None
    assert read_series(tmp_path / "none.fits") is None
    (tmp_path / "bad.ecsv").write_text("no table")
    assert read_series(tmp_path / "bad.ecsv") is None
