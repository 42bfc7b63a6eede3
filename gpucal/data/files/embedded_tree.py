"""The tree that a FITS file holds in its extension ASDF: taken apart, and put together with more in it.

Source: the ASDF standard, https://www.asdf-format.org/projects/asdf-standard, of files and blocks.
"""

from __future__ import annotations

import json
import math
import re
import struct
from datetime import date
from functools import lru_cache

import numpy as np

from gpucal.data.files.binary_tables import padded
from gpucal.startup.lazy import asdf, fits

EXTENSION = "ASDF"

_ARRAY = "tag:stsci.edu:asdf/core/ndarray-1.1.0"
_END = b"\n...\n"
_MAGIC = b"\xd3BLK"
_SIZES = struct.Struct(">I4sQQQ16s")


class EmbeddedTree:
    """A tree as text, and the arrays beside it.

    Parameters
    ----------
    content : bytes
        What the extension holds.
    """

    def __init__(self, content: bytes):
        text, end, blocks = content.partition(_END)
        self._text = text.decode() + "\n"
        self._blocks = list(_blocks_of(blocks)) if end else []
        self._added: dict[int, tuple[int, np.ndarray]] = {}
        self._texts: dict[int, tuple[object, str]] = {}

    def without(self, key: str) -> EmbeddedTree:
        """Leave out all below a key at the top of the tree."""
        self._text = re.sub(rf"^{re.escape(key)}:[^\n]*\n(?:[- #][^\n]*\n)*", "", self._text, flags=re.MULTILINE)
        return self

    def add(self, key: str, value) -> None:
        """Add a key at the top of the tree.

        Parameters
        ----------
        key : str
        value
            Nested dictionaries and lists, tagged or not, of numbers, text and arrays; none has the key yet.
        """
        if isinstance(value, list):
            self._text += f"{key}:\n" + "".join(f"- {self.text_of(one)}\n" for one in value)
        else:
            self._text += f"{key}: {self.text_of(value)}\n"

    def text_of(self, node) -> str:
        """A part of a tree as YAML, in one line; its arrays become blocks."""
        tag = getattr(node, "_tag", None)
        tagged = f"!<{tag}> " if tag else ""
        if isinstance(node, dict):
            return self._kept(node, lambda: f"{tagged}{{{', '.join(self._entry(key, node[key]) for key in node)}}}")
        if isinstance(node, list | tuple):
            if not tag and all(type(one) in (str, int) for one in node):
                return _plain_list(tuple(node))
            return self._kept(node, lambda: f"{tagged}[{', '.join(self.text_of(one) for one in node)}]")
        if isinstance(node, np.ndarray):
            return self._array(node)
        return tagged + _scalar(node)

    def _entry(self, key, value) -> str:
        return f"{_quoted(str(key))}: {self.text_of(value)}"

    def _kept(self, node, make) -> str:
        """The text of a node, made once: parts that many others share are common."""
        if id(node) not in self._texts:
            self._texts[id(node)] = node, make()
        return self._texts[id(node)][1]

    def _array(self, array: np.ndarray) -> str:
        place, _array = self._added.setdefault(id(array), (len(self._blocks), array))
        little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
        if place == len(self._blocks):
            self._blocks.append(_block(little.tobytes()))
        form = {"source": place, "datatype": array.dtype.name, "byteorder": "little", "shape": list(array.shape)}
        return self.text_of(asdf.tagged.TaggedDict(form, _ARRAY))

    def replace_hash(self, value: str) -> None:
        """Give the tree another hash of the headers of the file that it is in."""
        self._text = re.sub(r"^_fits_hash:[^\n]*\n", f"_fits_hash: {value}\n", self._text, flags=re.MULTILINE)

    @property
    def content(self) -> bytes:
        """What the extension holds."""
        return self._text.rstrip("\n").encode() + _END + b"".join(self._blocks)

    def extension_bytes(self) -> bytes:
        """The extension, with its header."""
        content = self.content
        column = fits.Column("ASDF_METADATA", f"{len(content)}B")
        header = fits.BinTableHDU.from_columns([column], nrows=1, name=EXTENSION).header
        return header.tostring().encode("ascii") + padded(content, b"\0")


def table_in_file(name: str, version: int, dtype: np.dtype, nrows: int):
    """What a tree says of a table that is another extension of its file."""
    form = {"source": f"fits:{name},{version}", "datatype": _columns(dtype), "byteorder": "big", "shape": [nrows]}
    return asdf.tagged.TaggedDict(form, _ARRAY)


@lru_cache(maxsize=64)
def _columns(dtype: np.dtype) -> list[dict]:
    return [_column(dtype[field], field) for field in dtype.names]


def _column(dtype: np.dtype, name: str) -> dict:
    kind = ["ascii", dtype.base.itemsize] if dtype.base.kind == "S" else dtype.base.name
    column = {"byteorder": "big", "datatype": kind, "name": name}
    return column | {"shape": list(dtype.shape)} if dtype.shape else column


@lru_cache(maxsize=1024)
def _plain_list(values: tuple) -> str:
    return json.dumps(values)


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    return json.dumps(text)


def _scalar(value) -> str:
    if type(value) is str:
        return _quoted(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, date):
        value = value.isoformat()
    return json.dumps(value)


def _number(value: float) -> str:
    """A number as YAML knows it: with a point before an exponent."""
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    text = repr(value)
    return text.replace("e", ".0e", 1) if "e" in text and "." not in text else text


def _block(content: bytes) -> bytes:
    size = len(content)
    header = _SIZES.pack(0, b"\0" * 4, size, size, size, b"\0" * 16)
    return _MAGIC + struct.pack(">H", len(header)) + header + content


def _blocks_of(content: bytes):
    """The blocks one after another, each with its header; the index of them is left out."""
    begin = 0
    while content[begin : begin + 4] == _MAGIC:
        (header,) = struct.unpack_from(">H", content, begin + 4)
        allocated = _SIZES.unpack_from(content, begin + 6)[2]
        end = begin + 6 + header + allocated
        yield content[begin:end]
        begin = end
