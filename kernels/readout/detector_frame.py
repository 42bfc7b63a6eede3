"""Orientation of images: as stored (DMS frame) and as read out (detector frame).

Products are turned and flipped so that all detectors of an instrument look alike. The keywords FASTAXIS and
SLOWAXIS keep how the detector was read: 1 or -1 along x of the stored image, 2 or -2 along y, the sign
telling the direction. In the detector frame the last axis is the fast one, and both run upwards.

Source: the entries of FASTAXIS and SLOWAXIS in the JWST keyword dictionary.
"""

from typing import NamedTuple

import numpy as np

FULL_FRAME = 2048


class Axes(NamedTuple):
    """Directions of the readout in a stored image.

    Attributes
    ----------
    fast, slow : int
        The keywords FASTAXIS and SLOWAXIS: one of them is 1 or -1, the other 2 or -2.
    """

    fast: int
    slow: int

    @property
    def directions(self) -> tuple[int, int]:
        """Steps, 1 or -1, that walk along stored rows (y) and stored columns (x) as the readout does."""
        sign = {abs(axis): 1 if axis > 0 else -1 for axis in self}
        return sign[2], sign[1]

    @property
    def transposed(self) -> bool:
        """Whether the fast axis of the readout runs along stored rows."""
        return abs(self.fast) == 2


def readout_axes(fastaxis, slowaxis):
    """Check the two keywords.

    Parameters
    ----------
    fastaxis, slowaxis : int or None
        The keywords FASTAXIS and SLOWAXIS.

    Returns
    -------
    Axes
        The directions of the readout.

    Raises
    ------
    ValueError
        If they are missing or do not name two different axes.
    """
    if {abs(axis or 0) for axis in (fastaxis, slowaxis)} != {1, 2}:
        raise ValueError(f"FASTAXIS={fastaxis} and SLOWAXIS={slowaxis} do not tell how it was read out")
    return Axes(fastaxis, slowaxis)


def to_detector_frame(image, axes):
    """View stored images as they were read out.

    Parameters
    ----------
    image : (..., ny, nx) array
        Images in the DMS frame.
    axes : Axes
        The directions of the readout.

    Returns
    -------
    (..., nslow, nfast) array
        A view: writing to it writes to ``image``.
    """
    step_y, step_x = axes.directions
    image = image[..., ::step_y, ::step_x]
    return image.swapaxes(-2, -1) if axes.transposed else image


def to_dms_frame(image, axes):
    """View images in the detector frame as they are stored; undoes `to_detector_frame`.

    Parameters
    ----------
    image : (..., nslow, nfast) array
        Images in the detector frame.
    axes : Axes
        The directions of the readout.

    Returns
    -------
    (..., ny, nx) array
        A view.
    """
    step_y, step_x = axes.directions
    image = image.swapaxes(-2, -1) if axes.transposed else image
    return image[..., ::step_y, ::step_x]


class Window(NamedTuple):
    """The part of the detector that an exposure holds, in the detector frame.

    Attributes
    ----------
    slow, fast : range
        The detector's coordinates of its rows (along the slow axis) and columns (along the fast axis).
    """

    slow: range
    fast: range


def detector_window(ystart, xstart, shape, axes):
    """Place a stored image on a detector of 2048 x 2048 pixels.

    Parameters
    ----------
    ystart, xstart : int
        Zero-based row and column of the first pixel, in the DMS frame.
    shape : tuple of int
        Rows and columns of the stored image.
    axes : Axes
        The directions of the readout.

    Returns
    -------
    Window
        Where the image lies in the detector frame.

    Raises
    ------
    ValueError
        If the image reaches beyond the detector.
    """
    spans = []
    for start, size, step in zip((ystart, xstart), shape, axes.directions, strict=True):
        if start < 0 or start + size > FULL_FRAME:
            raise ValueError(f"pixels {start + 1} to {start + size} of {FULL_FRAME} lie beyond its edge")
        first = start if step == 1 else FULL_FRAME - start - size
        spans.append(range(first, first + size))
    return Window(spans[1], spans[0]) if axes.transposed else Window(*spans)


def pixel_numbers(shape, axes):
    """Positions in memory of the pixels of a stored image, arranged as they were read out.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the stored image.
    axes : Axes
        The directions of the readout.

    Returns
    -------
    (nslow, nfast) int32 array
        On the host: index of each pixel in the flattened stored image.
    """
    return to_detector_frame(np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape), axes)
