"""The examples in docstrings are run, beside an exposure and references that they name."""

import doctest
import importlib

import pytest

import gpucal
from gpucal.simulate import simulate
from tests.test_architecture import MODULES

WITH_EXAMPLES = [name for name, path in MODULES.items() if ">>> " in path.read_text()]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory with an exposure; CRDS serves it."""
    directory = tmp_path_factory.mktemp("examples")
    simulation = simulate(directory, detector="NRCA3", subarray="SUB64P", ngroups=4)
    simulation.exposure.rename(directory / "exposure_uncal.fits")
    (directory / "raw").mkdir()
    (directory / "raw" / "exposure_uncal.fits").symlink_to(directory / "exposure_uncal.fits")
    with simulation.crds():
        yield directory


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples(place, monkeypatch, name):
    monkeypatch.chdir(place)
    tests = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name), extraglobs={"gpucal": gpucal})
    tests = [test for test in tests if test.examples]
    assert tests
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    report = []
    for test in tests:
        runner.run(test, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)


def test_what_a_notebook_calls_has_examples():
    asked = {
        "gpucal.core.step": ("call", "get_reference_file"),
        "gpucal.core.configurable": ("from_config_section", "get_config_from_reference", "get_pars", "update_pars",
                                     "export_config", "print_configspec"),
        "gpucal.core.pipeline": ("Pipeline",),
        "gpucal.pipelines.detector1": ("Detector1Pipeline",),
        "gpucal.scheduling.batch": ("batch",),
        "gpucal.simulate.simulation": ("Simulation",),
    }
    for module, names in asked.items():
        found = {test.name for test in doctest.DocTestFinder().find(importlib.import_module(module)) if test.examples}
        assert {name for name in names if not any(one.endswith(f".{name}") for one in found)} == set()
