"""The cuda backend on the strict stand-in for CuPy: arrays as on a device, kernels as compiled loops."""

import sys
from functools import wraps
from inspect import unwrap
from types import ModuleType

import pytest
from scipy import fft, ndimage

from gpucal.backend import current_backend, selection
from gpucal.backend.kernels import PixelKernel
from gpucal.backend.selection import Backend
from gpucal.backend.strips import StripKernel
from tests.backend.strict_device import StrictLibrary, StrictStaging, strict_cupy, to_host


def put_in_place_of_cuda(patches: pytest.MonkeyPatch) -> None:
    """Make the stand-in what ``cuda`` and the imports of CuPy stand for, until the patches are undone."""
    cupy = strict_cupy()
    images = ModuleType("cupyx.scipy")
    images.ndimage, images.fft = StrictLibrary(ndimage), StrictLibrary(fft)
    patches.setitem(sys.modules, "cupy", cupy)
    patches.setitem(sys.modules, "cupyx.scipy", images)
    stand_in = Backend("cuda", cupy, "loop", "strict", staging=StrictStaging)
    patches.setitem(selection._MAKERS, "cuda", lambda: stand_in)
    for kind in (PixelKernel, StripKernel):
        patches.setattr(kind, "__call__", _where_arrays_are(unwrap(kind.__call__)))


def _where_arrays_are(launch):
    """A launch of kernels that takes the stand-in's arrays, and no others, where the stand-in is in use."""

    @wraps(launch)
    def launched(self, shape, *arguments):
        on_device = current_backend().name == "cuda"
        launch(self, shape, *(to_host(arguments) if on_device else arguments))

    return launched
