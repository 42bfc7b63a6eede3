"""Data models without the pixels of their images: metadata and tables now, images when they are used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.data.files.file_pixels import FilePixels
from gpucal.data.files.quiet import quietly
from gpucal.data.files.rectangle import Rectangle
from gpucal.data.files.skeleton import read_skeleton
from gpucal.kernels.storage.flag_definitions import standardize_flags
from gpucal.startup.asdf_start import read_with_extensions
from gpucal.startup.lazy import datamodels
from gpucal.startup.schemas import new_model


class Image(NamedTuple):
    """An array of a model, as its schema has it.

    Attributes
    ----------
    extension : str or None
        The FITS extension that holds it.
    dtype : dtype
        The type of its values.
    ndim : int or None
        The number of its axes; None where it has those of the main array.
    default : number or None
        The value of its pixels where a file lacks it.
    """

    extension: str | None
    dtype: np.dtype
    ndim: int | None
    default: float | None

    def made_for(self, shape: tuple[int, ...]) -> np.ndarray:
        """The array of default values for a model whose main array has this shape."""
        return np.full(shape[-(self.ndim or len(shape)) :], self.default, self.dtype)


class StoredImage(NamedTuple):
    """An image whose pixels are still in a file.

    Attributes
    ----------
    pixels : FilePixels
        The pixels.
    dtype : dtype
        The type that the model gives them.
    meanings : (n, 2) uint32 array or None
        For flags whose bits the file itself defines: the value of each bit in the file, and that of the standard flag.
    """

    pixels: FilePixels
    dtype: np.dtype
    meanings: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the image."""
        return self.pixels.shape

    def load(self, what: str, window: Rectangle | None = None, counts: tuple[int, ...] = ()):
        """The image, or a part of it, on the backend; see `FilePixels.load`."""
        return self._standard(self.pixels.load(self.dtype, window, what, counts))

    def parts(self, what: str, window: Rectangle | None = None, counts: tuple[int, ...] = ()) -> Iterator:
        """The image, some rows at a time; see `FilePixels.parts`."""
        for rows, part in self.pixels.parts(window, what, counts):
            yield rows, self._standard(part.astype(self.dtype, copy=False))

    def _standard(self, image):
        """Turn the flags of an image, in place, from the bits of the file into the standard ones."""
        if self.meanings is not None:
            standardize_flags(image, current_backend().asarray(self.meanings))
        return image


# The images that some models make by themselves where a file lacks them, and the base class of such models.
_DEFAULTS = {"dq": "DefaultDQMixin", "err": "DefaultErrMixin"}


class Outline(NamedTuple):
    """A model that was read from a FITS file but for its images.

    Attributes
    ----------
    model : `stdatamodels.jwst.datamodels.JwstDataModel`
        Metadata, tables, and arrays that no extension of their own holds.
    images : dict of str to StoredImage
        The images that the file holds, by the name that they have in the model.
    defaults : frozenset of str
        The images that it lacks, and that a model makes when all of it is read.
    """

    model: datamodels.JwstDataModel
    images: dict[str, StoredImage]
    defaults: frozenset[str]


# The arrays of each class of models that was asked about before.
_images: dict[type, dict[str, Image]] = {}


def images_of(model: datamodels.JwstDataModel) -> dict[str, Image]:
    """The arrays that a model may hold at the top of its tree (not its tables), by name."""
    if type(model) not in _images:
        _images[type(model)] = images_in(model.schema)
    return _images[type(model)]


def images_in(schema: dict) -> dict[str, Image]:
    """The arrays that a schema lists at the top of a tree, by name."""
    return {
        name: Image(
            entry.get("fits_hdu"),
            np.dtype(entry["datatype"]),
            entry.get("ndim"),
            entry.get("default"),
        )
        for name, entry in schema["properties"].items()
        if isinstance(entry.get("datatype"), str)
    }


def read_outline(path: str | os.PathLike, model_class: type, **settings) -> Outline | None:
    """Read a model from a FITS file but for its images.

    Parameters
    ----------
    path : path
        The file.
    model_class : type
        The class of the model.
    **settings
        For the model, such as ``validate_on_assignment``.

    Returns
    -------
    Outline or None
        The model, and where its images are; None where the file has images that the model has no place for.

    Raises
    ------
    OSError, ValueError
        If it is no FITS file, or ends before its last extension does.
    """
    skeleton = read_skeleton(Path(path))
    with quietly():
        settings["ignore_unrecognized_tag"] = True
        model = read_with_extensions(lambda: new_model(model_class, skeleton.hdulist, **settings))
    known = images_of(model)
    if not skeleton.pixels.keys() <= {image.extension for image in known.values()}:
        return None
    images = {
        name: StoredImage(skeleton.pixels[image.extension], image.dtype, _meanings(model) if name == "dq" else None)
        for name, image in known.items()
        if image.extension in skeleton.pixels
    }
    for name in images:  # what the model has there came from an emptied extension
        model._instance.pop(name, None)
    lacking = {
        name
        for name, kind in _DEFAULTS.items()
        if _is_a(kind, model) and model._instance.get(name) is None
    }
    return Outline(model, images, frozenset(lacking - images.keys()))


def _meanings(model: datamodels.JwstDataModel) -> np.ndarray | None:
    """The bits of a file's flags and the standard ones; None unless the file has a table that defines its bits."""
    definitions = getattr(model, "dq_def", None) if _is_a(_DEFAULTS["dq"], model) else None
    if definitions is None or not len(definitions):
        return None
    named = zip(definitions["VALUE"], definitions["NAME"], strict=True)
    return np.array([(bit, datamodels.dqflags.pixel.get(name.strip(), 0)) for bit, name in named], np.uint32)


def _is_a(base: str, model: datamodels.JwstDataModel) -> bool:
    return any(kind.__name__ == base for kind in type(model).__mro__)
