"""The words of a command line that are no options: what to run, on which input, with which parameters."""

from collections.abc import Sequence
from typing import NamedTuple

from gpucal.core.config.parameters import merge, parse_value
from gpucal.errors import GpucalError

COMMAND_LINE = "the command line"


class CommandLineError(GpucalError):
    """Words on the command line that cannot be understood."""


class Words(NamedTuple):
    """What to run, on which input, with which parameters."""

    what: str | None
    inputs: list[str]
    parameters: dict[str, str]


def split_words(words: Sequence[str]) -> Words:
    """Separate parameters (``--name=value`` or ``--name value``) from what to run and its input.

    Raises
    ------
    CommandLineError
        If a parameter has no value, or is given twice.
    """
    plain, parameters = [], {}
    remaining = iter(words)
    for word in remaining:
        if not word.startswith("--"):
            plain.append(word)
            continue
        name, equals, value = word.removeprefix("--").partition("=")
        if not equals:
            value = next(remaining, "--")
            if value.startswith("--"):
                raise CommandLineError(f"parameter {word} has no value; write {word}=VALUE")
        if name in parameters:
            raise CommandLineError(f"parameter --{name} is given twice")
        parameters[name] = value
    return Words(plain[0] if plain else None, plain[1:], parameters)


def nest(parameters: dict[str, str]) -> dict:
    """Take the quotes from the values, and nest those of a pipeline's steps.

    A value with commas stays whole: whether it is a list is known where it is checked, by the type of the parameter.

    ``{"steps.jump.skip": "true"}`` becomes ``{"steps": {"jump": {"skip": "true"}}}``.
    """
    nested = {}
    for name, text in parameters.items():
        value = parse_value(name, text)
        branch = text if isinstance(value, list) else value
        parts = name.split(".", 2) if name.startswith("steps.") and name.count(".") > 1 else [name]
        for part in reversed(parts):
            branch = {part: branch}
        nested = merge(nested, branch)
    return nested
