"""Trees of plain values, tagged nodes and arrays as the text and blocks of an ASDF document.

Sources: YAML 1.1, https://yaml.org/spec/1.1, and the ASDF standard,
https://www.asdf-format.org/projects/asdf-standard/en/latest/file_layout.html.
"""

import hashlib
import json
import math
import re
import struct
from functools import lru_cache

import numpy as np

_SHORT = "tag:stsci.edu:asdf/"  # the tags that begin with ``!`` in a document
_NDARRAY = f"{_SHORT}core/ndarray-1.1.0"

# Text that stands for itself, and what would be read as another value.
_PLAIN_TEXT = re.compile(r"[A-Za-z_](?:[\w./+-]|:(?=\S)| (?=[\w./+-]))*", re.ASCII)
_OTHER_VALUES = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null|~")
_FLOW_WIDTH = 100

_PLAIN = (str, float, int, bool, type(None))


class TreeText:
    """Writes trees, and collects the arrays in them.

    Parameters
    ----------
    nblocks : int
        How many blocks the document has before those of these arrays.

    Attributes
    ----------
    arrays : list of array
        The arrays that need a block, in order; one that is met again has the same block.
    """

    def __init__(self, nblocks: int = 0):
        self.arrays: list[np.ndarray] = []
        self._nblocks = nblocks
        self._places: dict[int, int] = {}
        self._met: dict[int, int] = {}
        self._anchors: dict[int, str] = {}

    def share(self, node) -> None:
        """Note a tree whose nodes are to be written once, and named where they are met again, in any tree noted."""
        if isinstance(node, dict | list):
            self._met[id(node)] = self._met.get(id(node), 0) + 1
            if self._met[id(node)] == 1:
                for child in node.values() if isinstance(node, dict) else node:
                    self.share(child)

    def text(self, node, indent: int = 0) -> str:
        """The text that follows a key, or the dash of an entry of a list.

        Parameters
        ----------
        node
            A dictionary or list, nested and tagged or not, or an array, text, number or None.
        indent : int
            Where the lines of the node begin that come after the first.

        Raises
        ------
        TypeError
            If there is an object in it that a document does not hold by itself.
        """
        if type(node) in _PLAIN:
            return f" {_scalar(node)}"
        if isinstance(node, np.ndarray):
            return self._array(node, indent)
        if not isinstance(node, dict | list | tuple):
            tag = getattr(node, "_tag", None)
            return f" {_tag(tag)} {_scalar(str(node))}" if tag else f" {_scalar(node)}"
        if id(node) in self._anchors:
            return f" *{self._anchors[id(node)]}"
        lead = ""
        if self._met.get(id(node), 0) > 1:
            self._anchors[id(node)] = f"shared{len(self._anchors)}"
            lead = f" &{self._anchors[id(node)]}"
        if getattr(node, "_tag", None):
            lead += f" {_tag(node._tag)}"
        return lead + (self._mapping(node, indent) if isinstance(node, dict) else self._sequence(node, indent))

    def _mapping(self, node: dict, indent: int) -> str:
        if not node:
            return " {}"
        begin = "\n" + " " * indent
        lines = []
        for key, value in sorted(node.items()):
            below = indent if isinstance(value, list | tuple) else indent + 2  # dashes stand below their key
            lines.append(f"{begin}{_scalar(key)}:{self.text(value, below)}")
        return "".join(lines)

    def _sequence(self, node, indent: int) -> str:
        if all(not isinstance(one, dict | list | tuple | np.ndarray) for one in node):
            flow = f" [{', '.join(self.text(one)[1:] for one in node)}]"
            if len(flow) < _FLOW_WIDTH:
                return flow
        begin = "\n" + " " * indent + "-"
        return "".join(begin + self.text(one, indent + 2) for one in node)

    def _array(self, array: np.ndarray, indent: int) -> str:
        if id(array) not in self._places:
            self._places[id(array)] = self._nblocks + len(self.arrays)
            self.arrays.append(array)
        return f" {_tag(_NDARRAY)}" + self._mapping(
            {
                "source": self._places[id(array)],
                "datatype": array.dtype.newbyteorder("=").name,
                "byteorder": "little",
                "shape": list(array.shape),
            },
            indent,
        )

    def blocks(self) -> bytes:
        """The blocks of the arrays."""
        return b"".join(map(_block, self.arrays))


def in_extension(name: str, version: int, array: np.ndarray) -> dict:
    """What a document says of an array that is in an extension of the FITS file around it."""
    from asdf.tagged import TaggedDict

    about = {
        "source": f"fits:{name},{version}",
        "datatype": array.dtype.newbyteorder("=").name,
        "byteorder": "big",
        "shape": list(array.shape),
    }
    return TaggedDict(about, _NDARRAY)


def _block(array: np.ndarray) -> bytes:
    if array.dtype.kind not in "iuf":
        raise TypeError(f"an array of type {array.dtype} has no block")
    content = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    size = len(content)
    checksum = hashlib.md5(content, usedforsecurity=False).digest()
    return b"\xd3BLK" + struct.pack(">HI4sQQQ16s", 48, 0, b"\0\0\0\0", size, size, size, checksum) + content


def _tag(tag: str) -> str:
    return f"!{tag.removeprefix(_SHORT)}" if tag.startswith(_SHORT) else f"!<{tag}>"


def _scalar(value) -> str:
    """A number, text, or None."""
    if type(value) is str:
        return _text(value)
    if isinstance(value, np.generic):
        value = value.item()
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if not isinstance(value, str):
        raise TypeError(f"an object of type {type(value).__name__} is no plain value")
    return _text(str(value))


@lru_cache(maxsize=4096)
def _text(value: str) -> str:
    """Text, in quotes where it would be read as something else."""
    if _PLAIN_TEXT.fullmatch(value) and not _OTHER_VALUES.fullmatch(value):
        return value
    if value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value)


def _number(value: float) -> str:
    """A number that no reader takes for text: with a point even where it has an exponent."""
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    written = repr(value)
    return written.replace("e", ".0e", 1) if "e" in written and "." not in written else written
