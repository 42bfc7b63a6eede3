"""The slits in the text of an ASDF document: values now, coordinates when they are used.

The coordinates of a slit are most of its text, and most values are those of the slit before it. The text is cut by its
indentation, as asdf and gpucal write it: pieces that are equal are read once, those of coordinates when one is asked
for. A text that is written in another way is left to asdf.
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import yaml

from gpucal.startup.wcs_tree import TAGS, WcsTree
from gpucal.wcs.documents import parse_document

_END = b"\n...\n"
_HEAD = b"#ASDF 1.0.0\n#ASDF_STANDARD 1.6.0\n%YAML 1.1\n%TAG ! tag:stsci.edu:asdf/\n--- !core/asdf-1.1.0\n"
_ENTRY = re.compile(r"^-(?: !core/asdf-[\d.]+)?(?: |$)", re.MULTILINE)
_KEY = re.compile(r"^  (?=[^\s-])", re.MULTILINE)  # entries of a list may be indented as its key is
_META_KEY = re.compile(r"^    (?=[^\s-])", re.MULTILINE)
_ARRAY = re.compile(r"  \w+: !core/ndarray-[\d.]+\n(?:    .*\n)*?    source: '?fits:")
_WCS = re.compile(r"    wcs:( !<(tag:stsci\.edu:gwcs/wcs-[\d.]+)>\n)")
_LINK = re.compile(r"[\[{,:\-] ?[&*]\w|!")  # a name or an alias of a node, or a tag


class SlitText(NamedTuple):
    """What the text of a document says of its slits.

    Attributes
    ----------
    rest : bytes
        The document without them.
    trees : list of dict
        The values of each slit; coordinates among them are `WcsTree`. Arrays in extensions are left out.
    """

    rest: bytes
    trees: list[dict]


class Coordinates:
    """The coordinates of all slits of a document, read together when one is used: they may share nodes and arrays.

    Parameters
    ----------
    texts : list of str
        Of each, what comes after its key.
    blocks : bytes
        The blocks of the document.
    """

    def __init__(self, texts: list[str], blocks: bytes):
        self._texts = texts
        self._blocks = blocks

    @cached_property
    def nodes(self) -> list:
        """The nodes."""
        listed = "wcs:\n" + "".join(f"-{text}" for text in self._texts)
        document = _HEAD + listed.encode() + _END[1:] + self._blocks
        self._texts = self._blocks = None
        return parse_document(document)["wcs"]


class StoredWcs(WcsTree):
    """Coordinates that are still text in a document."""

    def __init__(self, tag: str, shelf: Coordinates, place: int):
        for name, value in (("tag", tag), ("_shelf", shelf), ("_place", place)):
            object.__setattr__(self, name, value)

    @property
    def content(self) -> dict:
        """The tree below."""
        return dict(self._shelf.nodes[self._place])


def cut_slits(content: bytes, name: str) -> SlitText | None:
    """Cut the slits out of a document.

    Parameters
    ----------
    content : bytes
        The document.
    name : str
        The key of the list of slits.

    Returns
    -------
    SlitText or None
        None where the text is written in another way, or slits hold more than plain values, arrays in extensions, and
        coordinates.
    """
    head, end, blocks = content.partition(_END)
    before, key, after = head.decode().partition(f"\n{name}:\n")
    entries, rest = _entries(after)
    if not (end and key and entries):
        return None
    pieces, coordinates = Pieces(), []
    slits = [_cut(entry, pieces, coordinates) for entry in entries]
    if not pieces.are_plain:
        return None
    values = pieces.values()
    shelf = Coordinates([text for _, text in coordinates], blocks)
    trees = []
    for numbers, of_meta, place in slits:
        tree = _joined(values[number] for number in numbers)
        meta = _joined(values[number] for number in of_meta)
        if place is not None:
            meta["wcs"] = StoredWcs(coordinates[place][0], shelf, place)
        trees.append({**tree, "meta": meta} if meta else tree)
    return SlitText((before + "\n" + rest).encode().rstrip(b"\n") + _END + blocks, trees)


def _entries(text: str) -> tuple[list[str], str]:
    """The entries of a list at the top of a document, each as its lines, and what comes after the list."""
    end = re.search(r"^(?=[^\s-])", text, re.MULTILINE)
    listed, rest = (text, "") if end is None else (text[: end.start()], text[end.start() :])
    if listed and not listed.endswith("\n"):
        listed += "\n"
    return [_as_mapping(entry) for entry in _split(_ENTRY, listed)], rest


def _as_mapping(entry: str) -> str:
    """The lines of an entry without its dash and tag."""
    begin = _ENTRY.match(entry)[0]
    return ("  " if begin == "- " else "") + entry[len(begin) :].lstrip("\n")


def _cut(entry: str, pieces: Pieces, coordinates: list[tuple[str, str]]) -> tuple[list[int], list[int], int | None]:
    """The numbers of the pieces of a slit, of those of its metadata, and of its coordinates."""
    numbers, of_meta, place = [], [], None
    for piece in _split(_KEY, entry):
        if piece.startswith("  meta:\n"):
            for below in _split(_META_KEY, piece[len("  meta:\n") :]):
                found = _WCS.match(below)
                if found and found[2] in TAGS:
                    place = len(coordinates)
                    coordinates.append((found[2], below[found.start(1) :]))
                else:
                    of_meta.append(pieces.number(below))
        elif not _ARRAY.match(piece):
            numbers.append(pieces.number(piece))
    return numbers, of_meta, place


def _split(key: re.Pattern, text: str) -> list[str]:
    places = [*(found.start() for found in key.finditer(text)), len(text)]
    return [text[start:stop] for start, stop in pairwise(places)]


class Pieces:
    """Pieces of text, each a key and its value; those that are equal have one number."""

    def __init__(self):
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The number of a piece."""
        return self._numbers.setdefault(text, len(self._numbers))

    @property
    def are_plain(self) -> bool:
        """Whether there are no tags in them, and no links between them."""
        return not any(_LINK.search(_unquoted(text)) for text in self._numbers)

    def values(self) -> list[dict]:
        """What each of them says."""
        if not self._numbers:
            return []
        return yaml.load("".join(f"-\n{text}" for text in self._numbers), Loader=yaml.CSafeLoader)  # noqa: S506


def _unquoted(text: str) -> str:
    return re.sub(r"'[^']*'|\"[^\"]*\"", "", text)


def _joined(parts) -> dict:
    """One tree of several, with containers of its own."""
    made = {}
    for part in parts:
        made.update(_copied(part))
    return made


def _copied(node):
    if isinstance(node, dict):
        return {key: _copied(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_copied(value) for value in node]
    return node
