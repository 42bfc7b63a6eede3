"""``gpucal batch``: from words to products and a journal, whatever ends it."""

import os
import signal
import subprocess

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.cli.main import main
from tests.batch_work import GPUCAL, wait_until

ALL = ["x0_add.fits", "x1_add.fits", "x2_add.fits", "x3_add.fits"]


def batch(*words):
    return main(["batch", "add.cfg", *words])


def test_all_done(work, capsys):
    assert batch("x*_uncal.fits", "--output-dir=out", "--amount=5") == 0
    assert work.products() == ALL
    for number, name in enumerate(ALL):
        with datamodels.open(work.out / name) as model:
            assert np.unique(model.data) == [number + 5]
            said = str(model.cal_logs.instance)
            assert [other for other in ALL if other.replace("add", "uncal") in said] == [name]
    out, err = capsys.readouterr()
    assert "done  4 of 4  x3_uncal.fits" in out and "4 of 4 in" in out
    assert "INFO" not in out
    assert err == ""


def test_parameters_of_strun(work):
    (work.directory / "list.txt").write_text("x2_uncal.fits\n")
    assert batch("--output_dir", "out", "@list.txt", "--suffix=mine", "--log-level", "ERROR") == 0
    assert work.products() == ["x2_mine.fits"]


def test_a_failed_exposure_is_exit_code_1_and_the_others_are_done(work, capsys):
    assert batch("x*_uncal.fits", "gone_uncal.fits", "--output-dir=out") == 1
    assert work.products() == ALL
    out = capsys.readouterr().out
    assert f"failed  {work.directory / 'gone_uncal.fits'}: no such file" in out
    assert work.statuses()["gone"] == "failed"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "say what to run and on what"),
        (["y*_uncal.fits"], "y*_uncal.fits: no file has such a name"),
        (["x0_uncal.fits", "--amuont=1"], "no parameter 'amuont'; nearest valid name: 'amount'"),
        (["x0_uncal.fits", "sub/x0_uncal.fits"], "would write the same products (x0_*)"),
        (["x0_uncal.fits", "--output-dir=out", "--output_dir=out"], "given twice"),
        (["x0_uncal.fits", "--backend=gpu"], "unknown backend 'gpu'"),
        (["x0_uncal.fits", "--jobs=0"], "at least 1 job"),
        (["x0_uncal.fits", "--jobs=many"], "invalid int value: 'many'"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_leaves_no_product(work, capsys, words, message):
    assert batch(*words) == 1
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1
    assert not list(work.directory.rglob("*_add.fits"))


def finish(process):
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_killed_and_resumed(work):
    """Killed while x2 is computed: what was done stays, nothing is half written, and the rest is done later."""
    work.hold("x2")
    process = work.start()
    work.process_at("x2")
    wait_for_journal(work, ["x0", "x1"])
    process.kill()
    process.communicate()
    assert work.products() == ALL[:2]
    before = {name: (work.out / name).stat().st_mtime_ns for name in ALL[:2]}
    work.release("x2")
    code, out, _ = finish(work.start("--resume"))
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[:4]] == ["kept", "kept", "done", "done"]
    assert work.products() == ALL
    assert {name: (work.out / name).stat().st_mtime_ns for name in ALL[:2]} == before
    assert work.statuses() == dict.fromkeys(("x0", "x1", "x2", "x3"), "done")


def wait_for_journal(work, names):
    wait_until(lambda: sorted(work.statuses()) == names)


def test_killed_while_a_product_is_written(work):
    """The process is stopped amid a product: it is not there, and what is left of it is swept.

    The product before it may still be on its way, too: one exposure is written while the next is computed.
    """
    code = (
        "import os, signal, sys\n"
        "from stdatamodels.jwst import datamodels\n"
        "save = datamodels.RampModel.save\n"
        "def cut(model, path, *args, **kw):\n"
        "    if path.name.startswith('x2'):\n"
        "        path.write_bytes(b'half a product')\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return save(model, path, *args, **kw)\n"
        "datamodels.RampModel.save = cut\n"
        "from gpucal.cli.main import main\n"
        "sys.exit(main(['batch', 'add.cfg', 'x*_uncal.fits', '--output-dir=out']))\n"
    )
    killed = subprocess.run([*GPUCAL[:1], "-c", code], cwd=work.directory)
    assert killed.returncode == -signal.SIGKILL
    assert not (work.out / "x2_add.fits").exists()
    debris = list(work.out.glob(".gpucal-*"))
    unfinished = {path.name for place in debris for path in place.iterdir()}
    assert "x2_add.fits" in unfinished
    assert unfinished <= {"x1_add.fits", "x2_add.fits"}
    code, _, _ = finish(work.start("--resume"))
    assert code == 0
    assert work.products() == ALL


@pytest.mark.parametrize(
    ("words", "heard"), [((), "Interrupted: "), (("--jobs=2",), "This worker stops")], ids=["here", "workers"]
)
def test_interrupted(work, words, heard):
    """Ctrl-C while x3 is computed: it ends with the step, and tells what is done."""
    work.hold("x3")
    process = work.start(*words, "--log-level=INFO", "--log-file=run.log")
    held_by = work.process_at("x3")
    wait_for_journal(work, ["x0", "x1", "x2"])
    os.kill(process.pid, signal.SIGINT)
    stopping = f"gpucal.scheduling.{'worker' if words else 'overlap'} - "
    wait_until(lambda: stopping in (work.directory / "run.log").read_text())
    assert heard in (work.directory / "run.log").read_text()
    work.release("x3")
    code, out, err = finish(process)
    assert code == 130 and err.endswith("gpucal: interrupted\n")
    assert "3 of 4 in" in out and "not begun, or cut" in out
    assert work.products() == ALL[:3]
    assert sorted(work.statuses()) == ["x0", "x1", "x2"]
    assert (held_by == process.pid) == (not words)


def test_messages_of_workers_come_through(work):
    code, out, _ = finish(work.start("--jobs=2", "--log-level=INFO", "--log-file=run.log"))
    assert code == 0
    lines = (work.directory / "run.log").read_text().splitlines()
    assert sum("Step add done" in line for line in lines) == 4
    assert sum("Step add done" in line for line in out.splitlines()) == 4
