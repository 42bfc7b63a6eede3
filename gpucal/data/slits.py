"""The slits of an exposure: small images with values of their own, worked on together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import PRODUCTS
from gpucal.data.coordinates import wcs_of
from gpucal.data.files.outline import Image, StoredImage, images_in
from gpucal.data.owner import ArrayOwner
from gpucal.startup.asdf_start import keeps_trees
from gpucal.startup.lazy import datamodels
from gpucal.startup.schemas import schema_of

if TYPE_CHECKING:
    from gpucal.wcs.world import Wcs

# The models that are lists of slits, and what the list is called in their trees.
LISTS = {"MultiSlitModel": "slits", "MultiExposureModel": "exposures"}


class Slit:
    """One slit of an exposure.

    Its arrays are attributes, on the backend: ``slit.data``, ``slit.wavelength``. They are edited in place, or set.
    Where the slits of an exposure are packed, they are views of planes that hold those of all slits.

    Parameters
    ----------
    values : dict
        What the schema of a slit lists, but for the arrays: a nested plain dictionary. It is given away.
    arrays : ArrayOwner
        The arrays.

    Attributes
    ----------
    values : dict
        Such as ``{"name": "S200A1", "source_type": "POINT", "meta": {"bunit_data": "MJy"}}``.
    """

    def __init__(self, values: dict, arrays: ArrayOwner):
        self.__dict__.update(values=values, _owner=arrays, _world=None)

    @property
    def name(self) -> str:
        """The name of the slit."""
        return str(self["name"])

    def __getitem__(self, place: str):
        """A value by its dotted place, such as ``meta.bunit_data``; None where it is not there."""
        node = self.values
        for name in place.split("."):
            node = node.get(name) if isinstance(node, dict) else None
        return node

    def __setitem__(self, place: str, value) -> None:
        """Set a value; what is missing on the way to it is made."""
        *way, last = place.split(".")
        node = self.values
        for name in way:
            node = node.setdefault(name, {})
        node[last] = value

    @property
    def array_names(self) -> frozenset[str]:
        """The names of all arrays that a slit may hold."""
        return self._owner.array_names

    @property
    def arrays(self) -> dict:
        """The arrays that are on the backend, by name."""
        return self._owner.arrays

    @property
    def nbytes(self) -> int:
        """The bytes of the arrays that are on the backend."""
        return self._owner.nbytes

    @property
    def host(self) -> dict:
        """The arrays that are still on the host, by name."""
        return self._owner.host

    def has(self, name: str) -> bool:
        """Whether the slit holds this array."""
        return self._owner.has(name)

    def shape_of(self, name: str) -> tuple[int, ...] | None:
        """The shape of an array, without moving it; None where the slit holds none."""
        return self._owner.shape_of(name)

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._owner, name)

    def __setattr__(self, name: str, value) -> None:
        setattr(self._owner, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._owner, name)

    def copy(self) -> Slit:
        """A slit with the same values and arrays; to change it leaves this one as it is."""
        arrays = _SlitArrays({}, {}, f"slit {self.name}")
        arrays.copy_arrays(self._owner)
        return Slit(detached(self.values), arrays)

    def get_wcs(self) -> Wcs:
        """The world coordinates of the slit.

        Raises
        ------
        MissingWcsError
            If it has none.
        """
        return wcs_of(self.values.get("meta", {}), f"slit {self.name}")

    def set_wcs(self, tree) -> None:
        """Keep world coordinates in the metadata of the slit.

        Parameters
        ----------
        tree : `gpucal.startup.wcs_tree.WcsTree`
            The coordinates. They become an object where a user is given a model.
        """
        self["meta.wcs"] = tree
        self.__dict__["_world"] = None

    @property
    def world(self):
        """Right ascension, declination (degrees) and wavelength (as the WCS gives it) of the slit's pixels.

        Returns
        -------
        (3, ny, nx) float64 array
            On the backend, NaN outside of the bounding box. It is evaluated once, and kept until the WCS is set.

        Raises
        ------
        MissingWcsError
            If the slit has no WCS.
        """
        if self._world is None:
            self.__dict__["_world"] = self.get_wcs().on_pixels(self.shape_of("data")[-2:])
        return self._world


class _WholeExposure(Slit):
    """An exposure that is a slit by itself."""

    def get_wcs(self) -> Wcs:
        """The world coordinates of the exposure."""
        return self._owner.get_wcs()

    def set_wcs(self, tree) -> None:
        """Keep world coordinates; see `Exposure.set_wcs`."""
        self._owner.set_wcs(tree)
        self.__dict__["_world"] = None


class _SlitArrays(ArrayOwner):
    """The arrays of one slit."""

    def __init__(self, host: dict, images: dict[str, StoredImage], owner: str):
        self.__dict__["_on_the_host"] = host
        super().__init__(arrays_of_slits(), images, owner)

    @property
    def host(self) -> dict:
        return self._on_the_host

    def without_arrays(self) -> _SlitArrays:
        return _SlitArrays({}, self._in_file, self._owner)

    def on_host(self, keep: bool) -> dict[str, np.ndarray]:
        """All arrays, of the types that the schema asks for; the backend lets them go unless it is to keep them."""
        for name in list(self._stored):
            getattr(self, name)
        backend, listed = current_backend(), arrays_of_slits()
        made = {
            name: backend.asnumpy(array, PRODUCTS).astype(listed[name].dtype, copy=False)
            for name, array in self._arrays.items()
        }
        if not keep:
            self.host.update(made)
            self._arrays.clear()
        return {**self.host, **made}


class Slits(Sequence):
    """The slits of an exposure, in order.

    Parameters
    ----------
    slits : iterable of Slit
        The slits.

    Examples
    --------
    >>> for slit in exposure.slits:  # doctest: +SKIP
    ...     print(slit.name, slit["source_type"], slit.shape_of("data"))
    """

    def __init__(self, slits: Iterable[Slit] = ()):
        self._slits = list(slits)
        self._planes = {}

    @classmethod
    def of_trees(cls, trees: Iterable[dict], images: Sequence[dict] = ()) -> Slits:
        """Slits of plain dictionaries.

        Parameters
        ----------
        trees : iterable of dict
            A tree for each slit: values and, on the host, arrays. They are given away.
        images : sequence of dict of str to StoredImage, optional
            The arrays that are still in a file, for each slit.

        Returns
        -------
        Slits
        """
        trees = list(trees)
        return cls(_of_tree(*both) for both in zip(trees, images or [{}] * len(trees), strict=True))

    def __len__(self) -> int:
        return len(self._slits)

    def __getitem__(self, index):
        """A slit by its place."""
        return self._slits[index]

    def part(self, indices: Iterable[int]) -> Slits:
        """Some of the slits; they are shared, not copied. All of them in order are these slits themselves."""
        indices = list(indices)
        return self if indices == list(range(len(self))) else Slits(self._slits[index] for index in indices)

    @property
    def windows(self) -> np.ndarray:
        """Where each slit stands in a packed plane.

        Returns
        -------
        (nslits, 3) int64 array
            The place of its first pixel, its rows, and its columns.
        """
        sizes = np.array([slit.shape_of("data")[-2:] for slit in self], np.int64).reshape(-1, 2)
        lengths = sizes[:, 0] * sizes[:, 1]
        return np.column_stack([np.cumsum(lengths) - lengths, sizes])

    def packed(self, name: str):
        """An array of all slits in one, row by row, one slit after another; their own become views of it.

        Parameters
        ----------
        name : str
            The array; all slits have to hold it, in one type.

        Returns
        -------
        1-D array on the backend
            Of the shape that `windows` tells, where slits are images.

        Raises
        ------
        AttributeError
            If a slit does not hold it.
        """
        plane, views = self._planes.get(name, (None, ()))
        own = [getattr(slit, name) for slit in self]
        if plane is None or any(array is not view for array, view in zip(own, views, strict=True)):
            plane = current_backend().xp.concatenate([array.reshape(-1) for array in own])
            self._spread(name, plane, [array.shape for array in own])
        return plane

    def set_packed(self, name: str, plane, shapes: Sequence[tuple[int, ...]] | None = None) -> None:
        """Give all slits an array from one of all, as `packed` gives it.

        Parameters
        ----------
        name : str
            The array.
        plane : 1-D array on the backend
            The pixels of all.
        shapes : sequence of tuple of int, optional
            The shape of each slit's array; by default that of its main array or, where slits are series and the plane
            is shorter, of one image.

        Raises
        ------
        ValueError
            If the plane is longer or shorter.
        """
        if shapes is None:
            shapes = [slit.shape_of("data") for slit in self]
            if plane.size != sum(map(_count, shapes)):
                shapes = [shape[-2:] for shape in shapes]
        if plane.size != sum(map(_count, shapes)):
            raise ValueError(f"a plane of {plane.size} pixels does not fit slits of {sum(map(_count, shapes))}")
        self._spread(name, plane.reshape(-1), shapes)

    def _spread(self, name: str, plane, shapes: list[tuple[int, ...]]) -> None:
        """Make the arrays of slits views of a plane."""
        ends = np.cumsum([_count(shape) for shape in shapes])
        for slit, shape, end in zip(self, shapes, ends, strict=True):
            setattr(slit, name, plane[end - _count(shape) : end].reshape(shape))
        self._planes[name] = plane, [getattr(slit, name) for slit in self]

    def to_trees(self, keep: bool = False) -> list[dict]:
        """A tree for each slit, with its values and, on the host, its arrays.

        Parameters
        ----------
        keep : bool
            Whether the backend keeps the arrays.
        """
        trees = [{**slit.values, **slit._owner.on_host(keep)} for slit in self]
        if not keep:
            self._planes.clear()
        return trees

    def without_arrays(self) -> Slits:
        """Slits with the same values, and with those arrays alone that are still in a file."""
        return Slits(Slit(slit.values, slit._owner.without_arrays()) for slit in self)

    @property
    def can_read_again(self) -> bool:
        """Whether all arrays on the backend stand in a file, too."""
        return all(slit._owner.can_read_again for slit in self)

    def drop_pixels(self) -> None:
        """Let all arrays go that can be read from a file again."""
        self._planes.clear()
        for slit in self:
            slit._owner.drop_pixels()


def _of_tree(tree: dict, images: dict[str, StoredImage]) -> Slit:
    """A slit of a tree, and of images that are still in a file."""
    listed = arrays_of_slits()
    host = {name: tree[name] for name in tree.keys() & listed if tree[name] is not None and name not in images}
    values = {name: value for name, value in tree.items() if name not in listed}
    if hasattr(values.get("meta"), "as_it_is"):  # see `gpucal.data.later_wcs`
        values["meta"] = values["meta"].as_it_is()
    return Slit(values, _SlitArrays(host, images, f"slit {values.get('name')}"))


@cache
def arrays_of_slits() -> dict[str, Image]:
    """The arrays that a slit may hold, by name."""
    return images_in(schema_of(datamodels.SlitDataModel))


def with_objects(trees: Sequence[dict]) -> list[dict]:
    """Trees of slits whose coordinates become objects of gwcs when they are used, if asdf has the extension for it."""
    from gpucal.data.later_wcs import MetaWithLaterWcs, with_tree  # they import asdf

    make = with_tree if keeps_trees() else MetaWithLaterWcs
    return [{**tree, "meta": make(tree.get("meta", {}))} for tree in trees]


def slits_of(exposure) -> Slits:
    """The slits of any exposure.

    Parameters
    ----------
    exposure : Exposure
        Of any type.

    Returns
    -------
    Slits
        Those of an exposure that is a list of slits. Of any other one: the arrays are its own, and the values those
        of its model.
    """
    if exposure.model_type in LISTS:
        return exposure.slits
    return Slits([_WholeExposure(exposure.model._instance, exposure)])


def detached(tree):
    """A copy of the nested containers of a tree, and of its unsigned arrays; all other leaves are shared."""
    if isinstance(tree, np.ndarray) and tree.dtype.kind == "u":
        return tree.copy()
    if isinstance(tree, dict):
        return {key: detached(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [detached(value) for value in tree]
    return tree


def _count(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape))
