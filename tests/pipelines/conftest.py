"""A device without a device: the strict stand-in for CuPy as the cuda backend."""

import sys
from types import ModuleType

import pytest
from scipy import ndimage

from gpucal.backend import selection, use_backend
from gpucal.backend.kernels import PixelKernel
from gpucal.backend.selection import Backend
from gpucal.reference import clear_store
from tests.backend.strict_device import DeviceArray, StrictLibrary, strict_cupy, to_host


@pytest.fixture
def strict_device(monkeypatch):
    """The cuda backend on the stand-in, in use; kernels run as compiled loops."""
    cupy = strict_cupy()
    images = ModuleType("cupyx.scipy")
    images.ndimage = StrictLibrary(ndimage)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setitem(sys.modules, "cupyx.scipy", images)
    monkeypatch.setitem(selection._MAKERS, "cuda", lambda: Backend("cuda", cupy, "loop", "strict"))
    launch = PixelKernel.__call__

    def launch_where_arrays_are(self, shape, *arguments):
        on_device = any(isinstance(argument, DeviceArray) for argument in arguments)
        launch(self, shape, *(to_host(arguments) if on_device else arguments))

    monkeypatch.setattr(PixelKernel, "__call__", launch_where_arrays_are)
    clear_store()
    with use_backend("cuda") as backend:
        yield backend
    clear_store()
