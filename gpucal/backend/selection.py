"""Choose the backend once, and ask it for arrays.

A backend answers four questions: which array library holds the pixels, how an array crosses between
host and device, which launcher runs a kernel, and how much memory there is. Nothing else in gpucal distinguishes
them.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np

from gpucal.backend.memory import free_device_bytes, given_capacity
from gpucal.backend.staging import HostStaging, PinnedStaging
from gpucal.backend.threads import thread_count
from gpucal.backend.traffic import TABLES, count_to_device, count_to_host
from gpucal.errors import GpucalError

log = logging.getLogger(__name__)

ENVIRONMENT_VARIABLE = "GPUCAL_BACKEND"
NAMES = ("auto", "cpu", "cuda", "cudasim")


class BackendError(GpucalError):
    """The backend that was asked for cannot be used on this machine."""


@dataclass(frozen=True)
class Backend:
    """Where arrays live and how kernels run.

    Attributes
    ----------
    name : str
        ``cpu``, ``cuda`` or ``cudasim``.
    xp : module
        The array library: NumPy, or CuPy for ``cuda``.
    launcher : str
        The kernel launcher: ``loop`` (compiled loops on all cores) or ``grid`` (CUDA threads).
    device : str
        The device in words, for the log.
    counts : bool
        Whether the bytes that cross are counted. Not so for the host on which work is done that the device has no
        room for.
    scratch_bytes : int
        How many bytes the temporaries of a kernel may take: few on a CPU, in whose caches they shall stay; more on a
        device, which works best on large grids.
    staging : type
        The class of `HostStaging` that brings data to the backend block by block.
    """

    name: str
    xp: ModuleType
    launcher: str
    device: str
    counts: bool = True
    scratch_bytes: int = 64 * 2**20
    staging: type[HostStaging] = HostStaging

    def asarray(self, host: np.ndarray, what: str = TABLES):
        """Move a host array to the backend, C-contiguous and in native byte order.

        An array that is already there in that form is returned as it is.

        Parameters
        ----------
        host : array
            On the host.
        what : str
            What it is counted as: a name of `gpucal.backend.traffic`.
        """
        host = np.asarray(host)
        if not host.dtype.isnative:
            host = host.astype(host.dtype.newbyteorder("="))
        if self.counts:
            count_to_device(what, host.nbytes)
        return self.xp.asarray(np.ascontiguousarray(host))

    def fetch(self, block: np.ndarray, staging: HostStaging, what: str = TABLES):
        """Move a block that lies in staging memory to the backend; its bytes are counted as in `asarray`."""
        if self.counts:
            count_to_device(what, block.nbytes)
        return staging.send(block)

    def asnumpy(self, array, what: str = TABLES) -> np.ndarray:
        """Move a backend array to the host; one that is there already is returned as it is.

        Parameters
        ----------
        array : array
            On the backend.
        what : str
            What it is counted as: a name of `gpucal.backend.traffic`.
        """
        if self.xp is not np and isinstance(array, np.ndarray):
            return array
        if self.counts:
            count_to_host(what, array.nbytes)
        return array if self.xp is np else self.xp.asnumpy(array)

    def capacity(self) -> int | None:
        """Bytes that the backend can still take; None where there is no limit.

        The environment variable ``GPUCAL_DEVICE_BYTES`` takes the place of what the device says.
        """
        given = given_capacity()
        if given is None and self.xp is not np:
            return free_device_bytes(self.xp)
        return given

    def peak_bytes(self) -> int | None:
        """The most memory that arrays have held on the device; None where the host is the device."""
        return None if self.xp is np else self.xp.get_default_memory_pool().total_bytes()

    def release(self) -> None:
        """Give unused memory back to the device."""
        if self.xp is not np:
            self.xp.get_default_memory_pool().free_all_blocks()

    def synchronize(self) -> None:
        """Wait until the device has done all that was launched."""
        if self.xp is not np:
            self.xp.cuda.get_current_stream().synchronize()


def _cpu() -> Backend:
    return Backend("cpu", np, "loop", f"{os.cpu_count()} CPU cores, {thread_count()} threads")


def _cuda() -> Backend:
    try:
        import cupy
    except ImportError as error:
        raise BackendError("CuPy is not installed; install gpucal[cuda12] or gpucal[cuda13]") from error
    try:
        cupy.zeros(1).sum()
        properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.runtime.getDevice())
    except Exception as error:
        raise BackendError(f"no usable CUDA device ({error})") from error
    name = properties["name"].decode()
    return Backend("cuda", cupy, "grid", name, scratch_bytes=256 * 2**20, staging=PinnedStaging)


def _cudasim() -> Backend:
    from numba import config

    if not config.ENABLE_CUDASIM:
        raise BackendError("the CUDA simulator needs NUMBA_ENABLE_CUDASIM=1 set before Python starts")
    return Backend("cudasim", np, "grid", "Numba's CUDA simulator")


_MAKERS = {"cpu": _cpu, "cuda": _cuda, "cudasim": _cudasim}

# The backend of this context (of a thread, say), and the one of all contexts that have none of their own.
_in_use: ContextVar[Backend | None] = ContextVar("backend in use", default=None)
_default: Backend | None = None


def select_backend(name: str | None = None) -> Backend:
    """Choose the backend for all that follows in this process.

    Parameters
    ----------
    name : str, optional
        ``auto``, ``cpu``, ``cuda`` or ``cudasim``. By default the environment variable
        ``GPUCAL_BACKEND``, or ``auto``: cuda where a usable device is found, else cpu.

    Returns
    -------
    Backend
        The chosen backend.

    Raises
    ------
    BackendError
        If the name is unknown, or the named backend cannot be used here.
    """
    global _default
    _default = _made(name)
    _in_use.set(_default)
    return _default


def _made(name: str | None) -> Backend:
    name = name or os.environ.get(ENVIRONMENT_VARIABLE) or "auto"
    if name == "auto":
        return _best_available()
    if name not in _MAKERS:
        raise BackendError(f"unknown backend {name!r}; choose one of {', '.join(NAMES)}")
    backend = _MAKERS[name]()
    log.info("Backend %s (%s), as asked for", backend.name, backend.device)
    return backend


def _best_available() -> Backend:
    try:
        backend = _cuda()
    except BackendError as reason:
        backend = _cpu()
        log.info("Backend cpu (%s): %s", backend.device, reason)
    else:
        log.info("Backend cuda (%s): a usable device was found", backend.device)
    return backend


def current_backend() -> Backend:
    """The backend in use; chosen now if none was chosen before."""
    return _in_use.get() or _default or select_backend()


def host_backend() -> Backend:
    """The host as a backend, for exposures that the device cannot hold: nothing crosses, so nothing is counted."""
    return replace(_cpu(), counts=False)


@contextmanager
def use_backend(chosen: str | Backend | None) -> Iterator[Backend]:
    """Use a backend, given itself or by name, inside a ``with`` block of this thread."""
    backend = chosen if isinstance(chosen, Backend) else _made(chosen)
    token = _in_use.set(backend)
    try:
        yield backend
    finally:
        _in_use.reset(token)


def array_namespace(array) -> ModuleType:
    """The array library (NumPy or CuPy) that holds ``array``."""
    if isinstance(array, np.ndarray):
        return np
    import cupy

    return cupy


def image_library(array) -> ModuleType:
    """The image library (``scipy.ndimage`` or ``cupyx.scipy.ndimage``) for ``array``."""
    if isinstance(array, np.ndarray):
        from scipy import ndimage
    else:
        from cupyx.scipy import ndimage
    return ndimage


def on_backend(value):
    """Move the arrays in nested tuples and lists to the backend."""
    if isinstance(value, np.ndarray):
        return current_backend().asarray(value)
    if isinstance(value, tuple | list):
        made = [on_backend(item) for item in value]
        return type(value)(*made) if hasattr(value, "_fields") else type(value)(made)
    return value
