"""The first group of an integration, which the detector's switching on disturbs.

Source: the ``firstframe`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/firstframe/description.html.
"""

from gpucal.kernels.flags.dqflags import DO_NOT_USE, FLUX_ESTIMATED, SATURATED

BRIGHT_GROUP = 2
"""A pixel is bright where this group, counted from 0, is saturated: only two are good, and a slope needs both."""


def flag_first_group(groupdq, pixeldq, keep_bright):
    """Flag the first group of each integration DO_NOT_USE, in place.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags, edited; three or more groups.
    pixeldq : (ny, nx) uint32 array
        Pixel flags, edited.
    keep_bright : bool
        Leave the first group of a pixel as it is where its third group is SATURATED. Pixels for which that
        is so in any integration are flagged FLUX_ESTIMATED.

    Returns
    -------
    int
        Number of pixels that keep their first group in some integration.
    """
    if not keep_bright:
        groupdq[:, 0] |= DO_NOT_USE
        return 0
    bright = (groupdq[:, BRIGHT_GROUP] & SATURATED) != 0
    groupdq[:, 0] |= ~bright * groupdq.dtype.type(DO_NOT_USE)
    ever_bright = bright.any(axis=0)
    pixeldq |= ever_bright * pixeldq.dtype.type(FLUX_ESTIMATED)
    return int(ever_bright.sum())
