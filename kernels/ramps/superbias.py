"""Subtraction of the fixed bias of a detector.

Source: the ``superbias`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/superbias/description.html.
"""

from gpucal.backend import array_namespace


def subtract_superbias(ramp, pixeldq, superbias, superbias_dq):
    """Subtract a bias image from each group and add its flags to the pixels, in place.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN, edited.
    pixeldq : (ny, nx) uint32 array
        Pixel flags, edited.
    superbias : (ny, nx) float32 array
        Bias, DN. A NaN counts as zero.
    superbias_dq : (ny, nx) uint32 array or None
        Its flags; None where it has none.
    """
    if superbias_dq is not None:
        pixeldq |= superbias_dq
    ramp -= _usable(superbias)


def subtract_superbias_zeroframe(zeroframe, superbias):
    """Subtract a bias image from the zero frames, in place; zero marks an unusable value, and stays zero.

    Parameters
    ----------
    zeroframe : (nints, ny, nx) float32 array
        First frame of each integration, DN, edited.
    superbias : (ny, nx) float32 array
        Bias, DN. A NaN counts as zero.
    """
    unusable = zeroframe == 0
    zeroframe -= _usable(superbias)
    zeroframe[unusable] = 0


def _usable(superbias):
    xp = array_namespace(superbias)
    return xp.where(xp.isnan(superbias), xp.zeros_like(superbias), superbias)
