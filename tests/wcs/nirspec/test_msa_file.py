"""Slitlets are as the MSA metadata file has them."""

import numpy as np
import pytest
from astropy.io import fits

from gpucal.wcs.modes.nirspec.msa_file import Configuration, MsaFileError, pitch_scales, slitlets_of
from tests.nirspec_slits import SHUTTERS

SCALES = {quadrant: (1.34, 1.16) for quadrant in (1, 2, 3, 4)}


def slits_of(path, dither=1, number=1):
    return {slit.name: slit for slit in slitlets_of(Configuration(path, number, dither, "1234"), -0.55, 0.55, SCALES)}


@pytest.fixture
def path(tmp_path):
    SHUTTERS.write(tmp_path / "msa.fits")
    return tmp_path / "msa.fits"


def edited(path, edit):
    """The file with its table of shutters edited by a function."""
    with fits.open(path) as file:
        table = np.array(file["SHUTTER_INFO"].data)
        edit(table)
        file["SHUTTER_INFO"].data = table
        file.writeto(path, overwrite=True)


def test_a_slitlet_with_a_source(path):
    slit = slits_of(path)[1]
    assert (slit.name, slit.slit_id, slit.quadrant, slit.xcen, slit.ycen) == (1, 1, 1, 100, 41)
    assert slit.shutter_id == 100 + 40 * 365
    assert (slit.source_id, slit.source_name, slit.source_alias, slit.stellarity) == (11, "1000_11", "11", 0.9)
    assert (slit.source_ra, slit.source_dec, slit.dither_position) == (53.1, -27.8, 1)
    assert slit.shutter_state == "1x1"
    assert (slit.ymin, slit.ymax) == pytest.approx((-1.05 - 1.15, 1.05 + 1.15), abs=1e-15)
    assert (slit.source_xpos, slit.source_ypos) == tuple(np.float32([0.3, 0.6]) - np.float32(0.5))
    assert (slit.slit_xscale, slit.slit_yscale) == (1.34, 1.16)


def test_a_nod_moves_the_main_shutter(path):
    slit = slits_of(path, dither=2)[1]
    assert (slit.ycen, slit.shutter_id, slit.shutter_state, slit.dither_position) == (42, 100 + 41 * 365, "11x", 2)
    assert (slit.ymin, slit.ymax) == pytest.approx((-1.05 - 2.3, 1.05), abs=1e-15)


def test_a_virtual_source_keeps_its_number(path):
    slit = slits_of(path)[2]
    assert (slit.source_id, slit.source_name, slit.source_alias) == (-2, "1000_VRT2", "VRT2")


def test_a_source_that_is_not_listed_is_a_virtual_one(path, caplog):
    with fits.open(path) as file:
        file["SOURCE_INFO"].data = file["SOURCE_INFO"].data[file["SOURCE_INFO"].data["source_id"] != 11]
        file.writeto(path, overwrite=True)
    slit = slits_of(path)[1]
    assert (slit.source_id, slit.source_name, slit.source_alias, slit.stellarity) == (11, "1234_VRT1", "VRT1", 0.0)
    assert "source 11 of slit 1 is not listed" in caplog.text


def test_background_is_about_the_middle_shutter_and_numbered_as_its_slitlet(path):
    slits = slits_of(path)
    assert (slits[3].ycen, slits[3].shutter_state, slits[3].source_id) == (61, "1x1", 3)
    assert (slits[3].source_name, slits[3].source_alias, slits[3].stellarity) == ("1234_BKG3", "BKG3", 0.0)
    assert (slits[3].source_xpos, slits[3].source_ypos) == (0.0, 0.0)
    assert (slits[4].ycen, slits[4].shutter_state, slits[4].ymin, slits[4].ymax) == (100, "x", -1.05, 1.05)


def test_a_shutter_inside_may_be_closed(path):
    slit = slits_of(path)[7]
    assert slit.shutter_state == "1x01"
    assert slit.ymax == pytest.approx(1.05 + 2.3, abs=1e-15)


def test_a_fixed_slit_beside_shutters(path):
    slit = slits_of(path)["S200A1"]
    assert (slit.slit_id, slit.shutter_id, slit.quadrant, slit.source_id) == (-101, 0, 5, 900)
    assert (slit.ymin, slit.ymax, slit.shutter_state) == (-0.55, 0.55, "x")
    assert (slit.slit_xscale, slit.slit_yscale) == (1.35, 1.15)


def test_a_fixed_slit_without_a_source_is_left_out(path, caplog):
    edited(path, lambda rows: rows["primary_source"].put(np.flatnonzero(rows["fixed_slit"] == b"S200A1"), b"N"))
    assert set(slits_of(path)) == {1, 2, 3, 4, 7, 9}
    assert "Fixed slit S200A1 has no primary source" in caplog.text


def test_files_without_a_column_of_fixed_slits_are_read(path):
    with fits.open(path) as file:
        table = np.array(file["SHUTTER_INFO"].data)
        table = table[table["fixed_slit"] == b"NONE"]
        file["SHUTTER_INFO"].data = np.array(table[list(table.dtype.names[:-1])].tolist(), table.dtype.descr[:-1])
        file.writeto(path, overwrite=True)
    assert set(slits_of(path)) == {1, 2, 3, 4, 7, 9}


def test_other_configurations_and_dithers_have_no_slits(path, caplog):
    assert slits_of(path, dither=3) == {} == slits_of(path, number=5)
    assert f"No shutter is open in {path} (MSAMETID 5, PATT_NUM 1)" in caplog.text


def of_slitlet(number, column, value):
    def edit(rows):
        rows[column][(rows["slitlet_id"] == number) & (rows["dither_point_index"] == 1)] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (of_slitlet(1, "primary_source", b"Y"), "slitlet 1: 3 shutters have the primary source"),
        (of_slitlet(7, "background", b"Y"), "slitlet 7: all of its shutters see the background"),
        (of_slitlet(4, "shutter_row", 400), "slitlet 4: there is no shutter in row 400 and column 100 of quadrant 3"),
        (of_slitlet(7, "shutter_quadrant", 0), "slitlet 7: there is no shutter in row 250 and column 21 of quadrant 0"),
        (of_slitlet(4, "fixed_slit", b"S200A1"), "slitlet S200A1: a fixed slit has more than one row"),
    ],
)
def test_what_is_impossible_is_told_with_the_slitlet(path, edit, reason):
    edited(path, edit)
    with pytest.raises(MsaFileError, match=reason) as error:
        slits_of(path)
    assert str(path) in str(error.value)


def test_a_missing_file_and_one_of_another_kind_are_told(tmp_path):
    with pytest.raises(MsaFileError, match="there is no such MSA metadata file; MSAMETFL names it"):
        slits_of(tmp_path / "absent.fits")
    fits.PrimaryHDU().writeto(tmp_path / "empty.fits")
    with pytest.raises(MsaFileError, match="cannot be read as MSA metadata file"):
        slits_of(tmp_path / "empty.fits")


@pytest.mark.parametrize(
    ("table", "column"), [("SHUTTER_INFO", "estimated_source_in_shutter_x"), ("SOURCE_INFO", "stellarity")]
)
def test_a_table_without_a_column_that_is_used_is_told(path, table, column):
    with fits.open(path) as file:
        kept = fits.ColDefs([one for one in file[table].columns if one.name != column])
        file[table] = fits.BinTableHDU.from_columns(kept, name=table)
        file.writeto(path, overwrite=True)
    with pytest.raises(MsaFileError, match=f"{path}: table {table} lacks {column}"):
        slits_of(path)


def test_pitches_are_in_units_of_open_shutters():
    rows = np.zeros(366, [("NO", int), ("XC", float), ("YC", float), ("SIZEX", float), ("SIZEY", float)])
    rows["XC"], rows["YC"], rows["SIZEX"], rows["SIZEY"] = np.arange(366) * 2.0, 7.0, 1.5, 5.0
    scales = pitch_scales({f"Q{quadrant}": {"data": rows} for quadrant in (1, 2, 3, 4)})
    assert scales == dict.fromkeys((1, 2, 3, 4), (2.0 / 1.5, 1.4))
