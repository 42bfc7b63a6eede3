"""The header of a product that is made of several exposures: one value of many, and a table of all.

Schemas of data models say of each keyword what becomes of it: ``blend_rule`` names a rule (all others are those of the
first exposure), and what has ``blend_table`` gets a column in the table HDRTAB, which has a row for each exposure.

Source: the ``model_blender`` page of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/model_blender/index.html.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from gpucal.data.files.text import storable

# What is not blended, whatever the schema says.
UNBLENDED = (
    "meta.wcs", "meta.photometry.pixelarea_steradians", "meta.photometry.pixelarea_arcsecsq", "meta.filename",
)  # fmt: skip

_BEYOND_TOLERANCE, _WITHIN_TOLERANCE = "outside calibration tolerance", "within commanded tolerance"


def _same(values: Sequence) -> Any:
    """What all have in common, or that they differ."""
    return values[0] if len(set(values)) == 1 else "MULTIPLE"


def _tolerance(values: Sequence[str]) -> str:
    return _BEYOND_TOLERANCE if _BEYOND_TOLERANCE in values else _WITHIN_TOLERANCE


# Times and dates are text that sorts as time does.
_RULES: dict[str, Callable[[list], Any]] = {
    "multi": _same,
    "mean": np.mean,
    "sum": np.sum,
    "max": np.max,
    "min": np.min,
    **dict.fromkeys(("mintime", "mindate", "mindatetime"), min),
    **dict.fromkeys(("maxtime", "maxdate", "maxdatetime"), max),
    "wheeltol": _tolerance,
}


class Blends(NamedTuple):
    """What a schema says.

    Attributes
    ----------
    rules : dict of str to str
        Names of rules, by place of the value, such as ``meta.observation.time``.
    columns : dict of str to str
        Names of columns of the table, by place of the value.
    places : set of str
        All places that it lists.
    """

    rules: dict[str, str]
    columns: dict[str, str]
    places: set[str]


def blend(product, models: Sequence) -> None:
    """Give a product the header of the exposures that it is made of, and the table of their headers.

    Parameters
    ----------
    product : `stdatamodels.jwst.datamodels.JwstDataModel`
        Edited; it has the metadata of the first exposure.
    models : sequence of `stdatamodels.jwst.datamodels.JwstDataModel`
        Of the exposures, all of one type; their pixels are not used.
    """
    blends = blends_of(models[0].schema)
    headers = [_flat(model._instance["meta"]) for model in models]
    for place, rule in blends.rules.items():
        values = [header[place] for header in headers if place in header]
        product[place] = _RULES[rule](values) if values else None
    for place in headers[0].keys() - blends.places:  # what no schema lists is that of the first, too
        if isinstance(headers[0][place], (str, bool, int, float)) and not place.startswith(UNBLENDED):
            product[place] = headers[0][place]
    table = _table(blends.columns, headers)
    if table is not None:
        _add_table(product, table)


def blends_of(schema: dict) -> Blends:
    """What a schema says of blending.

    Parameters
    ----------
    schema : dict
        Of a data model.

    Returns
    -------
    Blends
    """
    blends = Blends({}, {}, set())
    _collect(schema["properties"]["meta"], "meta", blends)
    for place in [place for place in blends.rules if place.startswith(UNBLENDED)]:
        del blends.rules[place]
    return blends


def _collect(schema: dict, place: str, blends: Blends) -> None:
    """Go through the values of a tree; lists are left out."""
    for name, entry in schema.get("properties", {}).items():
        _collect(entry, f"{place}.{name}", blends)
    if schema.get("properties"):
        return
    blends.places.add(place)
    if schema.get("type") == "array":
        return
    if schema.get("blend_rule", "first") != "first":
        blends.rules[place] = schema["blend_rule"]
    if schema.get("blend_table"):
        blends.columns[place] = schema.get("fits_keyword", place)


def _flat(tree: dict, place: str = "meta") -> dict[str, Any]:
    """The values of a tree of metadata by place, without arrays and what is not known."""
    flat = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{place}.{name}")
        elif value is not None and not isinstance(value, np.ndarray):
            flat[f"{place}.{name}"] = value
    return flat


def _table(columns: dict[str, str], headers: Sequence[dict]) -> np.ndarray | None:
    """A row for each header; NaN where it lacks a value that another has."""
    made = {}
    for place, column in columns.items():
        if any(place in header for header in headers):
            made[column] = np.array([_in_table(header.get(place, np.nan)) for header in headers])
    if not made:
        return None
    table = np.empty(len(headers), [(column, values.dtype) for column, values in made.items()])
    for column, values in made.items():
        table[column] = values
    return table


def _in_table(value):
    """A value as a column of FITS holds it: of text, ASCII."""
    return storable(value, ".fits") if isinstance(value, str) else value


def _add_table(product, table: np.ndarray) -> None:
    """Add the table to a product and to its schema, as FITS keeps it: ASCII, and bool as bytes."""
    from astropy.io import fits
    from stdatamodels import fits_support

    datatypes = [{"name": name, "datatype": _datatype(table.dtype[name])} for name in table.dtype.names]
    schema = {"title": "Combined header table", "fits_hdu": "HDRTAB", "datatype": datatypes}
    product.add_schema_entry("hdrtab", schema)
    product.hdrtab = fits_support.from_fits_hdu(fits.BinTableHDU.from_columns(table.view(np.recarray)), schema)


def _datatype(dtype: np.dtype):
    if dtype.kind == "U":
        return ["ascii", dtype.itemsize // 4]
    return "int8" if dtype.kind == "b" else str(dtype)
