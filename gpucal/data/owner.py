"""Whoever owns arrays by name, on the backend once they are used."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gpucal.backend import current_backend
from gpucal.backend.traffic import EXPOSURE
from gpucal.data.files.outline import StoredImage
from gpucal.errors import GpucalError


class MissingArrayError(GpucalError, AttributeError):
    """An exposure, or a slit of one, does not hold an array that it may hold."""


class ArrayOwner:
    """Arrays as attributes: in a file or on the host until they are first used, on the backend from then on.

    Parameters
    ----------
    names : iterable of str
        All arrays that it may hold.
    images : dict of str to StoredImage
        Those that are still in a file.
    owner : str
        What messages call it.
    """

    def __init__(self, names: Iterable[str], images: dict[str, StoredImage], owner: str):
        self.__dict__["_names"] = frozenset(names)
        self.__dict__["_arrays"] = {}
        self.__dict__["_stored"] = dict(images)
        self.__dict__["_in_file"] = dict(images)
        self.__dict__["_owner"] = owner

    @property
    def host(self) -> dict:
        """The tree whose entries are arrays on the host, by name."""
        raise NotImplementedError

    @property
    def array_names(self) -> frozenset[str]:
        """The names of all arrays that it may hold."""
        return self._names

    @property
    def arrays(self) -> dict:
        """The arrays that are on the backend, by name."""
        return dict(self._arrays)

    @property
    def nbytes(self) -> int:
        """The bytes of all arrays that were moved to the backend."""
        return sum(math.prod(array.shape) * array.dtype.itemsize for array in self._arrays.values())

    def has(self, name: str) -> bool:
        """Whether it holds this array, rather than a default or nothing."""
        return name in self._arrays or name in self._stored or self.host.get(name) is not None

    def shape_of(self, name: str) -> tuple[int, ...] | None:
        """The shape of an array that it holds, without moving it; None where it holds none."""
        holder = self._arrays.get(name, self._stored.get(name, self.host.get(name)))
        return None if holder is None else tuple(holder.shape)

    def __getattr__(self, name: str):
        if name.startswith("_") or name not in self._names:
            raise AttributeError(name)
        if name not in self._arrays:
            self._arrays[name] = self._take(name)
        return self._arrays[name]

    def __setattr__(self, name: str, value) -> None:
        if name not in self._names:
            raise AttributeError(f"{self._owner} has no array {name!r}")
        self._arrays[name] = current_backend().xp.ascontiguousarray(value)
        self._stored.pop(name, None)
        self.host.pop(name, None)

    def __delattr__(self, name: str) -> None:
        for holder in (self._arrays, self._stored, self.host):
            holder.pop(name, None)

    def copy_arrays(self, other: ArrayOwner) -> None:
        """Hold copies of another's arrays, each where it is there."""
        self._arrays.update((name, array.copy()) for name, array in other._arrays.items())
        self._stored.update(other._stored)
        held = {name: array for name, array in other.host.items() if name in other._names and array is not None}
        self.host.update((name, array.copy()) for name, array in held.items())

    def release(self) -> None:
        """Let all arrays go, wherever they are."""
        self._arrays.clear()
        for name in self._names:
            self.host.pop(name, None)

    @property
    def can_read_again(self) -> bool:
        """Whether all arrays on the backend stand in a file, too."""
        return self._arrays.keys() <= self._in_file.keys()

    def drop_pixels(self) -> bool:
        """Let all arrays go, changed or not, if all can be read from the file again; whether they could."""
        if not self.can_read_again:
            return False
        self._stored.update((name, self._in_file[name]) for name in self._arrays)
        self._arrays.clear()
        return True

    def _take(self, name: str):
        """An array that is not on the backend yet."""
        if name in self._stored:
            array = self._stored[name].load(EXPOSURE)
            del self._stored[name]
            return array
        host = self.host.get(name)
        if host is None:
            raise MissingArrayError(f"{self._owner} holds no array {name!r}")
        array = current_backend().asarray(host, EXPOSURE)
        del self.host[name]
        return array
