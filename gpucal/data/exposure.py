"""A data model whose arrays live on the backend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import EXPOSURE, PRODUCTS
from gpucal.data.files.ahead import ImageAhead
from gpucal.data.files.outline import StoredImage, images_of
from gpucal.data.membership import Membership
from gpucal.errors import GpucalError
from gpucal.startup.asdf_start import kept_wcs
from gpucal.startup.lazy import datamodels
from gpucal.startup.schemas import new_model

if TYPE_CHECKING:
    from gpucal.wcs.world import Wcs



class MissingWcsError(GpucalError):
    """An exposure has no world coordinates."""


# What an exposure is called that comes from no file, and has no name.
UNNAMED = "unnamed"


class Exposure:
    """A thin wrapper on a stdatamodels model, with its pixels on the backend.

    An array of the model (``data``, ``groupdq``, ``err``, ...) moves to the backend when it is first
    used, and the model's own copy is released: from then on the exposure owns it, and steps edit it in
    place. Metadata, tables and everything else stay in the model.

    Parameters
    ----------
    model : `stdatamodels.jwst.datamodels.JwstDataModel`
        The model to wrap. It is given away: use `to_model` to have it back, complete.
    source : str, optional
        The name of the input that the exposure came from, after which products are named; by default the one that
        the model says, or `UNNAMED`.
    images : dict of str to StoredImage, optional
        Images of the model that are still in a file.

    Attributes
    ----------
    origin : path, model or None
        What the exposure can be opened from once more.
    membership : Membership
        The product of an association that it is a member of.
    refused : dict of str to object
        Values in the header of its file that its schema refuses, and that the metadata lack for that, by their place,
        such as ``meta.subarray.name``.

    Notes
    -----
    Reading an array that the input does not hold gives the default of the model's schema (zeros, for the
    data quality arrays), made on the backend. An array that has no default raises `AttributeError`.
    """

    extension: ClassVar[str | None] = None
    """The extension of files that it is saved in, if it has one of its own."""

    def __init__(
        self,
        model: datamodels.JwstDataModel,
        source: str | None = None,
        images: dict[str, StoredImage] | None = None,
    ):
        self.__dict__["model"] = model
        self.__dict__["source"] = source or model.meta.filename or UNNAMED
        self.__dict__["origin"] = None
        self.__dict__["membership"] = Membership()
        self.__dict__["refused"] = {}
        self.__dict__["_arrays"] = {}
        self.__dict__["_stored"] = dict(images or {})
        self.__dict__["_in_file"] = dict(images or {})
        self.__dict__["_names"] = frozenset(images_of(model)) | _UNLISTED_ARRAYS.get(type(model).__name__, set())

    @property
    def meta(self):
        """The metadata tree, on the host."""
        return self.model.meta

    @property
    def model_type(self) -> str:
        """The class name of the model, such as ``RampModel``."""
        return type(self.model).__name__

    @property
    def array_names(self) -> frozenset[str]:
        """The names of all arrays that a model of this type may hold."""
        return self._names

    def has(self, name: str) -> bool:
        """Whether the exposure holds this array, rather than a default or nothing."""
        return name in self._arrays or name in self._stored or self.model._instance.get(name) is not None

    def shape_of(self, name: str) -> tuple[int, ...] | None:
        """The shape of an array that the exposure holds, without moving it; None where it holds none."""
        holder = self._arrays.get(name, self._stored.get(name, self.model._instance.get(name)))
        return None if holder is None else tuple(holder.shape)

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._names:
            return getattr(self.model, name)
        if name not in self._arrays:
            self._arrays[name] = self._take(name)
        return self._arrays[name]

    def __setattr__(self, name: str, value) -> None:
        if name in self._names:
            self._arrays[name] = current_backend().xp.ascontiguousarray(value)
            self._stored.pop(name, None)
            self.model._instance.pop(name, None)
        elif name in ("source", "origin", "membership", "refused"):
            self.__dict__[name] = value
        else:
            setattr(self.model, name, value)

    def __delattr__(self, name: str) -> None:
        for holder in (self._arrays, self._stored, self.model._instance):
            holder.pop(name, None)

    def _take(self, name: str):
        if name in self._stored:
            array = self._stored[name].load(EXPOSURE)
            del self._stored[name]
            return array
        backend = current_backend()
        default = ZERO_DEFAULTS.get((self.model_type, name))
        if default is not None and not self.has(name):
            dtype, shape = default
            return backend.xp.zeros(shape(self), dtype)
        host = getattr(self.model, name)
        if host is None:
            raise AttributeError(f"{self.model_type} of {self.source} holds no array {name!r}")
        array = backend.asarray(host, EXPOSURE)
        self.model._instance.pop(name, None)
        return array

    def set_wcs(self, tree) -> None:
        """Keep world coordinates in the metadata: as they are, or as an object where asdf has gwcs's extension.

        Parameters
        ----------
        tree : `gpucal.startup.wcs_tree.WcsTree`
            The coordinates.
        """
        self.model._instance["meta"]["wcs"] = kept_wcs(tree)

    def get_wcs(self) -> Wcs:
        """The world coordinates in the metadata.

        Raises
        ------
        MissingWcsError
            If it has none.
        """
        kept = self.model._instance["meta"].get("wcs")
        if kept is None:
            raise MissingWcsError(f"{self.source}: has no world coordinates; run assign_wcs on it first")
        from gpucal.wcs.world import Wcs  # of no use to most runs

        return Wcs.of_kept(kept)

    def read_ahead(self) -> None:
        """Let another thread read the main array, if it is still in its file; on a CPU, without a limit of memory."""
        primary = self.model.get_primary_array_name()
        stored = self._stored.get(primary)
        backend = current_backend()
        if isinstance(stored, StoredImage) and backend.name == "cpu" and backend.capacity() is None:
            self._stored[primary] = ImageAhead(stored, EXPOSURE)

    def blank(self, model_type: str, **arrays) -> Exposure:
        """A new exposure of another type with this one's metadata.

        Parameters
        ----------
        model_type : str
            The name of a stdatamodels class, such as ``ImageModel``.
        **arrays
            Backend arrays of the new exposure.

        Returns
        -------
        Exposure
            The new exposure; tables and arrays of this one are not carried over.
        """
        # What is valid in one model is valid in another: metadata have the same schema in all.
        model = new_model(getattr(datamodels, model_type), validate_on_assignment=False)
        model.update(self.model)
        model._validate_on_assignment = self.model._validate_on_assignment
        made = Exposure(model, self.source)
        for name, array in arrays.items():
            setattr(made, name, array)
        return made

    def with_model(self, model: datamodels.JwstDataModel | None) -> Exposure:
        """What comes of it when somebody was handed its model, and returned another, or None for the same one."""
        return Exposure(self.model if model is None else model, self.source)

    def to_model(self) -> datamodels.JwstDataModel:
        """The complete model, with all arrays on the host; the backend lets them go.

        Returns
        -------
        `stdatamodels.jwst.datamodels.JwstDataModel`
            The wrapped model. An array that is used once more goes to the backend again.
        """
        self._take_all()
        for name in list(self._arrays):
            self.model._instance[name] = self._on_host(name)
            del self._arrays[name]
        return self.model

    def release(self) -> None:
        """Let all arrays go, wherever they are; metadata and tables stay."""
        self._arrays.clear()
        for name in self._names:
            self.model._instance.pop(name, None)

    def drop_pixels(self) -> bool:
        """Let all arrays go, changed or not, if all can be read from the file again; whether they could."""
        if not self._arrays.keys() <= self._in_file.keys():
            return False
        self._stored.update((name, self._in_file[name]) for name in self._arrays)
        self._arrays.clear()
        return True

    def snapshot(self) -> datamodels.JwstDataModel:
        """A complete model for saving, which leaves the exposure as it is.

        While a file is written, unsigned arrays may be changed in place, so these are copied; all else is shared.
        """
        self._take_all()
        model = new_model(type(self.model))
        model._schema = self.model._schema  # it may have an entry more than its class
        model._instance.update(_detached(self.model._instance))
        for name in self._arrays:
            host = self._on_host(name)
            model._instance[name] = host.copy() if host.dtype.kind == "u" else host
        return model

    def _on_host(self, name: str) -> np.ndarray:
        """An array on the host, of the type that the model's schema asks for: it needs no check against that."""
        host = current_backend().asnumpy(self._arrays[name], PRODUCTS)
        listed = images_of(self.model).get(name)
        return host if listed is None else host.astype(listed.dtype, copy=False)

    def _take_all(self) -> None:
        """Read the images that are still in a file."""
        for name in list(self._stored):
            getattr(self, name)

    @property
    def arrays(self) -> dict:
        """The arrays that are on the backend, by name."""
        return dict(self._arrays)

    @property
    def nbytes(self) -> int:
        """The bytes of all arrays that were moved to the backend."""
        return sum(math.prod(array.shape) * array.dtype.itemsize for array in self._arrays.values())


def _data_shape(exposure: Exposure) -> tuple[int, ...]:
    return exposure.data.shape


def _image_shape(exposure: Exposure) -> tuple[int, ...]:
    return exposure.data.shape[-2:]


def _stripes_shape(exposure: Exposure) -> tuple[int, ...]:
    """An image for each superstripe position."""
    return (exposure.meta.subarray.num_superstripe, *exposure.data.shape[-2:])


# Arrays that are zeros where an exposure lacks them, with their type and shape; they are made on the backend.
ZERO_DEFAULTS = {
    ("GuiderRawModel", "dq"): (np.uint32, _image_shape),
    ("RampModel", "groupdq"): (np.uint8, _data_shape),
    ("RampModel", "pixeldq"): (np.uint32, _image_shape),
    ("SuperstripeRampModel", "groupdq"): (np.uint8, _data_shape),
    ("SuperstripeRampModel", "pixeldq"): (np.uint32, _stripes_shape),
}

# Arrays that steps add to a model whose schema does not list them; they are saved in its metadata tree.
_UNLISTED_ARRAYS = {"GuiderCalModel": {"var_flat"}}


def _detached(tree):
    """A copy of the nested containers of a tree, and of its unsigned arrays; all other leaves are shared."""
    if isinstance(tree, np.ndarray) and tree.dtype.kind == "u":
        return tree.copy()
    if isinstance(tree, dict):
        return {key: _detached(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_detached(value) for value in tree]
    return tree
