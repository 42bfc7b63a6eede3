"""The backend of tests: the one that the environment names, or every one where a test asks for the fixture."""

import os
from importlib.util import find_spec


def _device_found() -> bool:
    if find_spec("cupy") is None:
        return False
    import cupy

    try:
        return cupy.cuda.runtime.getDeviceCount() > 0
    except cupy.cuda.runtime.CUDARuntimeError:
        return False


DEVICE_FOUND = _device_found()
if not DEVICE_FOUND:
    # Numba reads this once, when it is first imported.
    os.environ.setdefault("NUMBA_ENABLE_CUDASIM", "1")

import pytest  # noqa: E402

from gpucal.backend import selection, use_backend  # noqa: E402

os.environ.setdefault(selection.ENVIRONMENT_VARIABLE, "cpu")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol():
    """Each test, with its fixtures, begins on the backend that the environment names, whatever others chose."""
    selection._default = None
    with use_backend(None):
        return (yield)


@pytest.fixture(params=["cpu", "cuda" if DEVICE_FOUND else "cudasim"])
def backend(request):
    """The backend in use: cpu, and cuda or, on a machine with no device, its simulator."""
    with use_backend(request.param) as chosen:
        yield chosen
