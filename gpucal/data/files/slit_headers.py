"""The extensions of slits in a FITS file, with their headers, as stdatamodels writes them.

A schema says which value is which keyword, and of which extension. Extensions, keywords, and the titles of groups of
keywords stand in the order of the schema. Here headers are put together from lines that were made before: most lines
of a slit are those of the slit before it.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from gpucal.errors import GpucalError
from gpucal.startup.lazy import fits

LINE, BLOCK = 80, 2880

_TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
_BITPIX = {"u1": 8, "i2": 16, "i4": 32, "u4": 32, "f4": -32, "f8": -64}


class SlitValueError(GpucalError):
    """A value of a slit is not what the schema has in that place."""


class Keyword(NamedTuple):
    """A value that is a keyword."""

    extension: str
    name: str
    comment: str
    kind: str | None
    choices: tuple | None


class Plane(NamedTuple):
    """An array that has an extension of its own."""

    extension: str


class Group(NamedTuple):
    """A tree of these: by name, in order; its title stands before the first of its keywords."""

    title: str | None
    members: tuple[tuple[str, Keyword | Plane | Group], ...]


class Extension:
    """One extension.

    Attributes
    ----------
    name : str
        EXTNAME.
    version : int
        EXTVER, from 1.
    array : array or None
        Its pixels.
    """

    def __init__(self, name: str, version: int, lines: dict[str, str] | None = None):
        self.name = name
        self.version = version
        self.array: np.ndarray | None = None
        self._lines: dict = {**(lines or {}), "EXTVER": _line("EXTVER", version, "extension value")}

    def set(self, keyword: str, lines: str) -> None:
        """Write a keyword, at the end unless it stands in the header already."""
        self._lines[keyword] = lines

    def add_title(self, title: str) -> None:
        """Write a title at the end."""
        self._lines[len(self._lines)] = _line(" ") + _line(" ", title) + _line(" ")

    def header(self) -> str:
        """The whole header, as it stands in a file."""
        name = _line("EXTNAME", self.name, "extension name")
        text = "".join([_structure(self.array), name, *self._lines.values(), f"{'END':<{LINE}}"])
        return text + " " * (-len(text) % BLOCK)

    def pixels(self) -> bytes:
        """The pixels, as they stand in a file."""
        if self.array is None:
            return b""
        content = encoded(self.array)
        return content + bytes(-len(content) % BLOCK)


def layout_of(schema: dict) -> Group:
    """What of a slit goes into extensions, by the schema of a slit."""
    return Group(schema.get("title"), tuple(_members(schema)))


def _members(schema: dict):
    for name, entry in schema.get("properties", {}).items():
        extension = entry.get("fits_hdu")
        if "fits_keyword" in entry:
            described = _first_line(entry)
            choices = entry.get("enum")
            kind = entry.get("type") if isinstance(entry.get("type"), str) else None
            yield name, Keyword(extension, entry["fits_keyword"], described, kind, choices and tuple(choices))
        elif extension and "datatype" in entry:
            yield name, Plane(extension)
        elif "properties" in entry:
            yield name, layout_of(entry)


def _first_line(entry: dict) -> str:
    title, text = entry.get("title"), entry.get("description")
    return (title if title is not None else text or "").partition("\n")[0]


class SlitExtensions:
    """Makes the extensions of one slit.

    Parameters
    ----------
    layout : Group
        See `layout_of`.
    version : int
        The number of the slit, from 1.
    begun : dict of str to dict of str to str
        Lines of headers that others have written: by extension, and by keyword.
    """

    def __init__(self, layout: Group, version: int, begun: dict[str, dict[str, str]] | None = None):
        self._layout = layout
        self._version = version
        self._titles: list[str] = []
        self.extensions = {name: Extension(name, version, lines) for name, lines in (begun or {}).items()}

    def of(self, tree: dict) -> list[Extension]:
        """The extensions for a tree of values and arrays, in order.

        Raises
        ------
        SlitValueError
            If a value is of another type than its schema has there.
        """
        self._group(self._layout, tree)
        return list(self.extensions.values())

    def _group(self, group: Group, tree: dict) -> None:
        titles = self._titles
        if group.title is not None:
            titles.append(group.title)
        for name, member in group.members:
            value = tree.get(name)
            if value is None:
                continue
            if isinstance(member, Group):
                self._group(member, value)
            elif isinstance(member, Plane):
                self._extension(member.extension).array = value
            else:
                self._keyword(member, value)
        if group.title is not None:
            titles.pop()

    def _keyword(self, keyword: Keyword, value) -> None:
        value = _checked(keyword, value)
        extension = self._extension(keyword.extension)
        for title in self._titles:
            extension.add_title(title)
        self._titles = []  # each title once; that of a group which goes on is not told again
        extension.set(keyword.name, _line(keyword.name, value, keyword.comment))

    def _extension(self, name: str) -> Extension:
        if name not in self.extensions:
            self.extensions[name] = Extension(name, self._version)
        return self.extensions[name]


def _checked(keyword: Keyword, value):
    """A value as a number or text of Python, of the type that its schema has."""
    if isinstance(value, np.generic):
        value = value.item()
    wanted = _TYPES.get(keyword.kind, object)
    is_wanted = isinstance(value, wanted) and (wanted in (bool, object) or not isinstance(value, bool))
    if not is_wanted or (keyword.choices and value not in keyword.choices):
        kind = f"one of {', '.join(map(str, keyword.choices))}" if keyword.choices else f"of type {keyword.kind}"
        raise SlitValueError(f"{keyword.name} is {value!r}; it has to be {kind}")
    return value


def _line(keyword: str, value="", comment: str | None = None) -> str:
    """A line of a header, or several for a long text."""
    return _made_line(keyword, type(value), value, comment)


@cache
def _made_line(keyword: str, _kind: type, value, comment: str | None) -> str:
    return str(fits.Card(keyword, value, comment))  # the type tells 1 from 1.0 and True


def _structure(array: np.ndarray | None) -> str:
    """The lines that tell how pixels are stored."""
    code = "u1" if array is None else array.dtype.str[1:]
    shape = () if array is None else array.shape
    return _made_structure(code, shape)


@cache
def _made_structure(code: str, shape: tuple[int, ...]) -> str:
    lines = [
        _line("XTENSION", "IMAGE", "Image extension"),
        _line("BITPIX", _BITPIX[code], "array data type"),
        _line("NAXIS", len(shape), "number of array dimensions"),
        *(_line(f"NAXIS{axis}", length) for axis, length in enumerate(shape[::-1], start=1)),
        _line("PCOUNT", 0, "number of parameters"),
        _line("GCOUNT", 1, "number of groups"),
    ]
    if code == "u4":
        lines += [_line("BSCALE", 1), _line("BZERO", 2**31)]
    return "".join(lines)


def encoded(array: np.ndarray) -> bytes:
    """Values as a FITS file holds them: big-endian, and unsigned integers less half of their range."""
    if array.dtype.kind == "u" and array.dtype.itemsize == 4:
        array = array ^ array.dtype.type(2**31)
    return array.astype(array.dtype.newbyteorder(">"), copy=False).tobytes()
