"""``gpucal collect-cfgs``: the packaged configuration files, copied to be edited."""

from importlib.resources import files

import pytest

from gpucal.cli.main import main
from gpucal.core.config.config_file import read_config
from gpucal.pipelines.detector1 import Detector1Pipeline


@pytest.fixture
def originals():
    entries = (entry for entry in files("gpucal.cfg").iterdir() if entry.name.endswith(".cfg"))
    return {entry.name: entry.read_text() for entry in entries}


def test_all_files_are_copied(tmp_path, capsys, originals):
    assert main(["collect-cfgs", str(tmp_path / "a" / "b")]) == 0
    copies = sorted((tmp_path / "a" / "b").iterdir())
    assert {copy.name: copy.read_text() for copy in copies} == originals
    assert capsys.readouterr().out.split() == [str(copy) for copy in copies]


def test_an_edited_file_is_left_alone_unless_forced(tmp_path, capsys, originals):
    main(["collect-cfgs", str(tmp_path)])
    edited = tmp_path / "jump.cfg"
    edited.write_text("mine")
    (tmp_path / "refpix.cfg").unlink()
    capsys.readouterr()
    assert main(["collect-cfgs", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert edited.read_text() == "mine" and (tmp_path / "refpix.cfg").exists()
    assert told.err.startswith(f"{edited}: differs") and "--force" in told.err and len(told.err.splitlines()) == 1
    assert str(edited) not in told.out.split() and len(told.out.split()) == len(originals) - 1
    assert main(["collect-cfgs", str(tmp_path), "--force"]) == 0
    assert edited.read_text() == originals["jump.cfg"] and not capsys.readouterr().err


def test_a_step_edited_in_the_copy_is_read_by_the_pipeline_beside_it(tmp_path):
    main(["collect-cfgs", str(tmp_path)])
    with (tmp_path / "jump.cfg").open("a") as file:
        file.write("rejection_threshold = 8\n")
    values = read_config(tmp_path / "calwebb_detector1.cfg").values()
    assert values["steps"]["jump"] == {"rejection_threshold": "8"}


def test_packaged_files_set_no_parameter(originals):
    for name in originals.keys() - {"calwebb_tso1.cfg"}:
        values = read_config(name).values()
        assert set(values) <= {"steps"}
        assert not any(values.get("steps", {}).values())


def test_the_file_for_time_series_leaves_steps_out():
    left_out = ("ipc", "firstframe", "lastframe", "rscd", "charge_migration", "persistence")
    pipeline = Detector1Pipeline.from_config_file("calwebb_tso1.cfg")
    defaults = Detector1Pipeline()
    for name in pipeline.step_defs:
        expected = True if name in left_out else getattr(defaults, name).skip
        assert getattr(pipeline, name).skip is expected


def test_a_file_in_the_place_of_the_directory_is_an_error(tmp_path, capsys):
    (tmp_path / "taken").touch()
    assert main(["collect-cfgs", str(tmp_path / "taken")]) == 1
    assert "cannot copy the configuration files to" in capsys.readouterr().err
