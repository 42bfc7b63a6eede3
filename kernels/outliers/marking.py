"""Mark outliers in the flags and in all planes of an exposure."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_kernel
from gpucal.kernels.flags.dqflags import DO_NOT_USE, OUTLIER


class Planes(NamedTuple):
    """The arrays of an exposure that are NaN where it is not to be used.

    Attributes
    ----------
    data, err, var_poisson, var_rnoise, var_flat : (n,) float32 array
        Of all pixels in a row; empty where the exposure lacks one.
    """

    data: object
    err: object
    var_poisson: object
    var_rnoise: object
    var_flat: object


def pack_bits(mask):
    """A mask on the backend as bits on the host, (nbytes,) uint8 array: the first pixel is the highest bit."""
    return np.packbits(current_backend().asnumpy(mask))


def mark_outliers(bits, dq, planes):
    """Flag outliers DO_NOT_USE and OUTLIER, in place; what is NaN in one plane, or not to be used, becomes both in all.

    Parameters
    ----------
    bits : (nbytes,) uint8 array
        One for each pixel that is an outlier, as `pack_bits` gives them; on the backend.
    dq : (n,) uint32 array
        Flags of all pixels in a row; edited.
    planes : Planes
        Edited.

    Raises
    ------
    ValueError
        If there are more or fewer pixels in one than in another.
    """
    if len(bits) != -(-dq.size // 8):
        raise ValueError(f"{8 * len(bits)} bits do not tell of {dq.size} pixels")
    for name, plane in planes._asdict().items():
        if plane.size not in (0, dq.size):
            raise ValueError(f"{name} has {plane.size} pixels, the flags {dq.size}")
    mark_pixel(dq.shape, bits, dq, planes)


@pixel_kernel
def mark_pixel(point, bits, dq, planes):
    """Mark one pixel."""
    flags = dq[point]
    if bits[point // 8] >> (7 - point % 8) & 1:
        flags |= np.uint32(DO_NOT_USE | OUTLIER)
    invalid = flags & np.uint32(DO_NOT_USE) != 0
    for plane in planes:
        if plane.size:
            invalid = invalid or plane[point] != plane[point]
    if invalid:
        dq[point] = flags | np.uint32(DO_NOT_USE)
        for plane in planes:
            if plane.size:
                plane[point] = np.float32(np.nan)
