"""See at a glance that a value of the metadata is valid.

A model checks each value against its schema when the value is set, with a validator made for this value. Nearly all of
them are plain, and their schemas ask for no more than a type, or one of a few values.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager

# What the types of JSON schemas are called that a plain value is of.
_TYPE_NAMES = {str: ("string",), bool: ("boolean",), int: ("integer", "number"), float: ("number",)}

# What can be seen at a glance, and words that ask for something though the validator of asdf does not list them.
_SIMPLE_RULES = {"type", "enum"}
_OTHER_RULES = {"$ref", "datatype", "ndim", "max_ndim"}

# Integers of more bits are no valid literals.
_BITS = 51


@contextmanager
def quick_checks() -> Iterator[None]:
    """Inside a ``with`` block, let models check thoroughly only what is not seen to be valid at a glance."""
    from stdatamodels import validate

    thorough = getattr(validate, "_check_value", None)
    if thorough is None or [*inspect.signature(thorough).parameters] != ["value", "schema", "ctx"]:
        yield  # another version, which checks in another way
        return

    def check(value, schema, ctx):
        if not is_plainly_valid(value, schema):
            thorough(value, schema, ctx)

    validate._check_value = check
    try:
        yield
    finally:
        validate._check_value = thorough


def is_plainly_valid(value, schema: dict) -> bool:
    """Whether a value is seen to be valid without a validator.

    Parameters
    ----------
    value
        Any value.
    schema : dict
        What it shall be.

    Returns
    -------
    bool
        If False, it may be valid nevertheless.
    """
    from asdf.schema import YAML_VALIDATORS

    names = _TYPE_NAMES.get(type(value))
    if names is None or (type(value) is int and value.bit_length() > _BITS):
        return False
    if any((rule in YAML_VALIDATORS or rule in _OTHER_RULES) and rule not in _SIMPLE_RULES for rule in schema):
        return False
    if "type" in schema and schema["type"] not in names:
        return False
    return "enum" not in schema or any(type(one) is type(value) and one == value for one in schema["enum"])
