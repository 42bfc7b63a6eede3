"""A data model whose arrays live on the backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import EXPOSURE, PRODUCTS
from gpucal.data.coordinates import wcs_of
from gpucal.data.files.ahead import ImageAhead
from gpucal.data.files.outline import StoredImage, images_of
from gpucal.data.membership import Membership
from gpucal.data.owner import ArrayOwner
from gpucal.data.slits import LISTS, Slits, detached, with_objects
from gpucal.startup.asdf_start import kept_wcs
from gpucal.startup.lazy import datamodels
from gpucal.startup.schemas import new_model

if TYPE_CHECKING:
    from gpucal.wcs.slices import Slices
    from gpucal.wcs.world import Wcs

# What an exposure is called that comes from no file, and has no name.
UNNAMED = "unnamed"


class Exposure(ArrayOwner):
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
    slits : Slits, optional
        Of a model that is a list of slits; by default those that it holds.

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
        slits: Slits | None = None,
    ):
        self.__dict__["model"] = model
        self.__dict__["source"] = source or model.meta.filename or UNNAMED
        self.__dict__["origin"] = None
        self.__dict__["membership"] = Membership()
        self.__dict__["refused"] = {}
        self.__dict__.update(_ifu_slices=(None, None), _wcs=(None, None))
        names = set(images_of(model)) | _UNLISTED_ARRAYS.get(type(model).__name__, set())
        super().__init__(names, images or {}, f"{type(model).__name__} of {self.source}")
        given = model._instance.pop(LISTS[self.model_type], None) if self.model_type in LISTS else None
        self.__dict__["_slits"] = Slits.of_trees(given or ()) if slits is None else slits

    @property
    def meta(self):
        """The metadata tree, on the host."""
        return self.model.meta

    @property
    def kept_meta(self) -> dict:
        """The metadata as plain dictionaries: what they hold and nothing else, unchecked, objects as they are kept."""
        return self.model._instance["meta"]

    @property
    def model_type(self) -> str:
        """The class name of the model, such as ``RampModel``."""
        return type(self.model).__name__

    @property
    def host(self) -> dict:
        """The tree of the model."""
        return self.model._instance

    @property
    def slits(self) -> Slits:
        """The slits, of a model that is a list of them; none of any other. See `gpucal.data.slits.slits_of`."""
        return self._slits

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        return super().__getattr__(name) if name in self._names else getattr(self.model, name)

    def __setattr__(self, name: str, value) -> None:
        if name in self._names:
            super().__setattr__(name, value)
        elif name in ("source", "origin", "membership", "refused"):
            self.__dict__[name] = value
        else:
            setattr(self.model, name, value)

    def _take(self, name: str):
        default = ZERO_DEFAULTS.get((self.model_type, name))
        if default is not None and not self.has(name):
            dtype, shape = default
            return current_backend().xp.zeros(shape(self), dtype)
        if not self.has(name) and (made := getattr(self.model, name)) is not None:  # the default of the schema
            self.model._instance[name] = made
        return super()._take(name)

    def set_wcs(self, tree) -> None:
        """Keep world coordinates in the metadata: as they are, or as an object where asdf has gwcs's extension.

        Parameters
        ----------
        tree : `gpucal.startup.wcs_tree.WcsTree`
            The coordinates.
        """
        kept = self.kept_meta["wcs"] = kept_wcs(tree)
        self.__dict__["_wcs"] = kept, wcs_of({"wcs": tree}, self.source)

    @property
    def has_wcs(self) -> bool:
        """Whether there are world coordinates in the metadata."""
        return self.kept_meta.get("wcs") is not None

    def get_wcs(self) -> Wcs:
        """The world coordinates in the metadata.

        Raises
        ------
        MissingWcsError
            If it has none.
        """
        kept = self.kept_meta.get("wcs")
        if kept is None or kept is not self._wcs[0]:
            self.__dict__["_wcs"] = kept, wcs_of(self.kept_meta, self.source)  # of an object it takes long
        return self._wcs[1]

    @property
    def ifu_slices(self) -> Slices:
        """The slices of an integral field with their coordinates; made once, and kept until there is another WCS.

        Raises
        ------
        MissingWcsError
            If it has no world coordinates.
        NoSlicesError
            If they are not those of an integral field.
        """
        wcs = self.get_wcs()
        if wcs is not self._ifu_slices[0]:
            from gpucal.wcs.slices import slices_of  # of no use to most runs
            from gpucal.wcs.small_pixels import has_small_pixels

            labels = self.regions if has_small_pixels(wcs) and self.has("regions") else None
            self.__dict__["_ifu_slices"] = wcs, slices_of(wcs, labels)
        return self._ifu_slices[1]

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

    def with_slits(self, slits) -> Exposure:
        """A multi-slit exposure with this one's metadata.

        Parameters
        ----------
        slits : iterable of Slit
            The slits, in order; they are shared, not copied.

        Returns
        -------
        Exposure
            Of type ``MultiSlitModel``.
        """
        blank = self.blank("MultiSlitModel")
        made = Exposure(blank.model, self.source, slits=Slits(slits))
        made.membership = self.membership
        return made

    def copy(self) -> Exposure:
        """An exposure with the same metadata and arrays; to change it leaves this one as it is."""
        model = new_model(type(self.model))
        model._schema = self.model._schema  # it may have an entry more than its class
        model._instance.update(
            detached({name: value for name, value in self.model._instance.items() if name not in self._names})
        )
        made = Exposure(model, self.source, slits=Slits(slit.copy() for slit in self.slits))
        made.copy_arrays(self)
        made.membership = self.membership
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
        if self.model_type in LISTS:
            self.model._instance[LISTS[self.model_type]] = with_objects(self._slits.to_trees())
        return self.model

    def release(self) -> None:
        """Let all arrays go, wherever they are; metadata and tables stay."""
        super().release()
        self.__dict__["_ifu_slices"] = None, None
        self.__dict__["_slits"] = self._slits.without_arrays()  # another exposure may have the same slits

    @property
    def can_be_dropped(self) -> bool:
        """Whether all arrays that are on the backend can be read from the file again."""
        return self.can_read_again and self._slits.can_read_again

    def drop_pixels(self) -> bool:
        """Let all arrays go, changed or not, if all can be read from the file again; whether they could."""
        if not self.can_be_dropped:
            return False
        self._slits.drop_pixels()
        self.__dict__["_ifu_slices"] = None, None
        return super().drop_pixels()

    def snapshot(self) -> datamodels.JwstDataModel:
        """A complete model for saving, which leaves the exposure as it is.

        While a file is written, unsigned arrays may be changed in place, so these are copied; all else is shared.
        """
        self._take_all()
        model = new_model(type(self.model))
        model._schema = self.model._schema  # it may have an entry more than its class
        listed = LISTS.get(self.model_type)
        model._instance.update(
            detached({name: value for name, value in self.model._instance.items() if name != listed})
        )
        for name in self._arrays:
            host = self._on_host(name)
            model._instance[name] = host.copy() if host.dtype.kind == "u" else host
        if listed is not None:
            model._instance[listed] = detached(self._slits.to_trees(keep=True))
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
    def nbytes(self) -> int:
        """The bytes of all arrays that were moved to the backend."""
        return super().nbytes + sum(slit.nbytes for slit in self._slits)


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
