"""ASDF documents as trees of tagged nodes, read without the packages that would make objects of these.

Source: the ASDF standard, https://www.asdf-format.org/projects/asdf-standard/en/latest/file_layout.html.
"""

import bz2
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from gpucal.errors import GpucalError
from gpucal.startup.lazy import asdf

_END_OF_TREE = b"\n..."
_BLOCK = b"\xd3BLK"

# The header of a block after its own size: flags, compression, bytes allocated, used and in memory, checksum.
_HEADER = ">I4sQQQ16s"
_DECOMPRESS: dict[bytes, Callable[[bytes], bytes]] = {
    b"\0\0\0\0": bytes,
    b"zlib": zlib.decompress,
    b"bzp2": bz2.decompress,
}
_NDARRAY = "core/ndarray-"


class DocumentError(GpucalError):
    """A document cannot be read; the message says why."""


def read_document(path: Path) -> dict:
    """The tree of an ASDF file.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    dict
        Nested mappings and lists; those with a tag have it as ``_tag``. Arrays are NumPy arrays.

    Raises
    ------
    DocumentError
        If it is no ASDF file, or one whose arrays cannot be read.
    """
    try:
        return parse_document(path.read_bytes())
    except (OSError, ValueError, struct.error, zlib.error) as error:
        raise DocumentError(f"{path}: cannot be read as ASDF ({error})") from error


def parse_document(content: bytes) -> dict:
    """The tree of the bytes of an ASDF file; see `read_document`.

    Raises
    ------
    ValueError
        If they are no ASDF file.
    """
    if not content.startswith(b"#ASDF"):
        raise ValueError("it does not begin with #ASDF")
    tree = asdf.util.load_yaml(BytesIO(content), tagged=True)
    blocks = _blocks(content)
    return _with_arrays(tree, blocks)


def tree_of_model(model) -> dict:
    """The tree of an open data model; see `read_document`."""
    content = BytesIO()
    asdf.AsdfFile(model._instance).write_to(content)
    return parse_document(content.getvalue())


def _blocks(content: bytes) -> list[bytes]:
    """The binary blocks after the tree."""
    blocks = []
    place = content.find(_BLOCK, content.find(_END_OF_TREE))
    while place >= 0 and content[place : place + 4] == _BLOCK:
        (size,) = struct.unpack_from(">H", content, place + 4)
        _, compression, allocated, used, _, _ = struct.unpack_from(_HEADER, content, place + 6)
        if compression not in _DECOMPRESS:
            raise ValueError(f"a block is compressed by {compression.decode(errors='replace')}")
        start = place + 6 + size
        blocks.append(_DECOMPRESS[compression](content[start : start + used]))
        place = start + allocated
    return blocks


def _with_arrays(node: Any, blocks: list[bytes]) -> Any:
    """The same tree with arrays in the place of the nodes that describe them."""
    if isinstance(node, dict):
        if _NDARRAY in (getattr(node, "_tag", None) or ""):
            return _array(node, blocks)
        for key in node:
            node[key] = _with_arrays(node[key], blocks)
    elif isinstance(node, list):
        if _NDARRAY in (getattr(node, "_tag", None) or ""):
            return np.array(node)
        for place, one in enumerate(node):
            node[place] = _with_arrays(one, blocks)
    return node


def _array(node: dict, blocks: list[bytes]) -> np.ndarray | dict:
    if "data" in node:
        return np.array(node["data"], dtype=node.get("datatype"))
    number = node["source"]
    if isinstance(number, str):
        return node  # in an extension of the FITS file around the document
    if number >= len(blocks):
        raise ValueError(f"its block {number} is not in the file")
    dtype = np.dtype(node["datatype"]).newbyteorder(">" if node["byteorder"] == "big" else "<")
    array = np.ndarray(node["shape"], dtype, blocks[number], node.get("offset", 0), node.get("strides"))
    return array.astype(dtype.newbyteorder("="))
