"""Values by wavelength: held against numpy.interp."""

import numpy as np
import pytest

from gpucal.kernels.spectra.lookup import look_up, pack_tables
from gpucal.kernels.spectra.windows import packing_of

WINDOWS = np.array([(0, 3, 5), (15, 2, 7), (29, 4, 1)])


def tables():
    rng = np.random.default_rng(3)
    return [(np.sort(rng.uniform(1, 5, length)), rng.normal(size=length)) for length in (2, 40, 1)]


def wavelengths(dtype):
    found = np.random.default_rng(4).uniform(0.5, 5.5, 33).astype(dtype)
    found[[3, 20]] = np.nan
    return found


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_as_numpy_interpolates(backend, dtype):
    given, wavelength = tables(), wavelengths(dtype)
    wavelength[:2] = given[1][0][[0, -1]]  # the ends of a table are in it
    which = np.array([1, 0, 1])
    args = backend.asarray(wavelength), pack_tables(given), backend.asarray(which), packing_of(WINDOWS)
    found = backend.asnumpy(look_up(*args))
    ends = [15, 29, 33]
    for table, begin, end in zip(which, [0, *ends], ends, strict=False):
        part = slice(begin, end)
        expected = np.interp(wavelength[part], *given[table], left=np.nan, right=np.nan)
        np.testing.assert_allclose(found[part], expected, rtol=1e-14)


def test_tables_of_one_and_of_no_value(backend):
    packing = packing_of(np.array([(0, 1, 3), (3, 1, 1)]))
    packed, which = pack_tables([([2.0], [7.0]), ([], [])]), backend.asarray(np.array([0, 1]))
    found = look_up(backend.asarray(np.array([1.9, 2.0, 2.1, 2.0])), packed, which, packing)
    np.testing.assert_array_equal(backend.asnumpy(found), [np.nan, 7, np.nan, np.nan])


def test_a_table_with_fewer_values_is_refused():
    with pytest.raises(ValueError, match=r"table 1 has \(2,\) values for \(3,\) wavelengths"):
        pack_tables([([1.0], [1.0]), ([1.0, 2.0, 3.0], [1.0, 2.0])])


def test_rows_and_columns_of_windows(backend):
    packing = packing_of(WINDOWS)
    np.testing.assert_array_equal(backend.asnumpy(packing.rows.first), [0, 5, 10, 15, 22, 29, 30, 31, 32])
    np.testing.assert_array_equal(backend.asnumpy(packing.rows.slit), [0, 0, 0, 1, 1, 2, 2, 2, 2])
    np.testing.assert_array_equal(backend.asnumpy(packing.rows.y), [0, 1, 2, 0, 1, 0, 1, 2, 3])
    np.testing.assert_array_equal(backend.asnumpy(packing.slits[:, 3]), [0, 5, 12])
    assert (packing.npixels, packing.ncolumns, packing.widest, packing.grid) == (33, 13, 7, (9, 7))


def test_windows_with_a_gap_are_refused():
    with pytest.raises(ValueError, match="do not follow each other"):
        packing_of(WINDOWS + np.array([1, 0, 0]))
