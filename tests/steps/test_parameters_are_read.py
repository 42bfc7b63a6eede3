"""Each parameter that a step declares is one that its recipe reads."""

import ast
import importlib
import inspect

import pytest

from gpucal.core.config.parameters import defaults
from gpucal.core.config.registry import all_classes
from gpucal.core.step import Step

# Declared so that parameter files of jwst are understood, and not read: jwst does not read them either, or
# they ask for what gpucal does anyway.
NOT_READ = {
    "AdaptiveTraceModelStep": {"maximum_cores"},  # all cores are used
    "AlignRefsStep": {"blur"},  # by its name, since that of the pipeline may stand for it
    "Coron3Pipeline": {"blur"},  # its steps read it
    "Image3Pipeline": {"in_memory"},  # read by the run, for what its members hold
    "JumpStep": {"maximum_cores", "use_ellipses", "max_shower_amplitude"},
    "KlipStep": {"blur"},  # by its name, since that of the pipeline may stand for it
    "OutlierDetectionStep": {"in_memory", "pixmap_stepsize", "pixmap_order"},  # the runner; maps are exact
    "RampFitStep": {"maximum_cores", "int_name"},
    "ResampleSpecStep": {"in_memory"},  # spectra are small
    "ResampleStep": {"in_memory", "pixmap_stepsize", "pixmap_order"},  # the runner; maps are exact
    "SkyMatchStep": {"in_memory"},  # the runner reads it
    "TweakRegStep": {"in_memory"},  # the runner reads it
    "WfssContamStep": {"maximum_cores"},  # all cores are used
}


def declared(step_class):
    """Parameters that are the step's own, without overrides of references."""
    own = set(defaults(step_class)) - set(defaults(Step)) - {"steps"}
    return {name for name in own if not name.startswith("override_")}


def read_by(step_class):
    """Attributes that the step's module reads, and the modules of steps that it imports from, in functions, too."""
    trees, seen = [], [inspect.getmodule(step_class)]
    for module in seen:
        trees.append(ast.parse(inspect.getsource(module)))
        imports = [node.module for node in ast.walk(trees[-1]) if isinstance(node, ast.ImportFrom)]
        helpers = [importlib.import_module(name) for name in imports if name.startswith("gpucal.steps.")]
        seen += [helper for helper in helpers if helper not in seen]
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return {node.attr for node in nodes if isinstance(node.ctx, ast.Load)}


@pytest.mark.parametrize("step_class", all_classes(), ids=lambda step_class: step_class.__name__)
def test_each_parameter_is_read(step_class):
    not_read = declared(step_class) - read_by(step_class)
    assert not_read == NOT_READ.get(step_class.__name__, set())
