"""Parameters of steps: what a step accepts, and the typed values of what a user wrote.

A step declares its parameters in ``spec``, in the language of ConfigObj's ``validate``::

    rejection_threshold = float(default=4.0, min=0)  # Jumps above this many sigma are flagged

A subclass adds lines and replaces those of its bases. Each reference type of a step adds a parameter
``override_<type>``. The parameters of a pipeline's steps lie under ``steps``::

    {"save_calibrated_ramp": True, "steps": {"jump": {"rejection_threshold": 5.0}}}
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from configobj import ConfigObj, ConfigObjError
from configobj.validate import ValidateError, Validator, VdtTypeError

from gpucal.core.config.nearest import suggestion
from gpucal.errors import GpucalError

# ``default=...`` inside a check, with the comma before it. The value is quoted, an empty list, or a bare word.
_DEFAULT = re.compile(r""",?\s*default\s*=\s*('[^']*'|"[^"]*"|list\(\)|[^,)]+)""")


class ParameterError(GpucalError):
    """A parameter that does not exist, or a value that it cannot take."""


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter of a step.

    Attributes
    ----------
    name : str
        Its name.
    check : str
        Type, limits and default in the language of ``configobj.validate``: ``float(default=4.0, min=0)``.
    help : str
        What it does, in words.
    """

    name: str
    check: str
    help: str

    @property
    def type(self) -> str:
        """The type with its limits or choices: ``float``, ``float(min=0)``, ``option('fft', 'median')``."""
        return _DEFAULT.sub("", self.check).replace("(,", "(").replace("( ", "(").replace("()", "")

    @property
    def is_list(self) -> bool:
        """Whether it has several values."""
        return self.type.partition("(")[0].endswith("list")

    @property
    def default(self):
        """The value where nobody gives one."""
        return _validator(None).get_default_value(self.check)


def _path_check(directory: Path | None, must_exist: bool):
    """A check that makes a path absolute, from the directory of the file that names it."""

    def check(value):
        if not isinstance(value, str):
            raise VdtTypeError(value)
        path = os.path.abspath(os.path.join(directory or "", os.path.expanduser(value)))
        if must_exist and not os.path.exists(path):
            raise ValidateError(f"the file {path!r} does not exist")
        return path

    return check


def _is_datamodel(value):
    if not hasattr(value, "get_crds_parameters"):
        raise VdtTypeError(value)
    return value


def _is_string_or_datamodel(value):
    return value if isinstance(value, str) else _is_datamodel(value)


def _validator(directory: Path | None) -> Validator:
    return Validator(
        {
            "input_file": _path_check(directory, must_exist=True),
            "output_file": _path_check(directory, must_exist=False),
            "is_datamodel": _is_datamodel,
            "is_string_or_datamodel": _is_string_or_datamodel,
        }
    )


def _spec_lines(text: str) -> Iterator[ParameterSpec]:
    lines = ConfigObj(text.splitlines(), list_values=False, interpolation=False, raise_errors=True)
    for name, check in lines.items():
        comment = lines.inline_comments[name] or ""
        yield ParameterSpec(name, check, comment.lstrip("# "))


@cache
def full_spec(step_class: type) -> dict[str, ParameterSpec]:
    """The parameters that a step declares, those of its base classes first.

    Parameters
    ----------
    step_class : type
        A Step class, whose ``spec`` strings are merged over its bases.

    Returns
    -------
    dict of str to ParameterSpec
        Without the ``override_<type>`` parameters, for which see `override_spec`, and without those of a
        pipeline's steps.
    """
    merged = {}
    for base in reversed(step_class.__mro__):
        merged.update({line.name: line for line in _spec_lines(vars(base).get("spec", ""))})
    return merged


def override_spec(step_class: type) -> dict[str, ParameterSpec]:
    """The parameters that name a reference file to use in place of the one CRDS finds, by name."""
    if step_class.is_pipeline:
        return {}
    return {
        f"override_{kind}": ParameterSpec(
            f"override_{kind}",
            "is_string_or_datamodel(default=None)",
            f"file or open model to use as the {kind} reference; N/A to do without",
        )
        for kind in step_class.reference_file_types
    }


def accepted(step_class: type) -> dict[str, ParameterSpec]:
    """All that a step takes: its declared parameters, then the overrides of its references."""
    return full_spec(step_class) | override_spec(step_class)


def dotted_names(step_class: type) -> list[str]:
    """All names that the command line takes: ``skip``, ``override_gain``, ``steps.jump.skip``, ..."""
    names = list(accepted(step_class))
    for step, its_class in step_class.step_defs.items():
        names += [f"steps.{step}.{name}" for name in (*accepted(its_class), "config_file")]
    return names


def defaults(step_class: type) -> dict:
    """The default of every parameter that a step accepts; those of a pipeline's steps are theirs."""
    return {name: parameter.default for name, parameter in accepted(step_class).items()}


def validate(step_class: type, values: Mapping, source: str, directory: Path | None = None) -> dict:
    """Check values against a step's spec and give them their types.

    Parameters
    ----------
    step_class : type
        The Step class that declares the parameters.
    values : mapping
        Values by name, as text from a file or a command line, or typed. For a pipeline, those of its steps
        are in ``values["steps"][<step>]``. None is left as it is for every type.
    source : str
        Where the values were written, for error messages: a file's name, ``the command line``.
    directory : pathlib.Path, optional
        Where relative paths start. By default the working directory.

    Returns
    -------
    dict
        Typed values of those that were given, nested as they were.

    Raises
    ------
    ParameterError
        If a name is unknown (the message suggests the nearest valid one), or a value is not of its type or limits.
    """
    return _validated(step_class, values, _Context(step_class, source, _validator(directory)), prefix="")


@dataclass(frozen=True)
class _Context:
    """What is the same for a pipeline and all of its steps while their parameters are checked."""

    top: type
    source: str
    validator: Validator


def _validated(step_class: type, values: Mapping, context: _Context, prefix: str) -> dict:
    known = accepted(step_class)
    typed = {}
    for name, value in values.items():
        if name == "steps" and step_class.is_pipeline:
            typed[name] = _validated_steps(step_class, value, context)
        elif name not in known:
            raise _unknown(prefix + name, context)
        else:
            typed[name] = _checked(known[name], value, context, prefix)
    return typed


def _validated_steps(pipeline: type, sections, context: _Context) -> dict:
    steps = pipeline.step_defs
    if not isinstance(sections, Mapping):
        raise ParameterError(f"{context.source}: 'steps' must hold a section for each step, not {sections!r}")
    typed = {}
    for step, values in sections.items():
        if step not in steps:
            hint = suggestion(step, steps)
            raise ParameterError(f"{context.source}: {pipeline.__name__} has no step {step!r}{hint}")
        if not isinstance(values, Mapping):
            raise ParameterError(f"{context.source}: 'steps.{step}' must hold parameters, not {values!r}")
        typed[step] = _validated(steps[step], values, context, f"steps.{step}.")
    return typed


def _unknown(dotted: str, context: _Context) -> ParameterError:
    hint = suggestion(dotted, dotted_names(context.top))
    return ParameterError(f"{context.source}: {context.top.__name__} has no parameter {dotted!r}{hint}")


def _checked(parameter: ParameterSpec, value, context: _Context, prefix: str):
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if parameter.is_list and isinstance(value, str):  # a word of the command line, whole
        value = parse_value(parameter.name, value)
    try:
        return context.validator.check(parameter.check, value)
    except ValidateError as error:
        which = f"'{prefix}{parameter.name}', {parameter.type}"
        raise ParameterError(f"{context.source}: bad value for parameter {which}: {error}") from error


def parse_value(name: str, text: str) -> str | list[str]:
    """Read one value as a configuration file would: quotes removed, a list where there are commas.

    Raises
    ------
    ParameterError
        If the quotes do not match.
    """
    try:
        return ConfigObj([f"value = {text}"], interpolation=False, raise_errors=True)["value"]
    except (ConfigObjError, KeyError) as error:
        raise ParameterError(f"bad value {text!r} for parameter {name!r}: quotes do not match") from error


def merge(*layers: Mapping) -> dict:
    """Lay nested parameters over each other; the later layer wins, parameter by parameter.

    Examples
    --------
    >>> merge({"skip": False, "steps": {"jump": {"skip": True}}}, {"steps": {"jump": {"suffix": "x"}}})
    {'skip': False, 'steps': {'jump': {'skip': True, 'suffix': 'x'}}}
    """
    merged = {}
    for layer in layers:
        for name, value in layer.items():
            merged[name] = merge(merged.get(name, {}), value) if isinstance(value, dict) else value
    return merged
