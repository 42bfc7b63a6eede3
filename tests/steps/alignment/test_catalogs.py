"""Catalogues in files: columns by any of their names, lists of catalogues, what is wrong told with the file."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table

from gpucal.steps.parts.alignment.catalogs import (
    CatalogError,
    listed_catalogs,
    read_reference,
    read_sources,
    write_catalog,
)
from gpucal.wcs.correction import directions

X, Y = np.array([1.0, 2.5, 3.0]), np.array([4.0, 5.0, 6.5])
RA, DEC = np.array([359.9, 0.1, 0.2]), np.array([-27.8, -27.7, -27.6])


def saved(folder, columns, ending="ecsv", **options):
    path = folder / f"stars.{ending}"
    Table(columns).write(path, **options)
    return path


@pytest.mark.parametrize("names", [("x", "y"), ("xcentroid", "ycentroid"), ("x_centroid", "y_centroid")])
@pytest.mark.parametrize("ending", ["ecsv", "fits", "csv"])
def test_sources_are_read_by_any_of_their_names(tmp_path, names, ending):
    sources = read_sources(saved(tmp_path, dict(zip(names, (X, Y), strict=True)), ending))
    np.testing.assert_array_equal([sources.x, sources.y], [X, Y])
    assert sources.weights is None


def test_a_format_that_the_name_does_not_tell_is_guessed(tmp_path):
    path = saved(tmp_path, {"x": X, "y": Y, "weight": [1.0, 0.5, 0.0]}, "list", format="ascii.basic")
    sources = read_sources(path)
    np.testing.assert_array_equal(sources, [X, Y, [1.0, 0.5, 0.0]])


def test_sources_outside_of_the_image_or_without_a_place_do_not_count(tmp_path):
    columns = {"x": MaskedColumn(X, mask=[False, True, False]), "y": Y}
    sources = read_sources(saved(tmp_path, columns))
    assert np.isnan(sources.x[1])
    np.testing.assert_array_equal(sources.within(None).x, [1.0, 3.0])
    np.testing.assert_array_equal(sources.within(((1.0, 9.0), (0.0, 9.0))).x, [3.0])


@pytest.mark.parametrize(
    "columns",
    [
        {"RA": RA, "DEC": DEC},
        {"ra": RA, "Dec": DEC, "sky_centroid": SkyCoord(DEC, DEC, unit="deg")},
        {"sky_centroid": SkyCoord(RA, DEC, unit="deg")},
        {"Sky_Centroid": SkyCoord(RA, DEC, unit="deg").galactic},
    ],
)
def test_places_on_the_sky_are_read_by_any_of_their_names(tmp_path, columns):
    np.testing.assert_allclose(read_reference(saved(tmp_path, columns)).directions, directions(RA, DEC), atol=1e-15)


def test_a_star_without_a_place_is_left_out(tmp_path):
    columns = {"RA": MaskedColumn(RA, mask=[False, True, False]), "DEC": DEC, "weight": [1.0, 2.0, 3.0]}
    reference = read_reference(saved(tmp_path, columns))
    np.testing.assert_allclose(reference.directions, directions(RA, DEC)[[0, 2]], atol=1e-16)
    assert reference.weights.tolist() == [1.0, 3.0]


@pytest.mark.parametrize(
    ("read", "columns", "reason"),
    [
        (read_sources, {"x": X, "z": Y}, "has no columns x and y"),
        (read_reference, {"x": X, "y": Y}, "neither columns RA and DEC nor sky_centroid"),
        (read_reference, {"RA": RA, "ra": RA, "DEC": DEC}, "which is meant of the columns RA and ra"),
        (read_sources, {"x": ["a", "b"], "y": [1.0, 2.0]}, "the column x does not hold numbers"),
    ],
)
def test_columns_that_will_not_do_are_told(tmp_path, read, columns, reason):
    path = saved(tmp_path, columns)
    with pytest.raises(CatalogError, match=f"{path}.*{reason}"):
        read(path)


def test_files_that_will_not_do_are_told(tmp_path):
    with pytest.raises(CatalogError, match="there is no such catalogue"):
        read_sources(tmp_path / "none.ecsv")
    (tmp_path / "noise.ecsv").write_bytes(b"noise")
    with pytest.raises(CatalogError, match="noise.ecsv: cannot be read as a table"):
        read_sources(tmp_path / "noise.ecsv")


def test_a_list_names_catalogues_beside_it(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("# images and their catalogues\na_cal.fits a.ecsv\n\nb_cal.fits\n c_cal.fits sub/c.ecsv # good\n")
    assert listed_catalogs(path) == {
        "a_cal.fits": tmp_path / "a.ecsv", "b_cal.fits": None, "c_cal.fits": tmp_path / "sub" / "c.ecsv",
    }  # fmt: skip
    path.write_text("a_cal.fits a.ecsv b.ecsv\n")
    with pytest.raises(CatalogError, match="a line names an image and its catalogue"):
        listed_catalogs(path)
    with pytest.raises(CatalogError, match="cannot be read"):
        listed_catalogs(tmp_path / "none.txt")


@pytest.mark.parametrize("ending", ["ecsv", "fits"])
def test_what_is_written_is_read_again(tmp_path, ending):
    path = tmp_path / "made" / f"stars.{ending}"
    for _ in range(2):  # the second time written over
        write_catalog(path, {"x": X, "y": Y}, "star", ending)
    np.testing.assert_array_equal(read_sources(path)[:2], [X, Y])
    (tmp_path / "file").touch()
    with pytest.raises(CatalogError, match="cannot be written"):
        write_catalog(tmp_path / "file" / "stars.ecsv", {"x": X}, "star", ending)
