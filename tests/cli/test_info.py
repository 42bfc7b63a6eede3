"""gpucal info: what files are, what was done to them, and what comes next."""

import json

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.cli.info import about
from gpucal.cli.main import main


def saved(folder, name, kind, exp_type, done=(), skipped=(), **changes):
    model = getattr(datamodels, kind)()
    if kind.endswith("ImageModel"):
        model.data = np.zeros((4, 5), np.float32)
    model.meta.exposure.type = exp_type
    model.meta.instrument.name, model.meta.instrument.filter = "NIRISS", "F480M"
    model.meta.target.catalog_name, model.meta.observation.program_number = "AB DOR", "01093"
    for step in done:
        setattr(model.meta.cal_step, step, "COMPLETE")
    for step in skipped:
        setattr(model.meta.cal_step, step, "SKIPPED")
    model.meta.ref_file.flat.name, model.meta.ref_file.dark.name = "crds://flat.fits", "N/A"
    for path, value in changes.items():
        room, name = path.split("__")
        setattr(getattr(model.meta, room), name, value)
    model.save(folder / name)
    return folder / name


def test_a_product_is_told_as_its_header_says(tmp_path):
    path = saved(
        tmp_path, "a_cal.fits", "ImageModel", "NIS_AMI", ("ramp_fit", "assign_wcs", "flat_field"), ("photom",)
    )
    told = dict(about(path))
    assert told["is"] == ["an image (ImageModel, NIS_AMI)"]
    assert told["taken with"] == ["NIRISS F480M"]
    assert told["of"] == ["AB DOR, program 01093"]
    assert "SCI: 5 x 4" in told["holds"]
    assert set(told["done"][0].split(", ")) == {"ramp_fit", "assign_wcs", "flat_field"}
    assert told["skipped"] == ["photom"]
    assert told["references"] == ["flat: crds://flat.fits"]
    assert told["next"][0].startswith("gpucal strun calwebb_ami3 ASSOCIATION")


RATE = ("ramp_fit",)
CAL = ("ramp_fit", "assign_wcs")


@pytest.mark.parametrize(
    ("kind", "exp_type", "done", "changes", "first"),
    [
        ("Level1bModel", "NRC_IMAGE", (), {}, "calwebb_detector1"),
        ("Level1bModel", "NRC_DARK", (), {}, "calwebb_dark"),
        ("Level1bModel", "FGS_ACQ1", (), {}, "calwebb_guider"),
        ("ImageModel", "NRC_IMAGE", RATE, {}, "calwebb_image2"),
        ("ImageModel", "NRS_FIXEDSLIT", RATE, {}, "calwebb_spec2"),
        ("ImageModel", "MIR_IMAGE", CAL, {}, "calwebb_image3"),
        ("ImageModel", "MIR_IMAGE", (*CAL, "resample"), {}, "source_catalog"),
        ("IFUImageModel", "MIR_MRS", CAL, {}, "calwebb_spec3"),
        ("IFUCubeModel", "MIR_MRS", CAL, {}, "extract_1d"),
        ("MultiSpecModel", "MIR_MRS", CAL, {}, "combine_1d"),
    ],
)
def test_what_comes_next_depends_on_what_was_done(kind, exp_type, done, changes, first, tmp_path):
    told = dict(about(saved(tmp_path, "a.fits", kind, exp_type, done, **changes)))
    assert told["next"][0].split()[2] == first


def test_an_association_tells_its_members_and_what_is_missing(tmp_path, capsys):
    path = saved(tmp_path, "a_cal.fits", "ImageModel", "NRC_IMAGE")
    members = [{"expname": path.name, "exptype": "science"}, {"expname": "b_cal.fits", "exptype": "psf"}]
    table = {"asn_type": "ami3", "asn_rule": "DMS_Level3_Base", "asn_id": "a3001"}
    (tmp_path / "x_asn.json").write_text(
        json.dumps(table | {"products": [{"name": "star", "members": members}]})
    )
    assert main(["info", str(tmp_path / "x_asn.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "is         an association of ami3 for stage 3, 1 product"
    assert lines[2:5] == [
        "products   star",
        "             science: a_cal.fits",
        "             psf: b_cal.fits, which is not there",
    ]
    assert lines[5] == f"next       gpucal strun calwebb_ami3 {tmp_path / 'x_asn.json'}"


def test_what_is_no_product_is_told_in_a_line(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "a.fits").write_text("a")
    for name, words in (
        ("a.txt", "is neither a product"),
        ("a.fits", "not a readable FITS file"),
        ("b.fits", "no such file"),
    ):
        assert main(["info", str(tmp_path / name)]) == 1
        assert words in capsys.readouterr().err


def test_a_table_tells_its_columns(tmp_path):
    (tmp_path / "a_cat.ecsv").write_text("# %ECSV 1.0\n# ---\nlabel x\n1 2\n2 3\n")
    told = dict(about(tmp_path / "a_cat.ecsv"))
    assert told["is"] == ["a table of 2 rows"]
    assert told["columns"] == ["label, x"]
    assert told["next"] == [f"gpucal picture {tmp_path / 'a_cat.ecsv'}"]
