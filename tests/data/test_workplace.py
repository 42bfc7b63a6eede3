"""Temporary directories: one's own while one lives, debris afterwards."""

import os
import shutil
import signal
import subprocess
import sys

from gpucal.data import workplace as module
from gpucal.data.workplace import sweep_workplaces, workplace

HOLD = """
import os, signal, sys
from pathlib import Path
from gpucal.data.workplace import workplace
with workplace(Path(sys.argv[1])) as place:
    (place / "half").write_text("a product")
    print(place.name, flush=True)
    signal.pause()
"""


def test_it_is_gone_at_the_end(tmp_path):
    with workplace(tmp_path) as place:
        (place / "product").write_text("")
        assert place.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_that_of_a_living_process_is_left_and_that_of_a_dead_one_swept(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True)
    name = process.stdout.readline().strip()
    with workplace(tmp_path) as own:
        assert sweep_workplaces(tmp_path) == []
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert sweep_workplaces(tmp_path) == [tmp_path / name]
        assert list(tmp_path.iterdir()) == [own]
    process.stdout.close()


def test_nothing_to_sweep(tmp_path):
    (tmp_path / "jw1_rate.fits").write_text("")
    assert sweep_workplaces(tmp_path) == sweep_workplaces(tmp_path / "gone") == []
    assert list(tmp_path.iterdir()) == [tmp_path / "jw1_rate.fits"]


def test_one_that_is_swept_before_it_is_locked_is_made_again(tmp_path, monkeypatch):
    flock, swept = module.fcntl.flock, []

    def sweep_first(held, how):
        if not swept:
            swept.extend(tmp_path.iterdir())
            shutil.rmtree(swept[0])
        flock(held, how)

    monkeypatch.setattr(module.fcntl, "flock", sweep_first)
    with workplace(tmp_path) as place:
        assert place.is_dir() and place not in swept
