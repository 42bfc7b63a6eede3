"""What differs in the products of whole runs is counted, and told beside their times."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import QTable
from stdatamodels.jwst import datamodels

from bench.catalogs import differing_values
from bench.members import growth
from bench.whole_runs import cells, differences, steps_table, table


def one(seconds, memory):
    return {"seconds": seconds, "memory": memory, "steps": {}, "runs": []}


def write_catalog(path, flux=1.0, ra=80.0):
    sources = QTable({"label": [1, 2], "flux": [flux, np.nan]})
    sources["sky_centroid"] = SkyCoord([ra, np.nan], [-69.0, np.nan], unit="deg")
    sources.write(path, format="ascii.ecsv")
    return path


def write_image(path, value=1.0, flags=0):
    arrays = {"data": np.full((4, 4), value, np.float32), "dq": np.full((4, 4), flags, np.uint32)}
    datamodels.ImageModel(**arrays).save(path)


@pytest.mark.parametrize(
    "changed, expected", [({}, 0), ({"flux": 1 + 5e-5}, 0), ({"flux": 1.001}, 1), ({"ra": 80.0001}, 1)]
)
def test_values_of_catalogs_that_differ(changed, expected, tmp_path):
    ours, theirs = write_catalog(tmp_path / "a_cat.ecsv", **changed), write_catalog(tmp_path / "b_cat.ecsv")
    assert differing_values(ours, theirs) == expected


def test_a_catalog_that_is_not_there_differs_in_all(tmp_path):
    assert differing_values(tmp_path / "none_cat.ecsv", write_catalog(tmp_path / "b_cat.ecsv")) == 6


def test_differences_of_folders(tmp_path):
    places = {name: tmp_path / name for name in ("gpucal", "jwst")}
    for place in places.values():
        place.mkdir()
    write_image(places["jwst"] / "a_cal.fits", 1.0)
    write_image(places["gpucal"] / "a_cal.fits", 2.0)
    write_image(places["jwst"] / "b_cal.fits", flags=4)
    write_image(places["gpucal"] / "b_cal.fits")
    write_image(places["jwst"] / "only_i2d.fits")
    assert differences(places) == {"values": 16, "flags": 16, "files": 1}


def test_figures_of_both_and_of_ours_alone():
    both = {"jwst": one(50.0, 2.0), "gpucal": one(5.0, 0.5), "differences": {"values": 0, "flags": 1, "files": 0}}
    assert cells(both) == ["50.0", "5.00", "10.0", "2.0", "0.50", "0, 1, 0"]
    assert cells({"gpucal": one(5.0, 0.5)}) == ["", "5.00", "", "", "0.50", ""]
    assert table({"results": {"case | all": both}}, ("exposure", "parameters")).splitlines()[-1] == (
        "| case | all | 50.0 | 5.00 | 10.0 | 2.0 | 0.50 | 0, 1, 0 |"
    )


def test_steps_are_those_of_the_runs_with_both():
    both = {"jwst": one(50.0, 2.0) | {"steps": {"photom": 4.0}}, "gpucal": one(5.0, 0.5) | {"steps": {"photom": 0.5}}}
    lines = steps_table({"results": {"slits | 2": both, "many slits | 2": {"gpucal": one(9.0, 0.5)}}}).splitlines()
    assert lines[0] == "| step | slits, 2 |"
    assert lines[2:] == ["| photom | 4.00 / 0.50 = 8 |"]


def test_growth_is_that_of_the_larger_half():
    assert growth([1, 10, 100], [5.0, 10.0, 100.0]) == "1.00"
    assert growth([1, 10, 100], [1.0, 3.0, 3.0]) == "0.00"
    assert growth([1], [1.0]) == ""
