"""Values are decoded from the bits of a FITS file, against NumPy's own byte order."""

import numpy as np
import pytest

from gpucal.kernels.storage.decode import decode

RANDOM = np.random.default_rng(7)


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("unsigned", [True, False])
def test_integers(backend, bits, unsigned):
    values = RANDOM.integers(0, 2**bits, (5, 7)).astype(f"u{bits // 8}")
    stored = (values ^ values.dtype.type(1 << (bits - 1)) if unsigned else values).astype(f">u{bits // 8}")
    out = backend.asarray(np.zeros((5, 7), values.dtype))
    decode(backend.asarray(stored.view(values.dtype)), unsigned, out)
    np.testing.assert_array_equal(backend.asnumpy(out), values)


@pytest.mark.parametrize("unsigned", [True, False])
def test_counts_become_float32(backend, unsigned):
    values = RANDOM.integers(0, 2**16, (3, 300)).astype(np.uint16)
    stored = (values ^ np.uint16(0x8000) if unsigned else values).astype(">u2").view(np.uint16)
    out = backend.asarray(np.zeros(values.shape, np.float32))
    decode(backend.asarray(stored), unsigned, out)
    np.testing.assert_array_equal(backend.asnumpy(out), values.astype(np.float32))


def test_floating_point_shares_the_bits_of_integers(backend):
    values = np.array([[0.0, -0.0, 1.5, np.nan, np.inf, -np.inf, 1e-45, 3.4e38]], np.float32)
    out = backend.asarray(np.zeros(values.shape, np.float32))
    decode(backend.asarray(values.astype(">f4").view(np.uint32)), False, out.view(np.uint32))
    np.testing.assert_array_equal(backend.asnumpy(out).view(np.uint32), values.view(np.uint32))
