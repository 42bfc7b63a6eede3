"""FITS keywords of a model's metadata, and those of a file whose values the model does not take."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

from gpucal.startup.lazy import datamodels, fits

PRIMARY = "PRIMARY"


class Keyword(NamedTuple):
    """A keyword of the primary header.

    Attributes
    ----------
    name : str
        Such as ``SUBARRAY``.
    path : str
        Its place in the metadata, such as ``meta.subarray.name``.
    schema : dict
        What its value has to be.
    """

    name: str
    path: str
    schema: dict


# The keywords of each class of models that was met.
_keywords: dict[type, tuple[Keyword, ...]] = {}


def keywords_of(model: datamodels.JwstDataModel) -> tuple[Keyword, ...]:
    """The keywords of the primary header that hold metadata of a model."""
    if type(model) not in _keywords:
        _keywords[type(model)] = tuple(_listed(model.schema, ()))
    return _keywords[type(model)]


def _listed(schema: dict, path: tuple[str, ...]) -> Iterator[Keyword]:
    if "fits_keyword" in schema and schema.get("fits_hdu", PRIMARY) == PRIMARY:
        yield Keyword(schema["fits_keyword"], ".".join(path), schema)
    for name, below in schema.get("properties", {}).items():
        yield from _listed(below, (*path, name))


def refused_values(model: datamodels.JwstDataModel, header: fits.Header) -> dict[str, object]:
    """The values of a primary header that a model did not take, since its schema has other ones.

    Parameters
    ----------
    model : `stdatamodels.jwst.datamodels.JwstDataModel`
        As it was read.
    header : `astropy.io.fits.Header`
        The primary header that it was read from.

    Returns
    -------
    dict of str to object
        The values, by their places in the metadata.
    """
    given = {name: value for name, value in header.items() if not isinstance(value, fits.card.Undefined)}
    return {
        keyword.path: given[keyword.name]
        for keyword in keywords_of(model)
        if keyword.name in given
        and _held(model, keyword.path) != given[keyword.name]
        and not _is_valid(given[keyword.name], keyword.schema)
    }


def _held(model: datamodels.JwstDataModel, path: str):
    """The value at a place of the metadata; None where there is none."""
    tree = model._instance
    return reduce(lambda node, name: node.get(name) if isinstance(node, dict) else None, path.split("."), tree)


def _is_valid(value, schema: dict) -> bool:
    from asdf.exceptions import ValidationError
    from asdf.schema import validate

    try:
        validate(value, schema=schema)
    except ValidationError:
        return False
    return True
