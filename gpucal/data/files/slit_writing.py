"""Write models that are lists of slits to FITS, hundreds of slits quickly.

What is written is what stdatamodels writes: the same extensions, headers and tree. Values are checked once, headers are
put together from lines that were made before, nodes and arrays that the coordinates of slits share are written once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np

from gpucal.data.files.slit_headers import Extension, SlitExtensions, SlitValueError, layout_of
from gpucal.data.files.tree_text import TreeText, in_extension
from gpucal.startup.lazy import fits
from gpucal.startup.wcs_tree import WcsTree
from gpucal.wcs.documents import blocks_of

ASDF = "ASDF"


def can_write(slits: list[dict], arrays: dict) -> bool:
    """Whether `write_slits` knows all that is in the trees of slits.

    Parameters
    ----------
    slits : list of dict
        Values and arrays.
    arrays : dict of str to Image
        The arrays that a slit may hold; see `gpucal.data.slits.arrays_of_slits`.
    """
    return all(
        _is_plain({name: value for name, value in slit.items() if name not in arrays})
        and all(_is_of(slit[name], arrays[name].dtype) for name in slit.keys() & arrays if slit[name] is not None)
        for slit in slits
    )


def _is_of(array, dtype: np.dtype) -> bool:
    return array.dtype in (dtype, dtype.newbyteorder())


def write_slits(model, path: Path, name: str) -> None:
    """Write a model to a FITS file.

    Parameters
    ----------
    model : `stdatamodels.jwst.datamodels.JwstDataModel`
        With a list of trees of plain values, arrays and `WcsTree` in place of its slits.
    path : Path
        The file.
    name : str
        The name of the list in the model.

    Raises
    ------
    SlitValueError
        If a value is of another type than its schema has there; names the slit.
    OSError
        If the file cannot be written.
    """
    slits = model._instance.pop(name)
    try:
        model.on_save(str(path))
        whole, begun = _without_slits(model, name)
    finally:
        model._instance[name] = slits
    trees = [_without_none(slit) for slit in slits]
    layout = layout_of(model.schema["properties"][name]["items"])
    try:
        extensions = list(_extensions(layout, trees, begun))
    except SlitValueError as error:
        raise SlitValueError(f"{path.name}: {error}") from error
    headers = [[one.header() for one in group] for group in extensions]
    others = [hdu for hdu in whole[1:] if hdu.name != ASDF]
    texts = [str(whole[0].header), *(text for group in headers for text in group), *(str(hdu.header) for hdu in others)]
    digest = hashlib.sha256("".join(texts).encode()).hexdigest()
    document = _document(whole[ASDF].data.tobytes(), name, trees, extensions, digest)
    with open(path, "wb") as file:
        first, rest = _as_bytes(whole[0], [*others, _table_of(document)])
        file.write(first)
        for group, texts in zip(extensions, headers, strict=True):
            for one, text in zip(group, texts, strict=True):
                file.write(text.encode("ascii"))
                file.write(one.pixels())
        file.write(rest)


def _without_slits(model, name: str) -> tuple[fits.HDUList, dict[str, dict]]:
    """The extensions of a model without its slits, and the lines of those that slits have, too, by extension."""
    from stdatamodels import fits_support

    schema = model.schema
    own = {key: entry for key, entry in schema["properties"].items() if key != name}
    whole = fits_support.to_fits(model._instance, {**schema, "properties": own})
    of_slits = {entry["fits_hdu"] for entry in _entries(schema["properties"][name]["items"]) if "fits_hdu" in entry}
    begun = {}
    for hdu in [hdu for hdu in whole[1:] if hdu.name in of_slits and hdu.data is None]:
        cards = [card for card in hdu.header.cards if card.keyword not in _STRUCTURE]
        begun[hdu.name] = {card.keyword or number: str(card) for number, card in enumerate(cards)}
        whole.remove(hdu)
    return whole, begun


_STRUCTURE = ("XTENSION", "BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "EXTNAME", "EXTVER")


def _entries(schema: dict) -> Iterator[dict]:
    for entry in schema.get("properties", {}).values():
        yield entry
        yield from _entries(entry)


def _extensions(layout, trees: list[dict], begun: dict[str, dict]) -> Iterator[list[Extension]]:
    """The extensions of one slit after another."""
    for number, tree in enumerate(trees, start=1):
        try:
            yield SlitExtensions(layout, number, begun if number == 1 else None).of(tree)
        except SlitValueError as error:
            raise SlitValueError(f"slit {tree.get('name')}: {error}") from error


def _document(content: bytes, name: str, trees: list[dict], extensions: list[list[Extension]], digest: str) -> bytes:
    """A document with the trees of slits in it, their arrays told as those of extensions."""
    end = content.index(b"\n...\n")
    blocks = content[end + len(b"\n...\n") :].partition(b"#ASDF BLOCK INDEX")[0]
    writer = TreeText(len(blocks_of(content)))
    listed = []
    for tree, group in zip(trees, extensions, strict=True):
        filled = [one for one in group if one.array is not None]
        places = {id(one.array): in_extension(one.name, one.version, one.array) for one in filled}
        listed.append({key: places.get(id(value), value) for key, value in tree.items()})
        kept = tree.get("meta", {}).get("wcs")
        if kept is not None:
            writer.share(kept)
    text = writer.text({name: listed})
    head = _with_digest(content[:end], digest)
    return head + text.encode() + b"\n...\n" + blocks + writer.blocks()


def _with_digest(head: bytes, digest: str) -> bytes:
    """The text of a tree that tells another digest of headers."""
    before, key, after = head.partition(b"\n_fits_hash: ")
    return before + key + digest.encode() + after[len(digest) :]


def _table_of(document: bytes) -> fits.BinTableHDU:
    content = np.frombuffer(document, np.uint8)[None, :]
    column = fits.Column(array=content, format=f"{content.size}B", name="ASDF_METADATA")
    return fits.BinTableHDU.from_columns([column], name=ASDF)


def _as_bytes(primary: fits.PrimaryHDU, others: list) -> tuple[bytes, bytes]:
    """The bytes of the first part of a file, and those of others."""
    content = BytesIO()
    fits.HDUList([primary, *others]).writeto(content)
    length = len(primary.header.tostring())
    return content.getvalue()[:length], content.getvalue()[length:]


def _without_none(tree: dict) -> dict:
    """A tree without the values that are None, and with coordinates as nodes."""
    from asdf.tagged import TaggedDict

    made = {}
    for key, value in tree.items():
        if isinstance(value, WcsTree):
            made[key] = TaggedDict(value.content, value.tag)
        elif type(value) is dict:
            made[key] = _without_none(value)
        elif value is not None:
            made[key] = value
    return made


def _is_plain(node) -> bool:
    """Whether a tree of values holds nothing but what `TreeText` writes."""
    if isinstance(node, dict):
        return all(map(_is_plain, node.values()))
    if isinstance(node, list | tuple):
        return all(map(_is_plain, node))
    return node is None or isinstance(node, str | bool | int | float | np.generic | WcsTree)
