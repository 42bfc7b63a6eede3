"""Pictures of cubes show maps of their lines, the aperture where it is, and the spectrum."""

import numpy as np
import pytest
from astropy.io import fits
from matplotlib.image import imread

from gpucal.cli.main import main
from gpucal.pictures.cubes import cube_of, line_map, read_cube, strongest_lines

LIME = (0, 255, 0)
SHAPE = NPLANES, NY, NX = 120, 12, 14
WAVELENGTH = 5.0 + 0.001 * np.arange(NPLANES)
LINES = {20: 3.0, 60: 9.0, 61: 8.0, 90: 5.0, 105: 1.0}


def cube_file(path, has_table=True):
    """A slope with lines in one spaxel, and a column without values."""
    data = np.tile(np.linspace(1, 2, NPLANES)[:, None, None], (1, NY, NX)).astype(np.float32)
    for plane, height in LINES.items():
        data[plane, 5, 7] += height
    data[:, :, 0] = np.nan
    keys = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CTYPE3": "WAVE", "CUNIT1": "deg", "CUNIT2": "deg",
            "CUNIT3": "um", "CRVAL1": 5.0, "CRVAL2": -3.0, "CRVAL3": 5.0, "CRPIX1": 7.0, "CRPIX2": 6.0, "CRPIX3": 1.0,
            "CDELT1": -3e-5, "CDELT2": 3e-5, "CDELT3": 0.001, "BUNIT": "MJy/sr"}  # fmt: skip
    hdus = [fits.PrimaryHDU(header=fits.Header({"DATAMODL": "IFUCubeModel", "EXP_TYPE": "MIR_MRS"}))]
    if has_table:
        keys |= {"CTYPE3": "WAVE-TAB", "PS3_0": "WCS-TABLE", "PS3_1": "wavelength"}
    hdus.append(fits.ImageHDU(data, fits.Header(keys), "SCI"))
    if has_table:
        column = fits.Column("wavelength", f"{NPLANES}E", array=WAVELENGTH[None], dim=f"(1,{NPLANES})")
        hdus.append(fits.BinTableHDU.from_columns([column], name="WCS-TABLE"))
    fits.HDUList(hdus).writeto(path)
    return path


def spectrum_file(path, source_type="POINT"):
    values = {"WAVELENGTH": WAVELENGTH, "FLUX": np.ones(NPLANES), "NPIXELS": np.full(NPLANES, np.pi * 9)}
    values["FLUX"][[30, 70]] = 4, 0
    dq = np.where(np.arange(NPLANES) == 70, 1, 0)
    columns = [fits.Column("DQ", "J", bzero=2**31, array=dq.astype(np.uint32))]
    columns += [fits.Column(name, "D", "Jy" if name == "FLUX" else None, array=one) for name, one in values.items()]
    hdu = fits.BinTableHDU.from_columns(columns, name="EXTRACT1D")
    hdu.header.update({"SRCTYPE": source_type, "EXTR_X": 7.25, "EXTR_Y": 5.5})
    primary = fits.PrimaryHDU(header=fits.Header({"DATAMODL": "MRSMultiSpecModel", "EXP_TYPE": "MIR_MRS"}))
    fits.HDUList([primary, hdu]).writeto(path)
    return path


@pytest.mark.parametrize("has_table", [True, False])
def test_a_cube_alone_has_its_mean_spectrum_and_lines(has_table, tmp_path):
    cube = read_cube(cube_file(tmp_path / "a_s3d.fits", has_table))
    np.testing.assert_allclose(cube.wavelength, WAVELENGTH, rtol=1e-6)
    assert cube.title == "mean of the field" and cube.circle is None and cube.unit == cube.flux_unit == "MJy/sr"
    assert cube.flux[60] == pytest.approx(1 + 60 / 119 + 9 / (NY * (NX - 1)))
    np.testing.assert_allclose(cube.marked, WAVELENGTH[[20, 60, 90]], rtol=1e-6)
    assert [one.title for one in cube.maps[:2]] == ["all wavelengths", "5.0200 micron, less the continuum"]
    mean = cube.maps[0].image
    assert cube.wcs.wcs_world2pix(5.0, -3.0, 0)[0] == pytest.approx(6)
    assert np.isnan(mean[:, 0]).all()
    assert mean[5, 7] == pytest.approx(1.5 + sum(LINES.values()) / NPLANES)


def test_the_continuum_of_a_map_is_that_beside_the_line(tmp_path):
    with fits.open(cube_file(tmp_path / "a_s3d.fits")) as hdus:
        data = hdus["SCI"].data
    found = line_map(data, 60)
    assert found[5, 7] == pytest.approx(17 / 5, abs=1e-5)
    assert np.abs(found[:5, 1:]).max() < 1e-5
    np.testing.assert_allclose(line_map(data[:3], 1)[5], data[:3].mean(0)[5], rtol=1e-6)  # there is nothing beside


def test_lines_are_told_apart(tmp_path):
    flux = np.ones(80)
    flux[[10, 12, 50]] = 3, 4, 2
    flux[20] = np.nan
    assert strongest_lines(flux, 2) == [12, 50]
    assert strongest_lines(np.full(30, np.nan)) == []


def test_the_spectrum_beside_a_cube_has_lines_and_the_aperture(tmp_path):
    path, beside = cube_file(tmp_path / "a_s3d.fits"), spectrum_file(tmp_path / "a_x1d.fits")
    assert cube_of(path) == cube_of(beside) == path
    cube = read_cube(path)
    assert cube.circle == pytest.approx((7.25, 5.5, 3.0))
    assert np.flatnonzero(np.isnan(cube.flux)).tolist() == [70]
    assert (cube.title, cube.flux_unit, cube.marked[0]) == ("extracted, point", "Jy", pytest.approx(5.03))
    beside.unlink()
    spectrum_file(beside, "EXTENDED")
    assert read_cube(path).circle is None


def test_a_picture_has_the_aperture(tmp_path):
    path = cube_file(tmp_path / "a_s3d.fits")
    assert main(["picture", str(path), "--wavelengths", "5.06", "5.1"]) == 0
    plain = np.round(imread(path.with_suffix(".png"))[..., :3] * 255)
    beside = spectrum_file(tmp_path / "a_x1d.fits")
    assert main(["picture", str(beside), "--wavelengths", "5.06", "5.1"]) == 0
    drawn = np.round(imread(beside.with_suffix(".png"))[..., :3] * 255)
    assert drawn.shape == plain.shape
    lime = [(np.abs(one - LIME).max(-1) < 40).sum() for one in (plain, drawn)]
    assert lime[0] == 0 and lime[1] > 300


def test_what_a_cube_does_not_have_is_told(tmp_path, capsys):
    path = cube_file(tmp_path / "a_s3d.fits")
    assert main(["picture", str(path), "--wavelengths", "7"]) == 1
    assert "has no plane at 7 micron; its planes are from 5 to 5.119 micron" in capsys.readouterr().err
    fits.HDUList([fits.PrimaryHDU(header=fits.Header({"DATAMODL": "IFUCubeModel"}))]).writeto(path, overwrite=True)
    assert main(["picture", str(path)]) == 1
    assert "cannot be read as a cube" in capsys.readouterr().err
