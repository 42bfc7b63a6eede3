"""Mask flags in pixels and groups."""

import numpy as np

from gpucal.kernels.flags.dqflags import DEAD, DO_NOT_USE, HOT, JUMP_DET, REFERENCE_PIXEL
from gpucal.kernels.ramps.dq_init import apply_mask


def test_mask_goes_to_pixels_and_do_not_use_to_all_groups(backend):
    mask = np.array([[0, HOT, DO_NOT_USE | DEAD], [DO_NOT_USE | REFERENCE_PIXEL, DEAD, 0]], dtype=np.uint32)
    pixeldq = np.array([[HOT, HOT, 0], [0, 0, DO_NOT_USE]], dtype=np.uint32)
    groupdq = np.zeros((2, 3, 2, 3), dtype=np.uint8)
    groupdq[1, 2] = JUMP_DET
    device_pixeldq, device_groupdq = backend.asarray(pixeldq.copy()), backend.asarray(groupdq.copy())
    apply_mask(device_pixeldq, device_groupdq, backend.asarray(mask))
    np.testing.assert_array_equal(backend.asnumpy(device_pixeldq), pixeldq | mask)
    unusable = np.array([[0, 0, DO_NOT_USE], [DO_NOT_USE, 0, 0]], dtype=np.uint8)
    np.testing.assert_array_equal(backend.asnumpy(device_groupdq), groupdq | unusable)
