"""A device without a device: the strict stand-in for CuPy as the cuda backend."""

import pytest

from gpucal.backend import use_backend
from gpucal.reference import clear_store
from tests.backend.strict_cuda import put_in_place_of_cuda


@pytest.fixture
def strict_device(monkeypatch):
    """The cuda backend on the stand-in, in use."""
    put_in_place_of_cuda(monkeypatch)
    clear_store()
    with use_backend("cuda") as backend:
        yield backend
    clear_store()
