"""The last group of an integration, which the reset that follows disturbs.

Source: the ``lastframe`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/lastframe/description.html.
"""

from gpucal.kernels.flags.dqflags import DO_NOT_USE


def flag_last_group(groupdq):
    """Flag the last group of each integration DO_NOT_USE, in place.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags, edited.
    """
    groupdq[:, -1] |= DO_NOT_USE
