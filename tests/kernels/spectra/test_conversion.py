"""Factors from rates to fluxes: held against numpy.interp."""

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.spectra.conversion import conversion_factors, flag_without_factor
from gpucal.kernels.spectra.lookup import pack_tables
from gpucal.kernels.spectra.windows import packing_of

GRID, RESPONSE = np.array([1.0, 1.5, 3.0]), np.array([2.0, 1.0, 4.0])


def test_factors_of_slits(backend):
    packing = packing_of(np.array([(0, 2, 3), (6, 1, 2), (8, 1, 2)]))
    wavelength = np.array([0.9, 1.0, 1.2, 2.2, 3.0, np.nan, 1.25, 3.5, 1.1, 1.2])
    tables = pack_tables([(GRID, RESPONSE), (GRID, 10 * RESPONSE)])
    which, factors = np.array([1, 0, 1]), np.array([2.0, 3.0, 5.0])
    found = conversion_factors(
        backend.asarray(wavelength), tables, backend.asarray(which), backend.asarray(factors), packing
    )
    expected = np.nan_to_num(np.interp(wavelength, GRID, RESPONSE, np.nan, np.nan))
    expected *= [20] * 6 + [3] * 2 + [50] * 2
    np.testing.assert_allclose(backend.asnumpy(found), expected, rtol=1e-14)
    dq = backend.asarray(np.full((2, 10), 4, np.uint32))
    flag_without_factor(dq, found)
    flagged = np.isin(np.arange(10), (0, 5, 7))
    np.testing.assert_array_equal(backend.asnumpy(dq), np.broadcast_to(4 | flagged * DO_NOT_USE, (2, 10)))
