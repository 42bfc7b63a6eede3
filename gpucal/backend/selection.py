"""Choose the backend once, and ask it for arrays.

A backend answers three questions: which array library holds the pixels, how an array crosses between
host and device, and which launcher runs a kernel. Nothing else in gpucal distinguishes them.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

import numpy as np

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
    """

    name: str
    xp: ModuleType
    launcher: str
    device: str

    def asarray(self, host: np.ndarray):
        """Move a host array to the backend, C-contiguous and in native byte order.

        An array that is already there in that form is returned as it is.
        """
        host = np.asarray(host)
        if not host.dtype.isnative:
            host = host.astype(host.dtype.newbyteorder("="))
        return self.xp.asarray(np.ascontiguousarray(host))

    def asnumpy(self, array) -> np.ndarray:
        """Move a backend array to the host."""
        return array if isinstance(array, np.ndarray) else self.xp.asnumpy(array)

    def synchronize(self) -> None:
        """Wait until the device has done all that was launched."""
        if self.xp is not np:
            self.xp.cuda.get_current_stream().synchronize()


def _cpu() -> Backend:
    return Backend("cpu", np, "loop", f"{os.cpu_count()} CPU cores")


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
    return Backend("cuda", cupy, "grid", properties["name"].decode())


def _cudasim() -> Backend:
    from numba import config

    if not config.ENABLE_CUDASIM:
        raise BackendError("the CUDA simulator needs NUMBA_ENABLE_CUDASIM=1 set before Python starts")
    return Backend("cudasim", np, "grid", "Numba's CUDA simulator")


_MAKERS = {"cpu": _cpu, "cuda": _cuda, "cudasim": _cudasim}
_current: Backend | None = None


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
    global _current
    name = name or os.environ.get(ENVIRONMENT_VARIABLE) or "auto"
    if name == "auto":
        _current = _best_available()
    elif name in _MAKERS:
        _current = _MAKERS[name]()
        log.info("Backend %s (%s), as asked for", _current.name, _current.device)
    else:
        raise BackendError(f"unknown backend {name!r}; choose one of {', '.join(NAMES)}")
    return _current


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
    return _current or select_backend()


@contextmanager
def use_backend(name: str | None) -> Iterator[Backend]:
    """Use a backend inside a ``with`` block, then return to the one before."""
    global _current
    before = _current
    try:
        yield select_backend(name)
    finally:
        _current = before


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
