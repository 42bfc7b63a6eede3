"""Steps and pipelines are imported from one package each, and only those that are asked for."""

import subprocess
import sys

import pytest

import gpucal.pipelines
import gpucal.steps
from gpucal.names.steps import STEPS, written

PACKAGES = {False: gpucal.steps, True: gpucal.pipelines}
COUNT = """
import sys, gpucal.steps, gpucal.pipelines
print(sum(name.partition(".")[0] == "gpucal" for name in sys.modules), "numpy" in sys.modules)
from gpucal.steps import DQInitStep
print([name for name in ("jump", "dq_init") if f"gpucal.steps.ramps.{name}" in sys.modules])
"""


@pytest.mark.parametrize("alias", written())
def test_every_class_is_imported_from_its_package(alias):
    entry = STEPS[alias]
    package = PACKAGES[entry.is_pipeline]
    assert getattr(package, entry.class_name) is entry.load()
    assert vars(package)[entry.class_name] is entry.load()
    assert entry.load().is_pipeline or not entry.is_pipeline  # a step may run steps of its own, too


@pytest.mark.parametrize("is_pipeline", PACKAGES)
def test_dir_lists_what_can_be_imported_and_nothing_else(is_pipeline):
    listed = {name for name in dir(PACKAGES[is_pipeline]) if not name.startswith("__") and not name.islower()}
    assert listed == {entry.class_name for entry in written().values() if entry.is_pipeline == is_pipeline}


def test_the_packages_cost_nothing_and_a_step_only_itself():
    answer = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=True).stdout
    assert answer == "3 False\n['dq_init']\n"


def test_what_is_not_written_yet_is_told_when_it_is_imported(monkeypatch):
    for package, alias in ((gpucal.steps, "klip"), (gpucal.pipelines, "calwebb_coron3")):
        monkeypatch.delitem(vars(package), STEPS[alias].class_name, raising=False)  # another test may have asked for it
        monkeypatch.setitem(STEPS, alias, STEPS[alias]._replace(module=None))
    words = "^{} is a part of the JWST pipeline that gpucal does not have yet$"
    with pytest.raises(ImportError, match=words.format("KlipStep")):
        from gpucal.steps import KlipStep  # noqa: F401
    with pytest.raises(ImportError, match=words.format("Coron3Pipeline")):
        from gpucal.pipelines import Coron3Pipeline  # noqa: F401


def test_what_there_is_not_has_no_attribute():
    with pytest.raises(AttributeError, match="no attribute 'Jumpstep'; nearest valid name: 'JumpStep'"):
        gpucal.steps.Jumpstep  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'JumpStep'"):
        from gpucal.pipelines import JumpStep  # noqa: F401
    assert not hasattr(gpucal.steps, "__path_of_nothing__")
