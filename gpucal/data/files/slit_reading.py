"""Read files of hundreds of slits: values now, pixels and coordinates when they are used."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpucal.data.files.compression import open_plain
from gpucal.data.files.outline import Image, StoredImage
from gpucal.data.files.quiet import quietly
from gpucal.data.files.raw_headers import RawExtension, extensions_in
from gpucal.data.files.slit_headers import Group, Keyword, layout_of
from gpucal.data.files.slit_texts import cut_slits
from gpucal.startup.asdf_start import read_with_extensions
from gpucal.startup.lazy import datamodels, fits
from gpucal.startup.schemas import new_model

ASDF = "ASDF"


class SlitFile(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    model : `stdatamodels.jwst.datamodels.JwstDataModel`
        Without its slits.
    trees : list of dict
        The values of each slit.
    images : list of dict of str to StoredImage
        The arrays of each slit.
    """

    model: datamodels.JwstDataModel
    trees: list[dict]
    images: list[dict[str, StoredImage]]


def read_slits(path: Path, model_class: type, name: str, arrays: dict[str, Image]) -> SlitFile | None:
    """Read a file but for the pixels and coordinates of its slits.

    Parameters
    ----------
    path : Path
        The file.
    model_class : type
        The class of the model.
    name : str
        What the list of slits is called in its tree.
    arrays : dict of str to Image
        The arrays that a slit may hold.

    Returns
    -------
    SlitFile or None
        None for a file whose tree is not written as `gpucal.data.files.slit_texts` reads it, or with pixels that are
        not decoded here.

    Raises
    ------
    OSError
        If it is no FITS file, or ends before its last extension does.
    """
    file = open_plain(path)  # stays open as long as pixels are in it
    extensions = list(extensions_in(file))
    document = _document_in(file, extensions)
    found = None if document is None else cut_slits(document, name)
    if found is None:
        return None
    of_slits = {image.extension: name for name, image in arrays.items()}
    images: list[dict] = [{} for _ in found.trees]
    for one in extensions[1:]:
        if one.name in of_slits and one.shape:
            pixels = one.pixels(file)
            if pixels is None or one.version > len(images):
                return None
            array = of_slits[one.name]
            images[one.version - 1][array] = StoredImage(pixels, arrays[array].dtype)
    others = [one for one in extensions[1:] if one.name not in of_slits and one.name != ASDF]
    hdulist = fits.HDUList([*(_opened(file, one) for one in (extensions[0], *others)), _table_of(found.rest)])
    with quietly():
        model = read_with_extensions(lambda: new_model(model_class, hdulist, ignore_unrecognized_tag=True))
    if model._instance.get("_fits_hash") != _digest(extensions):
        layout = layout_of(model.schema["properties"][name]["items"])
        _take_headers(found.trees, extensions, layout)
    return SlitFile(model, found.trees, images)


def _document_in(file, extensions: list[RawExtension]) -> bytes | None:
    """The ASDF document of a file."""
    held = [one for one in extensions if one.name == ASDF]
    if len(held) != 1 or len(held[0].shape) != 2:
        return None
    return os.pread(file.fileno(), held[0].shape[0] * held[0].shape[1], held[0].offset)


def _opened(file, one: RawExtension):
    """An extension as astropy has it, independent of the file."""
    content = one.header.encode("ascii", "replace") + os.pread(file.fileno(), one.size, one.offset)
    kind = fits.PrimaryHDU if not one.name and "XTENSION" not in one.structure else _KINDS[one.structure["XTENSION"]]
    return kind.fromstring(content)


_KINDS = {"IMAGE": fits.ImageHDU, "BINTABLE": fits.BinTableHDU, "TABLE": fits.TableHDU}


def _table_of(document: bytes):
    content = np.frombuffer(document, np.uint8)[None, :]
    column = fits.Column(array=content, format=f"{content.size}B", name="ASDF_METADATA")
    return fits.BinTableHDU.from_columns([column], name=ASDF)


def _digest(extensions: list[RawExtension]) -> str:
    """What a tree says of the headers that it was written with."""
    texts = (one.header for one in extensions if one.name != ASDF)
    return hashlib.sha256("".join(texts).encode()).hexdigest()


def _take_headers(trees: list[dict], extensions: list[RawExtension], layout: Group) -> None:
    """Let values be those of headers, which somebody has edited since the tree was written."""
    headers = {(one.name, one.version): one.header for one in extensions}
    for number, tree in enumerate(trees, start=1):
        opened = {
            name: fits.Header.fromstring(text) for (name, version), text in headers.items() if version == number
        }
        _take(tree, layout, opened)


def _take(tree: dict, group: Group, headers: dict[str, fits.Header]) -> None:
    for name, member in group.members:
        if isinstance(member, Group):
            below = tree.get(name, {})
            _take(below, member, headers)
            if below:
                tree[name] = below
        elif isinstance(member, Keyword) and member.name in headers.get(member.extension, ()):
            value = headers[member.extension][member.name]
            if not isinstance(value, fits.card.Undefined):
                tree[name] = value
