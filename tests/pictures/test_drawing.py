"""Pictures show what they say: values and flags in their colours, sources where they are."""

import subprocess
import sys

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from matplotlib.image import imread

from gpucal.cli.main import main
from gpucal.pictures import draw_before_and_after
from gpucal.pictures.product import SEGMENTATION, read_product
from gpucal.pictures.sources import read_sources

SIZE = 32
CYAN, LIME, PINK = (23, 190, 207), (0, 255, 0), (227, 119, 194)


def product(path, *, model="ImageModel", sky=True, **planes):
    """Write a product, and give its path."""
    header = fits.Header({"BUNIT": "MJy/sr"})
    if sky:
        wcs = WCS(naxis=2)
        wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ("RA---TAN", "DEC--TAN"), (80.5, -69.5), (16.5, 16.5)
        wcs.wcs.cdelt = -2e-5, 2e-5
        header.update(wcs.to_header())
    hdus = [fits.PrimaryHDU(header=fits.Header({"DATAMODL": model}))]
    hdus += [fits.ImageHDU(plane, header if name == "SCI" else None, name) for name, plane in planes.items()]
    fits.HDUList(hdus).writeto(path)
    return path


def picture_of(path, *words):
    """The pixels of the picture that the command makes beside a product, 0 to 255."""
    assert main(["picture", str(path), *words]) == 0
    return np.round(imread(path.with_suffix(".png"))[..., :3] * 255)


def share_of(picture, color):
    """The share of a picture that has a colour."""
    return (np.abs(picture - color).max(axis=-1) < 3).mean()


def image():
    return np.random.default_rng(1).normal(5, 1, (SIZE, SIZE)).astype(np.float32)


def catalog(path, wcs, x, y, is_extended):
    """Write a catalog of sources at these pixels."""
    columns = {"xcentroid": x, "ycentroid": y, "sky_centroid": wcs.pixel_to_world(x, y), "is_extended": is_extended}
    Table(columns).write(path, format="ascii.ecsv")
    return path


def test_flags_of_an_image_are_beside_it(tmp_path):
    dq = np.zeros((SIZE, SIZE), np.uint32)
    dq[:16], dq[16:20] = 4, 4 | 16
    picture = picture_of(product(tmp_path / "a_crf.fits", SCI=image(), DQ=dq))
    assert picture.shape[:2] == (850, 1900)
    jumps, outliers = share_of(picture, CYAN), share_of(picture, PINK)
    assert 0.13 < jumps < 0.21  # half of a panel, of which two with their rims make the picture
    assert outliers / jumps == pytest.approx(4 / 16, abs=0.03)  # the rarer flag covers the other


def test_the_catalog_beside_a_mosaic_is_marked(tmp_path):
    path = product(tmp_path / "a_i2d.fits", SCI=image())
    bare = picture_of(path)
    assert bare.shape[:2] == (850, 950)
    assert share_of(bare, CYAN) == share_of(bare, LIME) == 0
    wcs = read_product(path).wcs
    catalog(tmp_path / "a_cat.ecsv", wcs, np.array([8.0, 20, 300]), np.array([8.0, 24, 8]), [False, True, True])
    marked = picture_of(path)
    assert share_of(marked, LIME) > 5e-6
    assert share_of(marked, CYAN) > 5e-6


def test_a_catalog_that_is_named_is_marked_by_its_coordinates_on_the_sky(tmp_path):
    """The image it was found on has other pixels."""
    path = product(tmp_path / "a_cal.fits", SCI=image(), DQ=np.zeros((SIZE, SIZE), np.uint32))
    wcs = read_product(path).wcs
    named = tmp_path / "other.ecsv"
    ra, dec = wcs.all_pix2world([8.0, 20.0], [8.0, 24.0], 0)
    Table({"ra": ra, "dec": dec, "x": [900.0, 901.0], "y": [900.0, 901.0]}).write(named, format="ascii.ecsv")
    np.testing.assert_allclose(read_sources(named).on(wcs), [[8, 20], [8, 24]], atol=1e-6)
    np.testing.assert_array_equal(read_sources(named).on(None), [[900, 901], [900, 901]])
    assert share_of(picture_of(path, f"--catalog={named}"), CYAN) > 5e-6


def test_segments_are_coloured(tmp_path):
    labels = np.zeros((SIZE, SIZE), np.uint32)
    labels[4:20, 4:20], labels[24:28, 24:28] = 1, 2
    picture = picture_of(product(tmp_path / "a_segm.fits", model=SEGMENTATION, SCI=labels))
    first, second = share_of(picture, (174, 199, 232)), share_of(picture, (255, 127, 14))  # of the palette tab20
    assert first / second == pytest.approx(16, rel=0.2)


def test_what_is_drawn_of_ramps_and_integrations(tmp_path):
    ramp = np.arange(2 * 3 * 4 * 5, dtype=np.uint16).reshape(2, 3, 4, 5)
    flags = np.zeros((2, 3, 4, 5), np.uint8)
    flags[0, 1, 2, 3], flags[1, :, 0, 0] = 4, 2
    bad = np.zeros((4, 5), np.uint32)
    bad[3, 4] = 1
    raw = read_product(product(tmp_path / "a_ramp.fits", sky=False, SCI=ramp, PIXELDQ=bad, GROUPDQ=flags))
    np.testing.assert_array_equal(raw.image, ramp[0, 2])
    assert raw.wcs is None and raw.title == ", last group of the first integration"
    assert {(2, 3): 4, (3, 4): 1} == {tuple(map(int, at)): int(raw.dq[tuple(at)]) for at in np.argwhere(raw.dq)}
    cube = read_product(product(tmp_path / "a_rateints.fits", SCI=ramp[0], DQ=ramp[1].astype(np.uint32)))
    np.testing.assert_array_equal(cube.image, ramp[0, 0])
    np.testing.assert_array_equal(cube.dq, ramp[1, 0])


def test_a_catalog_alone_is_a_plane_of_its_own(tmp_path):
    sky = SkyCoord([80.5, 80.501, 80.502], [-69.5, -69.5, -69.501], unit="deg")
    table = Table({"sky_centroid": sky, "is_extended": [False, False, True], "aper_total_abmag": [20.0, 22.0, np.nan]})
    table.write(tmp_path / "a_cat.ecsv", format="ascii.ecsv")
    picture = picture_of(tmp_path / "a_cat.ecsv")
    brightest = (68, 1, 84)  # of the palette viridis
    faintest = (253, 231, 37)
    assert share_of(picture, brightest) > 1e-4 and share_of(picture, faintest) > 1e-4


def test_nothing_but_nan_and_no_sources_are_drawn(tmp_path):
    path = product(tmp_path / "a_i2d.fits", SCI=np.full((SIZE, SIZE), np.nan, np.float32))
    catalog(tmp_path / "a_cat.ecsv", read_product(path).wcs, np.zeros(0), np.zeros(0), np.zeros(0, bool))
    assert share_of(picture_of(path), (105, 105, 105)) > 0.4
    assert picture_of(tmp_path / "a_cat.ecsv").shape == (850, 950, 3)


def test_an_exposure_before_and_after(tmp_path):
    raw = product(tmp_path / "a_uncal.fits", SCI=np.arange(512, dtype=np.uint16).reshape(1, 2, 16, 16))
    rate = product(tmp_path / "a_rate.fits", SCI=np.ones((16, 16), np.float32), DQ=np.full((16, 16), 4, np.uint32))
    picture = np.round(imread(draw_before_and_after(raw, rate, tmp_path / "x.png"))[..., :3] * 255)
    assert picture.shape[:2] == (850, 2850)
    assert share_of(picture, CYAN) > 0.1


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("none.fits", "none.fits: no such file"),
        ("text.fits", "text.fits: cannot be read as a FITS file"),
        ("text.ecsv", "text.ecsv: cannot be read as a table in ECSV format"),
        ("list.fits", "list.fits: has no image to draw (no extension SCI of two to four axes)"),
        ("fluxes.ecsv", "fluxes.ecsv: has no coordinates: sky_centroid, ra and dec, xcentroid and ycentroid, or x"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(tmp_path, capsys, name, told):
    (tmp_path / "text.fits").write_text("no FITS")
    (tmp_path / "text.ecsv").write_text("no table")
    fits.HDUList([fits.PrimaryHDU()]).writeto(tmp_path / "list.fits")
    Table({"flux": [1.0]}).write(tmp_path / "fluxes.ecsv", format="ascii.ecsv")
    assert main(["picture", str(tmp_path / name)]) == 1
    captured = capsys.readouterr().err
    assert told in captured and captured.count("\n") == 1
    assert not list(tmp_path.glob("*.png"))


def test_one_picture_of_several_products_is_refused(tmp_path, capsys):
    assert main(["picture", "a.fits", "b.fits", "-o", str(tmp_path / "x.png")]) == 1
    assert "--output-file is for the picture of one product, not of 2" in capsys.readouterr().err


def test_a_picture_needs_no_gwcs_and_no_data_models(tmp_path):
    path = product(tmp_path / "a_i2d.fits", SCI=image())
    code = "import sys; from gpucal.cli.main import main; main(sys.argv[1:]); print(sorted({'gwcs', 'stdatamodels', "
    code += "'numba', 'crds'} & {*sys.modules}))"
    ran = subprocess.run([sys.executable, "-c", code, "picture", path], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [str(path.with_suffix(".png")), "[]"]
