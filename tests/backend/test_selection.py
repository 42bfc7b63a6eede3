"""The backend is chosen once, and says plainly when it cannot be had."""

import numpy as np
import pytest

from gpucal.backend import BackendError, current_backend, select_backend, use_backend


def test_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(BackendError, match="'gpu'.*auto, cpu, cuda"):
        select_backend("gpu")


def test_environment_variable_is_followed(monkeypatch):
    monkeypatch.setenv("GPUCAL_BACKEND", "cpu")
    with use_backend(None) as chosen:
        assert chosen.name == "cpu"


def test_the_backend_before_comes_back():
    with use_backend("cpu"):
        before = current_backend()
        with pytest.raises(BackendError), use_backend("nonsense"):
            pass
        assert current_backend() is before


def test_arrays_arrive_native_and_contiguous(backend):
    big_endian = np.arange(12, dtype=">f4").reshape(3, 4)[:, ::2]
    moved = backend.asarray(big_endian)
    assert moved.dtype == np.float32 and moved.flags.c_contiguous
    np.testing.assert_array_equal(backend.asnumpy(moved), [[0, 2], [4, 6], [8, 10]])
