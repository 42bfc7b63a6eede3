"""Files of compiled code: only what is the user's own is run, and one process makes what several want."""

import fcntl
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gpucal import places
from gpucal.backend import code_files
from gpucal.backend.code_files import made_once, read_own, safe_folder, temporary_folder

# Makes a file unless it is there, tells of it when it begins to make it, and takes its time.
MAKER = """
import sys, time
from pathlib import Path
from gpucal.backend.code_files import made_once, read_own

def make(path):
    with open(sys.argv[2], "a") as told:
        told.write("made\\n")
    time.sleep(0.3)
    path.write_bytes(b"code")
    return b"code"

print(made_once(Path(sys.argv[1]), read_own, make).decode())
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The user's cache, which is not there yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    code_files._warn.cache_clear()
    return places.user_cache()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def make(path):
    path.write_bytes(b"new")
    return b"new"


def test_what_is_made_is_private_whatever_the_umask(cache):
    before = os.umask(0)
    try:
        assert safe_folder(cache / "kernels" / "one") == cache / "kernels" / "one"
        places.write_private(cache / "schemas" / "a.json", b"{}")
    finally:
        os.umask(before)
    made = [cache.parent, cache, *(path for path in cache.rglob("*") if path.is_dir())]
    assert len(made) == 5 and {mode_of(path) for path in made} == {0o700}
    assert mode_of(cache / "schemas" / "a.json") == 0o600


@pytest.mark.parametrize("place", [".", "kernels", "kernels/one"])
@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_a_folder_that_others_can_write_to_is_left_alone(place, mode, cache, caplog):
    folder = safe_folder(cache / "kernels" / "one")
    (cache / place).chmod(mode)
    for _ in range(2):
        assert safe_folder(folder) == temporary_folder() / "kernels" / "one"
    (record,) = caplog.records
    assert str((cache / place).resolve()) in record.getMessage() and "chmod go-w" in record.getMessage()
    assert mode_of(temporary_folder()) == 0o700


def test_a_folder_of_another_user_is_left_alone(cache, monkeypatch):
    folder = safe_folder(cache / "kernels" / "one")
    user = os.geteuid()
    monkeypatch.setattr(places.os, "geteuid", lambda: user + 1)
    assert safe_folder(folder) == temporary_folder() / "kernels" / "one"


def test_folders_above_the_cache_do_not_count(cache):
    cache.parent.mkdir()
    cache.parent.chmod(0o777)
    assert safe_folder(cache / "kernels") == cache / "kernels"


def test_a_file_of_another_user_is_not_read(tmp_path, monkeypatch):
    file = tmp_path / "code"
    places.write_private(file, b"code")
    assert read_own(file) == b"code"
    user = os.geteuid()
    monkeypatch.setattr(places.os, "geteuid", lambda: user + 1)
    assert read_own(file) is None


def test_of_several_processes_one_makes_the_file(tmp_path):
    command = [sys.executable, "-c", MAKER, str(tmp_path / "code.o"), str(tmp_path / "told")]
    makers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [maker.communicate()[0] for maker in makers] == ["code\n"] * 3
    assert (tmp_path / "told").read_text() == "made\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["code.o", "told"]


def test_a_process_that_died_at_it_keeps_nobody_waiting(tmp_path):
    file = tmp_path / "code.o"
    dying = MAKER.replace("time.sleep(0.3)", "__import__('os').abort()")
    ended = subprocess.run([sys.executable, "-c", dying, str(file), str(tmp_path / "told")], stderr=subprocess.DEVNULL)
    assert ended.returncode < 0 and file.with_suffix(".lock").exists()
    assert made_once(file, read_own, make) == b"new"


def test_a_process_that_does_not_go_on_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    file = tmp_path / "code.o"
    monkeypatch.setattr(code_files, "PATIENCE", 0.05)
    with file.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert made_once(file, read_own, make) == b"new"
