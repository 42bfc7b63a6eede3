"""Readout order and science orientation.

A detector is read along its fast axis first, then along its slow axis. Products are stored in the
science frame, in which FASTAXIS and SLOWAXIS tell where those two axes point.
"""

import numpy as np


def readout_shape(detector, shape):
    """Slow and fast sizes of an image given in the science frame.

    Parameters
    ----------
    detector : Detector
    shape : tuple of int
        Rows and columns in the science frame.

    Returns
    -------
    tuple of int
        (slow, fast).
    """
    ny, nx = shape
    return (ny, nx) if abs(detector.fast_axis) == 1 else (nx, ny)


def to_science(detector, image):
    """Turn an image from readout order into the science frame.

    Parameters
    ----------
    detector : Detector
    image : ndarray (slow, fast)
        Pixels in the order in which they are read.

    Returns
    -------
    ndarray (ny, nx)
        A view.
    """
    slow_first = image if abs(detector.fast_axis) == 1 else image.T
    signs = {abs(detector.fast_axis): detector.fast_axis, abs(detector.slow_axis): detector.slow_axis}
    return slow_first[:: int(np.sign(signs[2])), :: int(np.sign(signs[1]))]
