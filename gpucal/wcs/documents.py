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
_TABLE = "table/table-"
_TEXTS = {"ucs4": "U", "ascii": "S"}


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


def read_metadata(path: Path) -> dict:
    """What an ASDF file says of itself, its ``meta``; empty if it says nothing. Arrays in the file are not read.

    Raises
    ------
    DocumentError
        If it is no ASDF file.
    """
    try:
        return _tree(path.read_bytes()).get("meta") or {}
    except ValueError as error:
        raise DocumentError(f"{path}: cannot be read as ASDF ({error})") from error


def read_table(path: Path, name: str) -> np.ndarray | None:
    """A table at the top of an ASDF file, as an array of rows with the names of its columns.

    Returns
    -------
    (nrows,) structured array or None
        None if there is none, or one with masks or units.

    Raises
    ------
    DocumentError
        If it is no ASDF file, or one whose arrays cannot be read.
    """
    node = read_document(path).get(name)
    if _TABLE not in (getattr(node, "_tag", None) or ""):
        return None
    columns = {column["name"]: column.get("data") for column in node["columns"]}
    if not all(isinstance(column, np.ndarray) for column in columns.values()):
        return None
    rows = np.empty(
        len(next(iter(columns.values()))), [(title, column.dtype) for title, column in columns.items()]
    )
    for title, column in columns.items():
        rows[title] = column
    return rows


def parse_document(content: bytes) -> dict:
    """The tree of the bytes of an ASDF file; see `read_document`.

    Raises
    ------
    ValueError
        If they are no ASDF file.
    """
    return _with_arrays(_tree(content), blocks_of(content))


def _tree(content: bytes) -> dict:
    """The tree as it is written, with places of blocks where arrays are."""
    if not content.startswith(b"#ASDF"):
        raise ValueError("it does not begin with #ASDF")
    return asdf.util.load_yaml(BytesIO(content), tagged=True)


def tree_of_model(model) -> dict:
    """The tree of an open data model; see `read_document`."""
    content = BytesIO()
    asdf.AsdfFile(model._instance).write_to(content)
    return parse_document(content.getvalue())


def blocks_of(content: bytes) -> list[bytes]:
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


def _with_arrays(node: Any, blocks: list[bytes], made: dict[int, Any] | None = None) -> Any:
    """The same tree with arrays in the place of the nodes that describe them.

    What stands in the tree more than once does so in what is made, and may hold itself, as an inverse of an inverse.
    """
    made = {} if made is None else made
    if not isinstance(node, dict | list):
        return node
    if id(node) in made:
        return made[id(node)]
    if _NDARRAY in (getattr(node, "_tag", None) or ""):
        made[id(node)] = _array(node, blocks) if isinstance(node, dict) else np.array(node)
        return made[id(node)]
    made[id(node)] = node
    for place, one in list(node.items() if isinstance(node, dict) else enumerate(node)):
        node[place] = _with_arrays(one, blocks, made)
    return node


def _array(node: dict, blocks: list[bytes]) -> np.ndarray | dict:
    if "mask" in node:
        return node  # an array of values alone would not tell which of them are none
    if "data" in node:
        return np.array(node["data"], dtype=_dtype(node["datatype"]) if "datatype" in node else None)
    number = node["source"]
    if isinstance(number, str):
        return node  # in an extension of the FITS file around the document
    if number >= len(blocks):
        raise ValueError(f"its block {number} is not in the file")
    dtype = _dtype(node["datatype"], node["byteorder"])
    array = np.ndarray(node["shape"], dtype, blocks[number], node.get("offset", 0), node.get("strides"))
    return array.astype(dtype.newbyteorder("="))


def _dtype(name, byteorder: str = "little") -> np.dtype:
    """The type of values of an array: a name as NumPy has it, that of texts with their length, or those of columns."""
    if isinstance(name, list) and len(name) == 2 and name[0] in _TEXTS:
        made = np.dtype(f"{_TEXTS[name[0]]}{name[1]}")
    elif isinstance(name, list):
        columns = [(one["name"], _dtype(one["datatype"], one.get("byteorder", byteorder))) for one in name]
        return np.dtype(columns)
    else:
        made = np.dtype(name)
    return made.newbyteorder(">" if byteorder == "big" else "<")
