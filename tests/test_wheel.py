"""A wheel holds all that the checkout does, and all of it can be imported where the checkout is not."""

import json
import subprocess
import sys
from pathlib import Path
from shutil import copy, copytree, ignore_patterns
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {"gpucal": "gpucal", "kernels": "gpucal/kernels", "pipelines": "gpucal/pipelines", "cfg": "gpucal/cfg"}
FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE")

BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"

# No site: the checkout may be installed there as an editable package.
IMPORT_ALL = """
import importlib, json, pkgutil, sys
sys.path[:0] = json.loads(sys.argv[1])
import gpucal
found = {module.name for module in pkgutil.walk_packages(gpucal.__path__, "gpucal.")} - {"gpucal.__main__"}
print(json.dumps({name: importlib.import_module(name).__file__ for name in found}))
"""


def expected_files() -> set[str]:
    """Where the modules and configurations of the checkout belong in a wheel."""
    return {
        f"{package}/{path.relative_to(ROOT / folder)}"
        for folder, package in FOLDERS.items()
        for pattern in ("*.py", "*.cfg", "*.json", "py.typed", "nirspec_optics/*", "mrs_calibration/*")
        for path in (ROOT / folder).rglob(pattern)
    }


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """What a wheel of the checkout holds, in a folder."""
    pytest.importorskip("setuptools", minversion="77", reason="setuptools is too old to build gpucal")
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    for folder in FOLDERS:
        copytree(ROOT / folder, source / folder, ignore=ignore_patterns("__pycache__"))
    for file in FILES:
        copy(ROOT / file, source)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, place], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (wheel,) = place.glob("*.whl")
    with ZipFile(wheel) as archive:
        archive.extractall(place / "site")
    return place / "site"


def test_wheel_holds_every_file(unpacked):
    held = {str(path.relative_to(unpacked)) for path in (unpacked / "gpucal").rglob("*") if path.is_file()}
    assert held == expected_files()


def test_every_module_of_a_wheel_can_be_imported(unpacked):
    elsewhere = [entry for entry in sys.path if entry and Path(entry).resolve() != ROOT]
    command = [sys.executable, "-I", "-S", "-c", IMPORT_ALL, json.dumps([str(unpacked), *elsewhere])]
    done = subprocess.run(command, cwd=unpacked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    imported = json.loads(done.stdout.splitlines()[-1])
    assert [name for name, file in imported.items() if not Path(file).is_relative_to(unpacked)] == []
    modules = {file for file in expected_files() if file.endswith(".py")} - {"gpucal/__init__.py", "gpucal/__main__.py"}
    assert len(imported) == len(modules)
