"""Subtraction of the reset anomaly."""

import numpy as np
import pytest

from gpucal.kernels.ramps.reset import subtract_reset_anomaly

SHAPE = (3, 4)


@pytest.mark.parametrize(
    ("first_integration", "served_by"), [(0, [0, 1, 2, 2]), (1, [1, 2, 2, 2]), (7, [2] * 4)]
)
@pytest.mark.parametrize("nsettling", [2, 9])
def test_each_integration_is_served_by_its_reset(backend, first_integration, served_by, nsettling):
    rng = np.random.default_rng(1)
    anomaly = rng.normal(20, 5, (3, nsettling, *SHAPE)).astype(np.float32)
    anomaly[1, 0, 1, 2] = np.nan
    ramp = rng.normal(9000, 30, (4, 5, *SHAPE)).astype(np.float32)
    on_device = backend.asarray(ramp.copy())
    for rows in slice(0, 2), slice(2, 3):
        part = backend.asarray(anomaly[:, :, rows])
        subtract_reset_anomaly(on_device, part, first_integration, rows.start)

    expected = ramp.astype(np.float64)
    groups = min(nsettling, 5)
    expected[:, :groups] -= np.nan_to_num(anomaly[served_by, :groups])
    np.testing.assert_allclose(backend.asnumpy(on_device), expected, atol=1e-3, rtol=0)
