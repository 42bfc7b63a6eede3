"""Fourier transforms by matrices: of any number of frequencies, at any spacing, centred between samples.

Source: Soummer, Pueyo, Sivaramakrishnan & Vanderbei (2007, Optics Express 15, 15935).
"""

import math

from gpucal.backend import array_namespace


def centred_transform(planes, extent: float, npix: int):
    """The Fourier transform of real planes, about their middle.

    Parameters
    ----------
    planes : (..., n, n) float array
        Rows and columns that are zero cost nothing, as they are about the holes of a pupil.
    extent : float
        How many cycles over a plane lie between the outer edges of the transform.
    npix : int
        Frequencies along each axis.

    Returns
    -------
    (..., npix, npix) complex128 array
        Normalized so that the sum of squares is kept where all frequencies are there.
    """
    return rows_of_transform(planes, extent, npix, npix)


def centred_power(plane, extent: float, npix: int):
    """The square of the Fourier transform of one real plane: it is the same at a frequency and its opposite.

    Parameters
    ----------
    plane, extent, npix
        As of `centred_transform`; an even number of frequencies.

    Returns
    -------
    (npix, npix) float64 array
    """
    xp = array_namespace(plane)
    half = xp.abs(rows_of_transform(plane, extent, npix, npix // 2)) ** 2
    return xp.concatenate([half, half[::-1, ::-1]])


def rows_of_transform(planes, extent: float, npix: int, nrows: int):
    """The first rows of a transform; see `centred_transform`."""
    xp = array_namespace(planes)
    size = planes.shape[-1]
    is_used = (planes != 0).reshape(-1, size, size).any(0)
    rows, columns = xp.flatnonzero(is_used.any(1)), xp.flatnonzero(is_used.any(0))
    used = planes[..., rows[:, None], columns[None, :]].astype(xp.float64)
    frequencies = 2.0 * math.pi * (xp.arange(npix) - 0.5 * (npix - 1)) * (extent / npix)
    along_rows = frequencies[:nrows, None] * ((rows - 0.5 * (size - 1)) / size)
    along_columns = frequencies[:, None] * ((columns - 0.5 * (size - 1)) / size)
    half = xp.cos(along_rows) @ used - 1j * (xp.sin(along_rows) @ used)  # real products are faster than complex ones
    return (extent / (size * npix)) * (half @ xp.exp(-1j * along_columns).T)
