"""Sphinx: what it would not find in gpucal's docstrings by itself, and what it would say twice."""

from sphinx.util.docutils import SphinxDirective

from gpucal.core import Pipeline, Step
from gpucal.core.config.parameters import full_spec, override_spec
from gpucal.names.steps import written


class ClassesOf(SphinxDirective):
    """``.. classes-of:: PACKAGE``: all steps and pipelines that the registry has in a package."""

    required_arguments = 1

    def run(self) -> list:
        package = f"{self.arguments[0]}."
        names = [f"{one.module}.{one.class_name}" for one in written().values() if one.module.startswith(package)]
        return self.parse_text_to_nodes("\n\n".join(f".. autoclass:: {name}\n   :no-members:" for name in names))


def own_parameters(step_class: type) -> list[str]:
    """Lines of a numpydoc section: the parameters of a step, without those that all steps have."""
    common = full_spec(Step)
    lines = []
    for name, parameter in (full_spec(step_class) | override_spec(step_class)).items():
        if parameter != common.get(name):
            lines += [f"{name} : {parameter.type}, default {parameter.default!r}", f"    {parameter.help}"]
    return lines


def add_parameters(app, what, name, obj, options, lines) -> None:
    """Add the parameters of a step, which stand in its ``spec``, to its docstring before numpydoc reads it."""
    if what == "class" and issubclass(obj, Step) and obj not in (Step, Pipeline):
        parameters = own_parameters(obj)
        if parameters:
            lines += ["", "Parameters", "----------", *parameters, ""]


def leave_out_fields(app, what, name, obj, skip, options) -> bool | None:
    """Leave out the fields of named tuples as members: the docstring of the class tells what they are."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def setup(app) -> dict:
    """Called by Sphinx."""
    app.add_directive("classes-of", ClassesOf)
    app.connect("autodoc-process-docstring", add_parameters, priority=100)
    app.connect("autodoc-skip-member", leave_out_fields)
    return {"parallel_read_safe": True}
