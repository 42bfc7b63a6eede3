"""Correction of the drifts of the readout electronics by reference pixels; near-infrared detectors.

The correction of a frame is separable: one signal for each detector column, from the reference pixels
along the bottom and the top edge, and one for each row, from those at the sides.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel, row_tiles
from gpucal.backend.fit import check_fit
from gpucal.kernels.readout.detector_frame import to_dms_frame
from gpucal.kernels.refpix.means import column_signal
from gpucal.kernels.refpix.sides import row_signal


def subtract_reference_pixels(frames, axes, sections, sides, siglimit, side_gain):
    """Subtract the drifts that the reference pixels show from each frame, in place.

    Means and medians are found in single precision where rows are not corrected, and in the first frame of
    all; in double precision elsewhere. So a reference pixel at the limit of the clipping is kept or left out as it
    is in jwst.

    Parameters
    ----------
    frames : (nframes, ny, nx) float32 array
        All groups of all integrations, DN, edited; C-contiguous.
    axes : Axes
        The directions of the readout.
    sections : Sections
        The pixels along the edges, on the backend.
    sides : Sides or None
        The pixels at the sides, on the backend; None where rows are not corrected.
    siglimit : float
        Clipping limit of the means, in standard deviations.
    side_gain : float
        Factor of the signal of the sides.
    """
    single = len(frames) if sides is None else 1
    settings = (axes, sections, sides, siglimit, side_gain)
    _subtract(frames[:single], *settings, np.float32)
    _subtract(frames[single:], *settings, np.float64)


def subtract_reference_pixels_zeroframe(zeroframe, axes, sections, sides, siglimit, side_gain):
    """Correct the zero frames as all others, in place; zero marks an unusable value, and stays zero.

    Parameters
    ----------
    zeroframe : (nints, ny, nx) float32 array
        First frame of each integration, DN, edited; C-contiguous.
    axes, sections, sides, siglimit, side_gain
        As in `subtract_reference_pixels`. Zero frames come after all others, so that their precision is single
        only where rows are not corrected.
    """
    unusable = zeroframe == 0
    precision = np.float32 if sides is None else np.float64
    _subtract(zeroframe, axes, sections, sides, siglimit, side_gain, precision)
    zeroframe[unusable] = 0


def _subtract(frames, axes, sections, sides, siglimit, side_gain, precision):
    """Correct frames in blocks, so that temporaries stay small."""
    check_fit(
        frames=(frames, ("nframes", "nfast", "nslow") if axes.transposed else ("nframes", "nslow", "nfast")),
        columns=(sections.columns, (2, "nfast")),
        usable=(None if sides is None else sides.usable, "nsides nslow"),
    )
    for block in row_tiles(len(frames), _scratch_bytes(frames.shape[1:], sections, sides)):
        _subtract_from_block(frames[block], axes, sections, sides, siglimit, side_gain, precision)


def _scratch_bytes(shape, sections, sides):
    """Bytes of the temporaries that one frame needs: signals, pixels of sections and of windows, in float64."""
    signals = 5 * sum(shape)
    windows = 0 if sides is None else 3 * sides.pixels.size
    return 8 * (signals + 3 * sections.pixels.size + windows)


def _subtract_from_block(frames, axes, sections, sides, siglimit, side_gain, precision):
    xp = array_namespace(frames)
    nframes, ny, nx = frames.shape
    flat = frames.reshape(nframes, ny * nx)
    columns = column_signal(flat, sections, siglimit, precision)
    if sides is None:
        rows = xp.zeros((nframes, nx if axes.transposed else ny), precision)
    else:
        rows = side_gain * row_signal(flat, columns, sides)
    along_fast = xp.ascontiguousarray(to_dms_frame(columns[:, None, :], axes).reshape(nframes, -1))
    along_slow = xp.ascontiguousarray(to_dms_frame(rows[:, :, None], axes).reshape(nframes, -1))
    subtract(frames.shape, frames, along_fast, along_slow, axes.transposed)


@pixel_kernel
def subtract(frame, y, x, frames, along_fast, along_slow, transposed):
    """Correct one pixel of one frame: for its column, in the precision of that signal, then for its row."""
    fast, slow = (y, x) if transposed else (x, y)
    frames[frame, y, x] = frames[frame, y, x] - along_fast[frame, fast] - along_slow[frame, slow]
