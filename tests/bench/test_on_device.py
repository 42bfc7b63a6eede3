"""The session on a device is rehearsed under Numba's simulator, and keeps its time limit."""

import json
import subprocess
import sys
from pathlib import Path
from shutil import copy

import pytest

from bench import results
from bench.on_device import summary
from bench.on_device.parts import PARTS, Part
from bench.on_device.schedule import run_parts, run_within, time_for

ROOT = Path(__file__).parents[2]


def session(*words):
    """Run the command."""
    command = [sys.executable, "-m", "bench.on_device", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    """The folder of a rehearsal."""
    folder = tmp_path_factory.mktemp("rehearsal") / "out"
    done = session("--smoke", "--minutes", "20", "--out", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def found(rehearsed):
    return json.loads((rehearsed / summary.RESULTS).read_text())


def results_of(found, name):
    (part,) = (part for part in found["parts"] if part["name"] == name)
    return part["results"]


def test_a_rehearsal_does_every_part(found, rehearsed):
    assert [(part["name"], part["state"]) for part in found["parts"]] == [(part.name, "done") for part in PARTS]
    assert found["measured on"]["backend"] == "cudasim"
    text = (rehearsed / summary.SUMMARY).read_text()
    assert text.startswith(f"Measured on {found['measured on']['date']}: ")
    assert all(f"\n{part.name}: {part.shows}\n" in text for part in PARTS)


def test_kernels_give_on_the_simulator_what_they_give_on_the_cpu(found):
    tests = results_of(found, "kernel_tests")
    assert {file.rpartition("/")[0] for file in tests} == {"tests/kernels/images"}
    assert all(set(one["counts"]) == {"passed"} and one["errors"] == {} for one in tests.values())
    ramps, images = results_of(found, "kernel_launches").values()
    assert ramps["ramp_fit.ols.fit_strip"]["values"] > 1024
    assert images["images.flat_rates.divide_rate"]["values"] > 1024
    programs = images.pop("wcs.interpreter.run_at_points")  # sines of Python and of compiled code
    assert programs["values"] > 1024 and programs["largest"] < 1e-9
    assert {name: one["differing"] for name, one in (ramps | images).items() if one["differing"]} == {}


def test_products_agree(found):
    (case,) = results_of(found, "agreement").values()
    assert set(case) == {"pipeline, rate", "pipeline, rateints"}
    nothing = {"beyond": 0, "flags": 0, "unjudged": 0, "keywords": 0}
    assert {label: {name: one[name] for name in nothing} for label, one in case.items()} == dict.fromkeys(case, nothing)


def test_times_and_memory_are_measured(found):
    (steps,) = results_of(found, "steps").values()
    assert list(steps) == ["dq_init", "superbias", "ramp_fit"]
    (whole,) = results_of(found, "detector1").values()
    assert list(whole) == ["gpucal, cpu", "gpucal, cudasim"]
    assert [sorted(one["steps"]) for one in whole.values()] == [["Detector1Pipeline", *sorted(steps)]] * 2
    (memory,) = results_of(found, "memory").values()
    assert memory["plan"] == sum(memory["parts"].values())
    assert memory["parts"]["ramp"] == 4 * 2 * 32 * 32


def test_a_rehearsal_is_not_published(rehearsed, tmp_path):
    with pytest.raises(summary.NotToPublishError, match="is of a rehearsal"):
        summary.publish(rehearsed, tmp_path / "page.md", tmp_path)
    done = session("--publish", str(tmp_path))
    assert (done.returncode, done.stderr) == (
        1, f"{tmp_path}/results.json does not exist; name the folder that a session on a device wrote\n"
    )  # fmt: skip


def test_tables_are_published_between_their_markers(found, tmp_path):
    found["smoke"] = False
    found["measured on"] |= {"device": "a device", "date": "2026-01-01"}
    (part,) = (part for part in found["parts"] if part["name"] == "memory")
    part |= {"state": "cut off after 3 s", "results": {}}
    (tmp_path / summary.RESULTS).write_text(json.dumps(found))
    page, place = Path(copy(results.PAGE, tmp_path / "page.md")), tmp_path / "place"
    place.mkdir()
    before = page.read_text()
    markers = summary.publish(tmp_path, page, place)
    assert "device-memory" not in markers and "device-launches" in markers
    after = page.read_text()
    assert after.count("Measured on 2026-01-01: ") == len(markers)
    assert between(after, "device-memory") == between(before, "device-memory")
    assert "| `memory` | the memory that stage 1 takes on the device | cut off after 3 s |" in after
    assert "| `ramp_fit.ols.fit_strip` | 1 |" in between(after, "device-launches")
    assert json.loads((place / "on-device.json").read_text()) == found


def between(page, name):
    return page.partition(f"<!-- {name}: begin -->")[2].partition(f"<!-- {name}: end -->")[0]


def test_what_there_is_no_time_for_is_named(tmp_path):
    done = session("--smoke", "--minutes", "0.09", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    parts = json.loads((tmp_path / summary.RESULTS).read_text())["parts"]
    assert [(part["whole"], part["results"]) for part in parts] == [(False, {})] * len(PARTS)
    assert f"kernel_tests: left out: 0 s were left of {PARTS[0].least} it needs" in done.stdout


def test_a_part_leaves_the_others_the_least_they_need():
    parts = [Part("a", "", 60), Part("b", "", 50), Part("c", "", 20)]
    assert time_for(parts, 200) == 130
    assert time_for(parts, 115) == 65  # nothing is kept for c, for which there is no time
    assert time_for(parts, 100) == 80  # b does not fit beside a, c does
    assert time_for(parts, 59) == 0


def test_what_hangs_or_crashes_costs_itself_alone(tmp_path):
    log = tmp_path / "log.txt"
    python = [sys.executable, "-c"]
    hang = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    assert run_within([*python, hang + "time.sleep(60)"], 1.5, log) == "cut off after 2 s"
    crash = "import os, signal; print('before', flush=True); os.kill(os.getpid(), signal.SIGSEGV)"
    assert run_within([*python, crash], 60, log) == "failed (SIGSEGV): before"
    assert run_within([*python, "raise SystemExit('no memory')"], 60, log) == "failed (exit code 1): no memory"
    assert run_within([*python, "pass"], 60, log) == "done"


def test_what_a_part_kept_before_it_failed_is_there(tmp_path):
    (tmp_path / "memory.json").write_text('{"results": {"a case": 1}}')
    part = next(part for part in PARTS if part.name == "memory")._replace(least=1)
    (found,) = run_parts([part], float("inf"), tmp_path, tmp_path / "log.txt", ["--nonsense"])
    assert found["results"] == {"a case": 1}
    assert found["state"].startswith("failed (exit code 2): one_part.py: error: ")
    assert not found["whole"]
