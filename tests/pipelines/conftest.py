"""A device without a device: the strict stand-in for CuPy as the cuda backend."""

import sys
from types import ModuleType

import pytest
from scipy import fft, ndimage

from gpucal.backend import selection, use_backend
from gpucal.backend.kernels import PixelKernel
from gpucal.backend.selection import Backend
from gpucal.backend.strips import StripKernel
from gpucal.reference import clear_store
from tests.backend.strict_device import DeviceArray, StrictLibrary, StrictStaging, strict_cupy, to_host


def where_arrays_are(launch):
    """A launch of kernels that takes the stand-in's arrays."""

    def launched(self, shape, *arguments):
        on_device = any(isinstance(argument, DeviceArray) for argument in arguments)
        launch(self, shape, *(to_host(arguments) if on_device else arguments))

    return launched


@pytest.fixture
def strict_device(monkeypatch):
    """The cuda backend on the stand-in, in use; kernels run as compiled loops."""
    cupy = strict_cupy()
    images = ModuleType("cupyx.scipy")
    images.ndimage, images.fft = StrictLibrary(ndimage), StrictLibrary(fft)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setitem(sys.modules, "cupyx.scipy", images)
    stand_in = Backend("cuda", cupy, "loop", "strict", staging=StrictStaging)
    monkeypatch.setitem(selection._MAKERS, "cuda", lambda: stand_in)
    for kind in (PixelKernel, StripKernel):
        monkeypatch.setattr(kind, "__call__", where_arrays_are(kind.__call__))
    clear_store()
    with use_backend("cuda") as backend:
        yield backend
    clear_store()
