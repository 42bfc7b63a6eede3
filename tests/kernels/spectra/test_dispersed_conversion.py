"""Factors of spectra without slits: held against numpy.gradient and numpy.interp."""

import numpy as np

from gpucal.kernels.spectra.dispersed_conversion import dispersed_factors
from gpucal.kernels.spectra.lines import ALONG_X, ALONG_Y
from gpucal.kernels.spectra.lookup import pack_tables
from gpucal.kernels.spectra.windows import packing_of

GRID, RESPONSE = np.array([1.0, 1.5, 3.0]), np.array([2.0, 1.0, 4.0])


def test_factors_of_slits(backend):
    packing = packing_of(np.array([(0, 2, 5), (10, 4, 2), (18, 1, 1)]))
    along_x = np.array([[0.9, 1.0, 1.2, 1.6, 1.65], [2.2, 2.1, 1.9, 1.6, 1.0]])
    along_y = np.array([[1.0, 1.1], [1.2, 1.5], [np.nan, 1.6], [2.5, 1.8]])
    wavelength = np.concatenate([along_x.ravel(), along_y.ravel(), [1.3]])
    tables = pack_tables([(GRID, RESPONSE), (GRID, 10 * RESPONSE)])
    by_slit = [(ALONG_X, ALONG_Y, ALONG_X), (1, 0, 1), (2.0, 3.0, 5.0)]
    direction, which, factors = (
        backend.asarray(np.array(values, kind))
        for values, kind in zip(by_slit, (int, int, float), strict=True)
    )
    found = dispersed_factors(backend.asarray(wavelength), direction, tables, which, factors, packing)
    changes = np.gradient(along_y, axis=0)
    changes[1, 0] = 0.2  # there is no wavelength after it
    changes[3, 0] = np.nan
    changes = np.concatenate([np.gradient(along_x, axis=1).ravel(), changes.ravel(), [np.nan]])
    expected = np.interp(wavelength, GRID, RESPONSE, np.nan, np.nan) / np.abs(changes)
    expected = np.nan_to_num(expected) * np.array([20] * 10 + [3] * 8 + [50])
    np.testing.assert_allclose(backend.asnumpy(found), expected, rtol=1e-12)
