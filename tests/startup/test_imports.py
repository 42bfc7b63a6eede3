"""The command starts with the modules that it needs: imports are counted, not seconds."""

import json
import os
import subprocess
import sys

import pytest

from gpucal.simulate import Plan, observe, simulate
from gpucal.startup.switch import VARIABLE

SCRIPT = """
import contextlib, io, json, sys
from gpucal.cli.main import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]))
"""


def imported(*words, **settings):
    """The modules that a command imports, in a process of its own."""
    usual = {"NUMBA_ENABLE_CUDASIM": "0", "GPUCAL_BACKEND": "cpu", VARIABLE: "0"}
    environment = os.environ | usual | settings.pop("env", {})
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, words)],
        env=environment, capture_output=True, text=True, check=True, **settings,
    )  # fmt: skip
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stderr
    return modules


def among(modules, *packages):
    return [package for package in packages if package in modules]


def test_the_list_of_commands_needs_no_numbers():
    listed = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gpucal", "--help"], capture_output=True, text=True, check=True
    )
    modules = {line.rpartition("|")[2].strip() for line in listed.stderr.splitlines()}
    assert "strun" in listed.stdout and "argparse" in modules
    assert not among(modules, "numpy", "numba", "astropy", "rich", "configobj")
    assert len(modules) < 160


def test_parameters_of_a_step_are_shown_without_data_models():
    modules = imported("strun", "jump", "-h")
    assert not among(modules, "astropy", "stdatamodels", "asdf", "crds", "scipy.linalg", "numba", "gwcs")
    assert len(modules) < 480


@pytest.fixture(scope="module")
def simulation(tmp_path_factory):
    return simulate(tmp_path_factory.mktemp("simulated"), detector="NRCB1", subarray="SUB64P", ngroups=4, seed=3)


def test_stage_1_imports_nothing_that_it_has_no_use_for(simulation, tmp_path):
    words = "strun", "calwebb_detector1", simulation.exposure, f"--output_dir={tmp_path}"
    imported(*words, env=simulation.environment())
    modules = imported(*words, env=simulation.environment())  # now that all kernels are compiled
    assert list(tmp_path.glob("*_rate.fits"))
    assert not among(
        modules, "gwcs", "numba", "scipy", "photutils", "asdf_astropy.extensions",
        "stdatamodels.jwst.transforms", "rich", "dask", "matplotlib", "requests", "crds.bestrefs",
        "astropy.constants", "astropy.coordinates", "astropy.io.ascii", "astropy.table.table", "astropy.time.core",
        "astropy.wcs",
    )  # fmt: skip
    assert len(modules) < 1000


def test_stage_2_of_an_image_makes_no_objects_of_transforms(tmp_path):
    observed = observe(tmp_path, Plan(exposures=1), ("NRCB1",), subarray="SUB64P", rates=True)
    words = "strun", "calwebb_image2", observed.exposures[0].path, f"--output_dir={tmp_path}"
    imported(*words, env=observed.environment())
    modules = imported(*words, env=observed.environment())  # now that all kernels are compiled
    assert list(tmp_path.glob("*_i2d.fits"))
    assert not among(
        modules, "gwcs", "numba", "scipy", "photutils", "asdf_astropy", "stdatamodels.jwst.transforms", "rich",
        "matplotlib", "astropy.coordinates", "astropy.table.table", "astropy.wcs",
    )  # fmt: skip
    assert len(modules) < 1000
