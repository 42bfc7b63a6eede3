"""Let asdf start quickly.

When the first model is made, asdf asks all installed packages for their extensions: it parses dozens of manifests,
and imports packages for sky coordinates and transforms. The manifests are parsed once, and kept on disk.
In a process that handles nothing but plain metadata, as ramps and rates have, `plain_metadata` leaves out
the extensions for everything else, until something turns up that needs them.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np

from gpucal.startup.kept import kept_text
from gpucal.startup.lazy import asdf, fits

# The packages whose entry points plain metadata need: they have schemas, and nothing that takes long to import.
_PLAIN_PACKAGES = {
    "asdf",
    "asdf_coordinates_schemas",
    "asdf_standard",
    "asdf_transform_schemas",
    "asdf_wcs_schemas",
}
_PLAIN_ENTRIES = {"jwst_datamodel"}
_PLAIN_VALUES = (str, bytes, bool, int, float, complex, np.generic, np.ndarray, type(None))
_PLAIN_TYPES = ("HistoryEntry", "Software")

# A tag in a YAML tree that is none of the core of the ASDF standard.
_OTHER_TAG = re.compile(rb"\s!(?!core/|<tag:stsci.edu:asdf/core/)")

# What asdf asks for entry points, while something else stands in its place.
_all_entry_points: Callable | None = None


def prepare_asdf(content=None) -> None:
    """Load the extensions of asdf, unless they are loaded, from manifests that are parsed already.

    Parameters
    ----------
    content : `astropy.io.fits.HDUList`, bytes or dict, optional
        What is about to be read or written: if it holds more than plain metadata, all extensions are loaded.
    """
    if _all_entry_points is not None and content is not None and not _is_plain(content):
        _take_all()
    import yaml

    configuration = asdf.get_config()
    parse = yaml.safe_load
    yaml.safe_load = partial(_parsed, parse)
    try:
        _ = configuration.extensions
    finally:
        yaml.safe_load = parse


def _parsed(parse: Callable, manifest):
    """What a YAML document says, which a former process may have parsed."""
    try:
        return json.loads(kept_text("manifests", manifest.decode(), lambda: _parsed_by_libyaml(manifest)))
    except (AttributeError, TypeError, ValueError):  # an open file, or a document that JSON does not hold
        return parse(manifest)


def _parsed_by_libyaml(document):
    """What a YAML document says; libyaml, where it is there, parses ten times as fast as Python."""
    import yaml

    return yaml.load(document, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@contextmanager
def plain_metadata() -> Iterator[None]:
    """Load no extension that plain metadata do not need, inside a ``with`` block."""
    global _all_entry_points
    place = _entry_points()
    if hasattr(place, "entry_points"):
        _all_entry_points = place.entry_points
        place.entry_points = _plain_entry_points
    try:
        yield
    finally:
        _take_all()


def _entry_points():
    """The module of asdf that finds extensions; None in a version that has no such module."""
    try:
        from asdf import _entry_points
    except ImportError:
        return None
    return _entry_points


def _take_all() -> None:
    """From now on, load all extensions."""
    global _all_entry_points
    if _all_entry_points is not None:
        _entry_points().entry_points = _all_entry_points
        _all_entry_points = None
        asdf.get_config().reset_resources()
        asdf.get_config().reset_extensions()


def _plain_entry_points(group: str) -> list:
    points = _all_entry_points(group=group)
    return [
        point
        for point in points
        if point.module.partition(".")[0] in _PLAIN_PACKAGES or point.name in _PLAIN_ENTRIES
    ]


def _is_plain(content) -> bool:
    if isinstance(content, fits.HDUList):
        return "ASDF" not in content or _is_plain(bytes(content["ASDF"].data))
    if isinstance(content, bytes):
        tree = content.partition(b"\n---")[2].partition(b"\n...")[0]
        return not _OTHER_TAG.search(tree)
    if isinstance(content, dict):
        return all(_is_plain(value) for value in content.values())
    if isinstance(content, list | tuple):
        return all(_is_plain(value) for value in content)
    return isinstance(content, _PLAIN_VALUES) or type(content).__name__ in _PLAIN_TYPES
