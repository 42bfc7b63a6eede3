"""Pictures of slits show the aperture and the background where they are, beside the spectrum."""

import json

import numpy as np
import pytest
from astropy.io import fits
from matplotlib.image import imread

from gpucal.cli.main import main
from gpucal.pictures.spectra import read_spectra

LIME, CYAN = (0, 255, 0), (23, 190, 207)


def slit_file(path, names=("S200A1", "S400A1"), direction=1):
    hdus = [fits.PrimaryHDU(header=fits.Header({"DATAMODL": "MultiSlitModel"}))]
    for version, name in enumerate(names, start=1):
        header = fits.Header({"SLTNAME": name, "BUNIT": "MJy", "DISPAXIS": direction})
        image = np.random.default_rng(version).normal(0, 1, (20, 60)).astype(np.float32)
        hdus.append(fits.ImageHDU(image if direction == 1 else image.T, header, "SCI", ver=version))
    fits.HDUList(hdus).writeto(path)
    return path


def spectrum_file(path, names=("S200A1", "S400A1"), reference="", rows=None, direction=1):
    header = fits.Header({"DATAMODL": "TSOMultiSpecModel" if rows else "MultiSpecModel", "R_EXTR1D": reference})
    hdus = [fits.PrimaryHDU(header=header)]
    for version, name in enumerate(names, start=1):
        form = "60D" if rows else "D"
        values = np.linspace(1, 2, 60) * version
        columns = [
            fits.Column(column, form, unit, array=np.tile(values, (rows, 1)) if rows else values)
            for column, unit in (("WAVELENGTH", "um"), ("FLUX", "Jy"), ("FLUX_ERROR", "Jy"))
        ]
        hdu = fits.BinTableHDU.from_columns(columns, name="EXTRACT1D", ver=version)
        along, across = ("X", "Y") if direction == 1 else ("Y", "X")
        hdu.header.update({"SLTNAME": name, "DISPAXIS": direction})
        for axis, limits in ((along, (1, 60)), (across, (6.5, 11.5))):
            hdu.header[f"EXTR{axis}STR"], hdu.header[f"EXTR{axis}STP"] = limits
        hdus.append(hdu)
    fits.HDUList(hdus).writeto(path)
    return path


def reference(folder, **keys):
    path = folder / "extract1d.json"
    path.write_text(json.dumps({"apertures": [{"id": "ANY", "bkg_coeff": [[0.5], [2.5, 0.01]], **keys}]}))
    return str(path)


def test_slits_and_spectra_of_two_files_come_together(tmp_path):
    used = reference(tmp_path, ystart=4, ystop=9)
    s2d, x1d = slit_file(tmp_path / "a_s2d.fits"), spectrum_file(tmp_path / "a_x1d.fits", reference=used)
    for path in (s2d, x1d):
        first, second = read_spectra(path)
        assert (first.name, second.name, first.unit, first.flux_unit) == ("S200A1", "S400A1", "MJy", "Jy")
        assert first.aperture == ((-0.5, 59.5), (5.0, 11.0))
        np.testing.assert_allclose(first.background, [(2.0, 4.295)])  # moved by 1.5 pixels, as the aperture is
        np.testing.assert_array_equal(second.flux, np.linspace(2, 4, 60))
        assert second.image.shape == (20, 60)


def test_the_first_of_integrations_is_drawn(tmp_path):
    (one,) = read_spectra(spectrum_file(tmp_path / "a_x1dints.fits", ("S1600A1",), rows=3))
    assert one.flux.shape == (60,) and one.image is None and one.background == []


@pytest.mark.parametrize("direction", [1, 2])
def test_a_picture_has_aperture_and_background(direction, tmp_path):
    used = reference(tmp_path)
    path = slit_file(tmp_path / "a_s2d.fits", ("S200A1",), direction)
    assert main(["picture", str(path)]) == 0
    plain = np.round(imread(path.with_suffix(".png"))[..., :3] * 255)
    spectrum_file(tmp_path / "a_x1d.fits", ("S200A1",), used, direction=direction)
    assert main(["picture", str(path)]) == 0
    drawn = np.round(imread(path.with_suffix(".png"))[..., :3] * 255)
    lime = (np.abs(drawn - LIME).max(-1) < 40).sum()
    assert lime > 400 and (np.abs(plain - LIME).max(-1) < 40).sum() == 0
    assert drawn.shape[1] == 2 * plain.shape[1]


def test_many_slits_are_drawn_in_part(tmp_path):
    names = [str(number) for number in range(15)]
    path = spectrum_file(tmp_path / "a_x1d.fits", names)
    assert main(["picture", str(path)]) == 0
    assert len(read_spectra(path)) == 15
    assert imread(path.with_suffix(".png")).shape[0] == pytest.approx(12 * 320, abs=2)


def test_a_broken_file_is_told(tmp_path, capsys):
    path = slit_file(tmp_path / "a_s2d.fits")
    (tmp_path / "a_x1d.fits").write_bytes(b"nothing")
    assert main(["picture", str(path)]) == 1
    assert "a_s2d.fits: its slits and spectra cannot be read" in capsys.readouterr().err


def test_sources_of_a_field_are_drawn_by_their_brightness(tmp_path):
    primary = fits.PrimaryHDU(header=fits.Header({"DATAMODL": "WFSSMultiSpecModel", "EXP_TYPE": "NIS_WFSS"}))
    wavelength, error = np.tile(np.linspace(1, 2, 60), (2, 1)), np.ones((2, 60))
    error[:, -1] = 6.0  # where the filter ends
    values = {"WAVELENGTH": wavelength, "FLUX": np.outer([1.0, 3.0], np.ones(60)), "FLUX_ERROR": error}
    columns = [fits.Column("SOURCE_ID", "J", array=[4, 9])]
    columns += [fits.Column(name, "60D", "Jy", array=array) for name, array in values.items()]
    table = fits.BinTableHDU.from_columns(columns, name="EXTRACT1D")
    table.header["SPORDER"] = 1
    fits.HDUList([primary, table]).writeto(tmp_path / "f_x1d.fits")
    slits = fits.PrimaryHDU(header=fits.Header({"DATAMODL": "MultiSlitModel", "EXP_TYPE": "NIS_WFSS"}))
    header = fits.Header({"SOURCEID": 9, "SPORDER": 1, "DISPAXIS": 2})
    fits.HDUList([slits, fits.ImageHDU(np.zeros((60, 11)), header, "SCI")]).writeto(tmp_path / "f_cal.fits")
    first, second = read_spectra(tmp_path / "f_x1d.fits")
    assert (first.name, second.name) == ("source 9, order 1", "source 4, order 1")
    assert first.image.shape == (60, 11) and second.image is None
    assert (first.flux[:-1] == 3).all() and np.isnan(first.flux[-1])
    assert main(["picture", str(tmp_path / "f_x1d.fits")]) == 0
    assert imread(tmp_path / "f_x1d.png").shape[1] > 500
