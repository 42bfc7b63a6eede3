"""Drift along the slow axis: running median of the reference pixels at the left and right edge.

Source: the ``refpix`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/refpix/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.readout.detector_frame import FULL_FRAME
from gpucal.kernels.refpix.sections import BORDER
from gpucal.kernels.statistics.pairwise_sum import rounded
from gpucal.kernels.statistics.sorted_samples import sort_known


class Sides(NamedTuple):
    """The pixels under the running window, for each row at the left and the right edge.

    Attributes
    ----------
    pixels : (2, nslow, length * 4) int32 array
        Positions in the flattened stored image; -1 where a pixel is missing or bad.
    columns : (2, length * 4) int32 array
        Their detector columns, counted from the first that the exposure holds.
    middle : (2, 2, nslow) int32 array
        The two places, among the sorted usable pixels of a window, between which the median lies.
    usable : (2, nslow) bool array
        Whether a window holds a usable pixel.
    """

    pixels: np.ndarray
    columns: np.ndarray
    middle: np.ndarray
    usable: np.ndarray


class Signal(NamedTuple):
    """Frames and the drift of their columns, as in `row_signal`; and whether medians are found in single precision."""

    frames: np.ndarray
    columns: np.ndarray
    single: bool


def side_windows(numbers, pixeldq, window, length):
    """Lay the running window over the side reference pixels of an exposure; on the host.

    The rows beyond the ends of the detector are mirror images about its first and its last row. Those beyond
    the ends of a subarray hold no pixels.

    Parameters
    ----------
    numbers : (nslow, nfast) int32 array
        Position of each pixel in the flattened stored image; see `detector_frame.pixel_numbers`.
    pixeldq : (nslow, nfast) uint32 array
        Pixel flags, in the detector frame. A DO_NOT_USE pixel is left out.
    window : Window
        The part of the detector that the exposure holds.
    length : int
        Rows under the running window. That of row r begins at row ``r - length // 2``.

    Returns
    -------
    Sides
        The pixels under the windows.

    Raises
    ------
    ValueError
        If ``length`` is not positive.
    """
    if length < 1:
        raise ValueError(f"side_smoothing_length={length} is not a number of rows")
    rows = _reflected(np.array(window.slow)[:, None] + np.arange(length) - length // 2) - window.slow.start
    inside = (rows >= 0) & (rows < len(window.slow))
    pixels = []
    columns = []
    for detector_columns in (range(BORDER), range(FULL_FRAME - BORDER, FULL_FRAME)):
        strip = np.full((len(window.slow), BORDER), -1, np.int32)
        held = [column - window.fast.start for column in detector_columns if column in window.fast]
        good = pixeldq[:, held] & DO_NOT_USE == 0
        strip[:, : len(held)] = np.where(good, numbers[:, held], -1)
        under = np.where(inside[..., None], strip[np.where(inside, rows, 0)], -1)
        pixels.append(under.reshape(len(window.slow), -1))
        columns.append(np.tile(held + [0] * (BORDER - len(held)), length))
    pixels = np.array(pixels, np.int32)
    counts = (pixels >= 0).sum(axis=-1)
    middle = np.array([np.maximum(counts - 1, 0) // 2, counts // 2], np.int32)
    return Sides(pixels, np.array(columns, np.int32), middle, counts > 0)


def _reflected(rows):
    rows = np.abs(rows)
    return np.where(rows < FULL_FRAME, rows, 2 * (FULL_FRAME - 1) - rows)


def row_signal(frames, columns, sides):
    """Drift of each detector row that the drift of the columns leaves.

    Parameters
    ----------
    frames : (nframes, ny * nx) float32 array
        Flattened stored images, DN.
    columns : (nframes, nfast) float array
        Drift of the detector columns, DN; taken off before the median, which is found in its precision.
    sides : Sides
        Pixels under the running windows, on the backend.

    Returns
    -------
    (nframes, nslow) float64 array
        Average over the left and the right edge of the medians, DN. An edge without usable pixels
        or with a NaN under its window is left out; zero where neither edge is left.
    """
    nfast, (nsides, nslow, npixels) = columns.shape[-1], sides.pixels.shape
    check_fit(
        frames=(frames, ("nframes", nslow * nfast)),
        columns=(columns, ("nframes", nfast)),
        under=(sides.columns, (nsides, npixels)),
        middle=(sides.middle, (nsides, 2, nslow)),
        usable=(sides.usable, (nsides, nslow)),
    )
    xp = array_namespace(frames)
    nframes, (nsides, nslow, npixels) = len(frames), sides.pixels.shape
    medians = xp.empty((nframes, nsides, nslow))
    in_double = xp.ascontiguousarray(columns, dtype=np.float64)  # one type: the kernel is compiled once
    signal = Signal(frames, in_double, columns.dtype == np.float32)
    find_side_medians(medians.shape, Scratch(state=npixels), signal, sides, medians)
    usable = sides.usable & ~xp.isnan(medians)
    return xp.where(usable, medians, 0.0).sum(axis=1) / xp.maximum(usable.sum(axis=1), 1)


@strip_kernel
def find_side_medians(frame, side, begin, end, _samples, values, given, sides, medians):
    """Medians under the windows of some rows; NaN where there is one among the pixels.

    Pixels that are left out sort after the others, as infinity.
    """
    frames, columns, single = given
    pixels, pixel_columns, middle = sides.pixels, sides.columns, sides.middle
    npixels, width = pixels.shape[2], end - begin
    for lane in range(width):
        medians[frame, side, begin + lane] = 0.0
    for place in range(npixels):
        signal = np.float64(columns[frame, pixel_columns[side, place]])
        for lane in range(width):
            pixel = pixels[side, begin + lane, place]
            value = rounded(np.float64(frames[frame, max(pixel, 0)]) - signal, single)
            values[place, lane] = value if pixel >= 0 else math.inf
            if pixel >= 0 and math.isnan(value):
                medians[frame, side, begin + lane] = math.nan
    sort_known(values, npixels, width)
    for lane in range(width):
        row = begin + lane
        below, above = values[middle[0, side, row], lane], values[middle[1, side, row], lane]
        if not math.isnan(medians[frame, side, row]):
            medians[frame, side, row] = rounded(0.5 * rounded(below + above, single), single)
