"""Help on a step: all its parameters with type, default and meaning."""

from collections.abc import Iterator
from typing import NamedTuple

from gpucal.cli.tables import print_table
from gpucal.core.config.parameters import ParameterSpec, accepted, full_spec
from gpucal.core.config.registry import all_classes
from gpucal.core.step import Step

# Words for the types that a spec names after the function that checks them.
TYPE_WORDS = {"output_file": "path", "is_string_or_datamodel": "path or model"}

CONFIG_FILE = ParameterSpec("config_file", "string(default=None)", "configuration file of this step alone")

HEADINGS = ("option", "type", "default", "meaning")


class Section(NamedTuple):
    """Parameters that belong together, as rows of `HEADINGS`."""

    title: str
    rows: list[tuple[str, ...]]


def print_parameters(what: str, step_class: type, given: dict, source: str) -> None:
    """List the parameters of a step or pipeline.

    Parameters
    ----------
    what : str
        What the user called it.
    step_class : type
        The Step class.
    given : dict
        Typed, nested values of a configuration file, shown in place of the defaults.
    source : str
        The name of that file.
    """
    print(f"gpucal strun {what} <input> [--parameter=value ...]\n{summary(step_class)}")
    for section in sections(step_class, given, source):
        _print_section(section)


def print_steps() -> None:
    """List the steps and pipelines that can be run."""
    rows = [(step.class_alias, step.__name__, summary(step)) for step in all_classes()]
    print_table("steps and pipelines", ("alias", "class", "what it does"), rows, headed=False)


def summary(step_class: type) -> str:
    """The first line of the class's documentation."""
    return (step_class.__doc__ or "").strip().partition("\n")[0]


def sections(step_class: type, given: dict, source: str) -> Iterator[Section]:
    """The parameters of a step or pipeline, then those of each of its steps."""
    yield from _of_one(step_class, step_class.__name__, "--", given, source)
    for name, its_class in step_class.step_defs.items():
        values = given.get("steps", {}).get(name, {})
        yield from _of_one(its_class, f"step {name}", f"--steps.{name}.", values, source)


def _of_one(step_class: type, title: str, prefix: str, given: dict, source: str) -> Iterator[Section]:
    specs, universal = accepted(step_class), full_spec(Step)
    own = {name: spec for name, spec in specs.items() if name not in universal}
    common = {name: spec for name, spec in specs.items() if name in universal}
    if prefix != "--":
        common[CONFIG_FILE.name] = CONFIG_FILE
    for heading, specs in ((title, own), (f"{title}: what every step has", common)):
        if specs:
            rows = [_row(spec, prefix, given, source) for spec in specs.values()]
            yield Section(heading, rows)


def _row(spec: ParameterSpec, prefix: str, given: dict, source: str) -> tuple[str, ...]:
    value = f"{given[spec.name]!r} ({source})" if spec.name in given else repr(spec.default)
    return prefix + spec.name, TYPE_WORDS.get(spec.type, spec.type), value, spec.help


def _print_section(section: Section) -> None:
    print_table(section.title, HEADINGS, section.rows, headed=False)
