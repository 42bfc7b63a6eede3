"""Apertures about a trace: the part of each pixel that is within a width of its middle."""

import numpy as np


def box_weights(shape, columns, rows, width):
    """The part of each pixel within an aperture.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image.
    columns : (ncolumns,) int array
        Those that the trace has.
    rows : (ncolumns,) float64 array
        Its middle in these.
    width : float
        Pixels.

    Returns
    -------
    (ny, nx) float64 array
    """
    place = np.arange(shape[0])[:, None]
    upper = np.clip(rows + width / 2 - (place - 0.5), 0.0, 1.0)
    lower = np.clip(place + 0.5 - (rows - width / 2), 0.0, 1.0)
    weights = np.zeros(shape)
    weights[:, columns] = np.maximum(upper + lower - 1, 0.0)
    return weights
