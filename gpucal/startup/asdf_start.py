"""Let asdf start without the extensions that a run of the command has no use for.

When the first model is made, asdf asks all installed packages for their extensions: it parses dozens of manifests, and
imports gwcs, astropy's coordinates and all transforms. Inside `few_extensions` it has its own alone, which plain
metadata need, and that of `gpucal.startup.wcs_tree`. The extensions of all packages are loaded when a file holds more,
when an object is to be written that needs them, or when a hook of the user is to see a model.

What asdf has loaded is set once and reset once, under its own lock and one of ours; no function is replaced. Only a
command does so, in its own process, and not if extensions were loaded before. Tried with `TRIED`.

Saves 1.0 s of 3.3 s of processor time (``python -m bench.startup --patches``, NIRCam full frame, AMD EPYC), and more
where the file holds world coordinates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from threading import RLock

import numpy as np

from gpucal.startup.lazy import asdf
from gpucal.startup.switch import is_on

TRIED = {"asdf": ("5.4",), "stdatamodels": ("6.0",)}

# Packages whose schemas plain metadata need, and the entry points that give them; asdf's own come last, as ever.
_RESOURCES = {
    "asdf-standard": "asdf_standard",
    "asdf_transform_schemas": "asdf_transform_schemas",
    "stdatamodels": "jwst_datamodel",
    "asdf": "asdf",
}
_PLAIN_VALUES = (str, bytes, bool, int, float, complex, np.generic, np.ndarray, type(None))
_PLAIN_TYPES = ("HistoryEntry", "Software", "WcsTree", "StoredWcs")

# The configuration of asdf that has few extensions, and these; one thread at a time changes it.
_turn = RLock()
_with_few = None
_few: list = []


@contextmanager
def few_extensions() -> Iterator[None]:
    """Let asdf have few extensions inside a ``with`` block; after it, those of all packages."""
    began = is_on("asdf", TRIED) and _begin()
    try:
        yield
    finally:
        if began:
            _end()


def all_extensions() -> None:
    """From now on have the extensions of all packages, if asdf has few."""
    from gpucal.startup.wcs_tree import WcsTreeExtension

    with _turn:
        if _with_few is None or not _few:
            return
        added = [extension for extension in _with_few.extensions if extension not in _few]
        _few.clear()
        _with_few.reset_resources()
        _with_few.reset_extensions()
        for extension in (WcsTreeExtension(), *reversed(added)):
            _with_few.add_extension(extension)


def read_with_extensions(read: Callable):
    """Read a model; once more, with the extensions of all packages, where it holds tags that the few do not know.

    Parameters
    ----------
    read : callable
        Returns the model.
    """
    model = read()
    if _few and not _is_plain(model._instance):
        all_extensions()
        model = read()
    return model


def extensions_for(tree: dict) -> None:
    """Have the extensions that the tree of a model needs, which is about to be written."""
    if _few and not _is_plain(tree):
        all_extensions()


def objects_in(model) -> None:
    """Let a model hold objects of other packages, such as WCS objects, where it holds trees of them; in place."""
    if _with_few is not None:
        from gpucal.startup.wcs_tree import put_objects

        all_extensions()
        put_objects(model._instance)


def keeps_trees() -> bool:
    """Whether models keep trees of world coordinates, since asdf has few extensions."""
    return bool(_few)


def kept_wcs(tree):
    """What a model keeps of world coordinates: their tree where asdf has few extensions, else the object of gwcs."""
    from gpucal.startup.wcs_tree import object_of

    return tree if keeps_trees() else object_of(tree)


def _begin() -> bool:
    global _with_few
    from asdf.extension import ExtensionProxy
    from asdf.resource import ResourceMappingProxy

    from gpucal.startup.asdf_core import core_extensions
    from gpucal.startup.wcs_tree import WcsTreeExtension

    configuration = asdf.get_config()
    with _turn, configuration._lock:
        untouched = configuration._extensions is None and configuration._resource_mappings is None
        if _with_few is not None or not untouched:
            return False
        configuration._resource_mappings = _few_resources(ResourceMappingProxy)
        configuration._extensions = [
            ExtensionProxy(one, package_name="asdf", package_version=asdf.__version__) for one in core_extensions()
        ]
        configuration.add_extension(WcsTreeExtension())
        _few[:] = configuration.extensions
        _with_few = configuration
    return True


def _end() -> None:
    global _with_few
    with _turn:
        _with_few.reset_resources()
        _with_few.reset_extensions()
        _with_few = None
        _few.clear()


def _few_resources(proxy: type) -> list:
    """The mappings of the packages in `_RESOURCES`, as asdf keeps them."""
    return [
        proxy(mapping, package_name=point.dist.name, package_version=point.dist.version)
        for package, name in _RESOURCES.items()
        for point in distribution(package).entry_points.select(group="asdf.resource_mappings", name=name)
        for mapping in point.load()()
    ]


def _is_plain(content) -> bool:
    """Whether a tree holds nothing that needs an extension of another package: no such object, and no unknown tag."""
    if isinstance(content, asdf.tagged.Tagged):
        return False
    if isinstance(content, dict):
        return all(_is_plain(value) for value in content.values())
    if isinstance(content, list | tuple):
        return all(_is_plain(value) for value in content)
    return isinstance(content, _PLAIN_VALUES) or type(content).__name__ in _PLAIN_TYPES
