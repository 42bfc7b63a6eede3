"""Correction of the drifts of the readout electronics by reference pixels; near-infrared detectors.

The correction of a frame is separable: one signal for each detector column, from the reference pixels
along the bottom and the top edge, and one for each row, from those at the sides.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel, row_tiles
from gpucal.kernels.detector_frame import to_dms_frame
from gpucal.kernels.refpix_means import column_signal
from gpucal.kernels.refpix_sides import row_signal


def subtract_reference_pixels(frames, axes, sections, sides, siglimit, side_gain):
    """Subtract the drifts that the reference pixels show from each frame, in place.

    Parameters
    ----------
    frames : (nframes, ny, nx) float32 array
        All groups of all integrations, DN, edited; C-contiguous.
    axes : Axes
        The directions of the readout.
    sections : Sections
        The pixels along the edges, on the backend.
    sides : Sides or None
        The pixels at the sides, on the backend; None to do without.
    siglimit : float
        Clipping limit of the means, in standard deviations.
    side_gain : float
        Factor of the signal of the sides.
    """
    for block in row_tiles(len(frames), _scratch_bytes(frames.shape[1:], sides)):
        _subtract_from_block(frames[block], axes, sections, sides, siglimit, side_gain)


def _scratch_bytes(shape, sides):
    """Bytes of the temporaries that one frame needs: signals, and values under the windows, in float64."""
    signals = 5 * sum(shape)
    windows = 0 if sides is None else 3 * sides.pixels.size
    return 8 * (signals + windows)


def _subtract_from_block(frames, axes, sections, sides, siglimit, side_gain):
    xp = array_namespace(frames)
    nframes, ny, nx = frames.shape
    flat = frames.reshape(nframes, ny * nx)
    columns = column_signal(flat, sections, siglimit)
    if sides is None:
        rows = xp.zeros((nframes, nx if axes.transposed else ny), np.float64)
    else:
        rows = side_gain * row_signal(flat, columns, sides)
    along_fast = xp.ascontiguousarray(to_dms_frame(columns[:, None, :], axes).reshape(nframes, -1))
    along_slow = xp.ascontiguousarray(to_dms_frame(rows[:, :, None], axes).reshape(nframes, -1))
    along_y, along_x = (along_fast, along_slow) if axes.transposed else (along_slow, along_fast)
    subtract(frames.shape, frames, along_y, along_x)


def subtract_reference_pixels_zeroframe(zeroframe, axes, sections, sides, siglimit, side_gain):
    """Correct the zero frames as all others, in place; zero marks an unusable value, and stays zero.

    Parameters
    ----------
    zeroframe : (nints, ny, nx) float32 array
        First frame of each integration, DN, edited; C-contiguous.
    axes, sections, sides, siglimit, side_gain
        As in `subtract_reference_pixels`.
    """
    unusable = zeroframe == 0
    subtract_reference_pixels(zeroframe, axes, sections, sides, siglimit, side_gain)
    zeroframe[unusable] = 0


@pixel_kernel
def subtract(frame, y, x, frames, along_y, along_x):
    """Correct one pixel of one frame, in float64."""
    frames[frame, y, x] = frames[frame, y, x] - (along_y[frame, y] + along_x[frame, x])
