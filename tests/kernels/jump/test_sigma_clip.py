"""Jumps by sigma clipping, against the clipping of astropy."""

import numpy as np
import pytest
from astropy.stats import sigma_clip

from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, SATURATED
from gpucal.kernels.jump.sigma_clip import flag_jumps_by_clipping
from tests.kernels.jump.jump_ramps import first_differences, noisy_ramps, pixel_maps


def flagged(backend, ramp, groupdq, gain, threshold, group_by_group):
    edited = backend.asarray(groupdq.copy())
    flag_jumps_by_clipping(backend.asarray(ramp), edited, backend.asarray(gain), threshold, group_by_group)
    return backend.asnumpy(edited)


@pytest.mark.filterwarnings("ignore:Input data contains invalid values")
@pytest.mark.parametrize("threshold", [3.0, 1.5])
@pytest.mark.parametrize("group_by_group", [True, False])
def test_outliers_of_astropy_are_jumps(backend, group_by_group, threshold):
    rng = np.random.default_rng(3)
    ramp, groupdq = noisy_ramps(rng, 25, 4, ny=3, nx=3, rays=0.02)
    gain = pixel_maps(rng)[0][:3, :3].copy()

    result = flagged(backend, ramp, groupdq, gain, threshold, group_by_group)

    differences = first_differences(ramp, groupdq, gain)
    clipped = sigma_clip(differences, sigma=threshold, axis=0 if group_by_group else (0, 1))
    expected = groupdq.copy()
    expected[:, 1:][clipped.mask & np.isfinite(differences)] |= JUMP_DET
    np.testing.assert_array_equal(result, expected)
    assert (result & JUMP_DET).any()


def test_a_group_in_which_all_pixels_jump_is_cleared(backend):
    rng = np.random.default_rng(4)
    ramp = np.cumsum(rng.normal(50, 1, (30, 4, 3, 3)), axis=1).astype(np.float32)
    ramp[7, 2:] += 900
    groupdq = np.zeros(ramp.shape, np.uint8)
    groupdq[7, 2, 0, 0] = DO_NOT_USE
    groupdq[7, 2, 1, 1] = 16
    gain = np.ones((3, 3), np.float32)

    result = flagged(backend, ramp, groupdq, gain, 4.0, True)

    assert result[7, 2, 0, 0] == DO_NOT_USE
    assert result[7, 2, 1, 1] == 16 | JUMP_DET
    result[7, 2, 1, 1] = 0
    assert not (result[7, 2] & JUMP_DET).any()


def test_without_usable_differences_nothing_is_flagged(backend):
    ramp = np.random.default_rng(5).normal(0, 99, (6, 3, 2, 2)).astype(np.float32)
    groupdq = np.full(ramp.shape, SATURATED, np.uint8)
    result = flagged(backend, ramp, groupdq, np.ones((2, 2), np.float32), 1.0, False)
    assert (result == SATURATED).all()
