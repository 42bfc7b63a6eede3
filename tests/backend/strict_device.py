"""A stand-in for CuPy that is as strict about where arrays live, and needs no device.

A `DeviceArray` refuses what CuPy's arrays refuse: to become a NumPy array by itself, and to work together with
one. What CuPy allows (its own functions, NumPy functions that dispatch to it, operators, scalars) it does.
"""

from importlib.machinery import ModuleSpec
from types import SimpleNamespace

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from gpucal.backend.staging import HostStaging


def to_host(value):
    """What stands behind device arrays, at any depth; a host array among them is an error."""
    if isinstance(value, DeviceArray):
        return value.host
    if isinstance(value, np.ndarray) and value.ndim:
        raise TypeError("a host array meets a device array")
    if isinstance(value, list | tuple):
        made = [to_host(item) for item in value]
        return type(value)(*made) if hasattr(value, "_fields") else type(value)(made)
    if isinstance(value, dict):
        return {key: to_host(item) for key, item in value.items()}
    return value


def to_device(value):
    """Arrays wrapped, at any depth."""
    if isinstance(value, np.ndarray | np.generic):
        return DeviceArray(np.asarray(value))
    if isinstance(value, list | tuple):
        made = [to_device(item) for item in value]
        return type(value)(*made) if hasattr(value, "_fields") else type(value)(made)
    return value


def _refuse_sequences(values):
    """Operators and assignments of CuPy take arrays and scalars only."""
    if any(isinstance(value, list | tuple) for value in values):
        raise TypeError("a list meets a device array")


class DeviceArray(NDArrayOperatorsMixin):
    """An array that stays where it is."""

    def __init__(self, host: np.ndarray):
        self.host = host

    def __array__(self, dtype=None, copy=None):
        raise TypeError("implicit conversion of a device array to a NumPy array")

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        _refuse_sequences(inputs)
        if out is not None:
            getattr(ufunc, method)(*to_host(inputs), out=to_host(out), **to_host(kwargs))
            return out[0] if len(out) == 1 else out
        return to_device(getattr(ufunc, method)(*to_host(inputs), **to_host(kwargs)))

    def __array_function__(self, function, types, args, kwargs):
        return to_device(function(*to_host(args), **to_host(kwargs)))

    def __getitem__(self, index):
        return to_device(self.host[to_host(index)])

    def __setitem__(self, index, value):
        _refuse_sequences([value])
        self.host[to_host(index)] = to_host(value)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self.host, name)
        if not callable(found):
            return to_device(found) if isinstance(found, np.ndarray) else found
        return lambda *args, **kwargs: to_device(found(*to_host(args), **to_host(kwargs)))

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __len__(self):
        return len(self.host)

    def __bool__(self):
        return bool(self.host)

    def __int__(self):
        return int(self.host)

    def __float__(self):
        return float(self.host)

    def __format__(self, spec):
        return format(self.host.item() if self.host.ndim == 0 else self.host, spec)


class StrictLibrary:
    """A library of array functions (NumPy, scipy.ndimage) that takes and gives device arrays only."""

    def __init__(self, library):
        self._library = library

    def __getattr__(self, name):
        found = getattr(self._library, name)
        if isinstance(found, type) or not callable(found):
            return found

        def called(*args, **kwargs):
            if isinstance(found, np.ufunc):
                _refuse_sequences(args)
            return to_device(found(*to_host(args), **to_host(kwargs)))

        return called


class StrictStaging(HostStaging):
    """Staging memory that is used again at once, as if the device had fetched what was in it."""

    def send(self, block):
        """A device array of the block."""
        moved = DeviceArray(block.copy())
        block.fill(0)
        return moved


FREE_BYTES = 10**12


def strict_cupy():
    """The strict stand-in for CuPy: what it says about devices, streams and memory is made up."""
    cupy = StrictLibrary(np)
    cupy.__spec__ = ModuleSpec("cupy", None)
    cupy.asarray = lambda host: DeviceArray(host.copy())
    cupy.asnumpy = lambda array: array.host.copy()
    cupy.cuda = SimpleNamespace(
        get_current_stream=lambda: SimpleNamespace(synchronize=lambda: None),
        runtime=SimpleNamespace(memGetInfo=lambda: (FREE_BYTES, FREE_BYTES), getDeviceCount=lambda: 1),
    )
    cupy.get_default_memory_pool = lambda: SimpleNamespace(
        free_bytes=lambda: 0, total_bytes=lambda: 0, free_all_blocks=lambda: None
    )
    return cupy
