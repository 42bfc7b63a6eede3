"""Division by fringes: the same formulas for whole arrays."""

import numpy as np
import pytest

from gpucal.kernels.images.fringes import divide_by_fringes


def test_rates_and_variances(backend):
    rng = np.random.default_rng(3)
    planes = {name: rng.uniform(1, 2, (4, 6)).astype(np.float32) for name in ("data", "err", "var_poisson")}
    transmission = rng.uniform(0.5, 1.5, (4, 6)).astype(np.float32)
    transmission[1, 2] = np.nan
    given = {name: backend.asarray(plane.copy()) for name, plane in planes.items()}
    divide_by_fringes(
        {name: given[name] for name in ("data", "err")},
        {"var_poisson": given["var_poisson"]},
        backend.asarray(transmission),
    )
    divisor = np.where(np.isnan(transmission), 1, transmission)
    for name, power in (("data", 1), ("err", 1), ("var_poisson", 2)):
        np.testing.assert_allclose(backend.asnumpy(given[name]), planes[name] / divisor**power, rtol=3e-7)
    assert backend.asnumpy(given["err"])[1, 2] == planes["err"][1, 2] and np.isnan(transmission[1, 2])


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"err has shape \(4, 5\), and should have \(4, 6\)"):
        divide_by_fringes({"err": np.ones((4, 5), np.float32)}, {}, np.ones((4, 6), np.float32))
