"""Initial data quality flags, from the mask of a detector.

Source: the ``dq_init`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/dq_init/description.html.
"""

from gpucal.kernels.flags.dqflags import DO_NOT_USE


def apply_mask(pixeldq, groupdq, mask):
    """Add the flags of a mask, in place.

    All its flags go to the pixels; DO_NOT_USE goes to every group too, so that no ramp is fitted there.

    Parameters
    ----------
    pixeldq : (ny, nx) uint32 array
        Pixel flags, edited.
    groupdq : (nints, ngroups, ny, nx) uint8 array or None
        Group flags, edited; None where the exposure has none.
    mask : (ny, nx) uint32 array
        Flags of the detector's pixels.
    """
    pixeldq |= mask
    if groupdq is not None:
        groupdq |= (mask & DO_NOT_USE).astype(groupdq.dtype)
