"""The world coordinates of a file, as they stand in its tree: read and written without gwcs.

An extension of asdf of our own makes a `WcsTree` of what gwcs would make a WCS object of, and writes it again as it
was. Tags inside that belong to other packages (transforms, frames, units) stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from asdf import AsdfFile, config_context, treeutil
from asdf.extension import Converter, Extension, TagDefinition
from asdf.tagged import TaggedDict
from asdf.tags.core import NDArrayType
from asdf.yamlutil import tagged_tree_to_custom_tree

# Of gwcs 0.18 to 1.0. Of a version that comes later, gwcs itself makes an object.
TAGS = tuple(f"tag:stsci.edu:gwcs/wcs-1.{minor}.0" for minor in range(5))


@dataclass(frozen=True)
class WcsTree:
    """What a file says of its world coordinates.

    Attributes
    ----------
    tag : str
        The tag of all of it, one of `TAGS`.
    content : dict
        The tree below, of tagged dictionaries and lists; arrays in it are in memory.
    """

    tag: str
    content: dict


class _WcsTreeConverter(Converter):
    tags = TAGS
    types = (WcsTree,)

    def select_tag(self, obj, tags, ctx):
        return obj.tag

    def from_yaml_tree(self, node, tag, ctx):
        return WcsTree(tag, treeutil.walk_and_modify(node, _in_memory))

    def to_yaml_tree(self, obj, tag, ctx):
        return obj.content


def _in_memory(node):
    return np.array(node) if isinstance(node, NDArrayType) else node


class WcsTreeExtension(Extension):
    """Lets asdf read and write world coordinates as they stand there. Files name it by the address of gwcs's own."""

    extension_uri = "asdf://asdf-format.org/astronomy/gwcs/extensions/gwcs-1.4.0"
    legacy_class_names = ("gwcs.extension.GWCSExtension",)
    converters = (_WcsTreeConverter(),)
    tags = tuple(TagDefinition(tag) for tag in TAGS)


def put_objects(tree) -> None:
    """Replace each `WcsTree` in a tree by the WCS object that gwcs makes of it.

    Parameters
    ----------
    tree : dict or list
        Edited in place, at any depth.
    """
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if isinstance(value, WcsTree):
            tree[key] = object_of(value)
        elif isinstance(value, dict | list):
            put_objects(value)


def object_of(kept: WcsTree):
    """The WCS object that gwcs makes of a tree."""
    return tagged_tree_to_custom_tree(TaggedDict(kept.content, kept.tag), _file_of_all_packages())


@cache
def _file_of_all_packages() -> AsdfFile:
    """A file that knows the extensions of all packages that are installed."""
    with config_context() as configuration:  # of this thread alone
        configuration.reset_resources()
        configuration.reset_extensions()
        return AsdfFile()
