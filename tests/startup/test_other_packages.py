"""A run leaves other packages, the interpreter and the log as its process had them."""

import subprocess
import sys

import pytest
from stdatamodels.jwst import datamodels

STATE = """
import gc, logging, sys
import asdf, numba, yaml
from stdatamodels import validate

def state():
    loggers = [logging.getLogger(name) for name in (None, "gpucal", "stdatamodels")]
    return {
        "functions": (yaml.safe_load, asdf.config._entry_points.entry_points, validate._check_value),
        "finders": [*sys.meta_path],
        "garbage": gc.get_threshold(),
        "turns of threads": sys.getswitchinterval(),
        "compiler": numba.config.CPU_FEATURES,
        "log": [(logger.level, logger.propagate, [*logger.handlers]) for logger in loggers],
    }
"""

THREADS = STATE + """
from threading import Barrier, Thread
from gpucal.data import open_exposure, write_model

import gpucal.core.step, gwcs  # add filters of warnings of their own
before = state()
together = Barrier(2)

def run(product):
    together.wait()
    write_model(open_exposure(sys.argv[1]).to_model(), product)

threads = [Thread(target=run, args=[f"{sys.argv[2]}/{number}.fits"]) for number in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*(name for name, was in before.items() if state()[name] != was))
"""


def output_of(script, *words):
    """What a script prints, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", script, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def rate(tmp_path_factory):
    path = tmp_path_factory.mktemp("given") / "star_rate.fits"
    datamodels.ImageModel((6, 8)).save(path)
    return path


def test_two_threads_that_open_and_write_at_once(rate, tmp_path):
    assert output_of(THREADS, rate, tmp_path) == "\n"
