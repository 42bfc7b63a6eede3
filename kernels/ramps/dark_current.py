"""Dark current: dark frames brought to the read pattern of an exposure, and subtracted from its ramps.

Source: the ``dark_current`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/dark_current/description.html.

A group is the average of ``nframes`` frames; ``groupgap`` frames are dropped between two groups. A dark is
commonly read with one frame a group and none dropped.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch, strip_at


class Pattern(NamedTuple):
    """Which groups of a dark belong to a group of a ramp: see `dark_groups`."""

    nframes: int
    groupgap: int
    available: int


def frames_spanned(ngroups, nframes, groupgap):
    """Number of frames from the first to the last of an integration, dropped ones included.

    Parameters
    ----------
    ngroups, nframes, groupgap : int
        Groups in the integration, frames in a group, frames dropped between two groups.

    Returns
    -------
    int
    """
    return ngroups * nframes + (ngroups - 1) * groupgap


def groups_to_span(frames, nframes, groupgap):
    """Fewest groups that reach over so many frames; `frames_spanned` turned round.

    Parameters
    ----------
    frames, nframes, groupgap : int
        Frames to cover, frames in a group, frames dropped between two groups.

    Returns
    -------
    int
    """
    return -(-(frames + groupgap) // (nframes + groupgap))


def subtract_dark(ramp, dark, nframes=1, groupgap=0, available=None, from_first=True, first_row=0):
    """Subtract from each group the dark of its frames, in place.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Signal, DN, edited.
    dark : (ndarks, nread, nrows, nx) float32 array
        Accumulated dark signal of the first integrations of an exposure, DN; the last serves all that follow.
    nframes, groupgap, available : int
        Which groups of the dark belong to a group of the ramp: see `dark_groups`.
    from_first : bool
        Whether the ramp starts with the first integration of its exposure. If not, the last dark serves all.
    first_row : int
        The row of the ramp that the first row of the dark belongs to.
    """
    rows = slice(first_row, first_row + dark.shape[2])
    check_fit(dark=(dark, "ndarks nread nrows nx"), ramp=(ramp[:, :, rows], "nints ngroups nrows nx"))
    nread = dark.shape[1]
    available = nread if available is None else available
    alone = min(len(dark) - 1, len(ramp)) if from_first else 0
    pattern = Pattern(nframes, groupgap, available)
    subtract_from_strip(dark.shape[2:], Scratch(state=1), ramp, dark, alone, pattern, first_row)


@strip_kernel
def subtract_from_strip(y, begin, end, _samples, scratch, ramp, dark, alone, pattern, first_row):
    """Correct a strip of pixels: the first ``alone`` integrations by darks of their own, the rest by the last."""
    nframes, groupgap, available = pattern
    strip = strip_at(y, begin, end)
    nints, ngroups = ramp.shape[:2]
    for group in range(ngroups):
        frame = group * (nframes + groupgap)
        for served in range(alone + 1):
            own = dark[served] if served < alone else dark[dark.shape[0] - 1]
            fill_mean(own, frame, min(frame + nframes, available), available, strip, scratch)
            for integration in range(served, served + 1 if served < alone else nints):
                corrected = ramp[integration, group, first_row + strip.y]
                for lane in range(strip.count):
                    corrected[strip.first + lane] -= np.float32(scratch[0, lane])


def dark_groups(dark, ngroups, nframes, groupgap, available=None):
    """Average the groups of a dark as the electronics average the frames of an exposure.

    NaN counts as zero dark. The average is in single precision, or in double precision for a dark that is
    continued, as in jwst 3.0.0. Beyond its last group the dark goes on with the slope between its last two, up to
    ``available`` groups. A new group averages those of its frames that are available; with none it is NaN.

    Parameters
    ----------
    dark : (nread, ny, nx) float32 array
        Accumulated dark signal, DN.
    ngroups : int
        Groups to make.
    nframes, groupgap : int
        Groups of the dark to average for each, and to drop between two of them. With 1 and 0 they are copied.
    available : int, optional
        Groups of the dark and of its continuation; by default those of the dark. A dark of one group has no
        slope, and no continuation.

    Yields
    ------
    (ny, nx) float32 array
        One new group after the other, in the same memory.
    """
    nread, ny, nx = dark.shape
    available = nread if available is None else available
    mean = array_namespace(dark).empty((ny, nx), np.float32)
    for begin in range(0, ngroups * (nframes + groupgap), nframes + groupgap):
        store_mean((ny, nx), Scratch(state=1), dark, begin, min(begin + nframes, available), available, mean)
        yield mean


@strip_kernel
def store_mean(y, begin, end, _samples, scratch, dark, first, stop, available, mean):
    """Write the mean of the frames from first to before stop of a strip of pixels."""
    strip = strip_at(y, begin, end)
    fill_mean(dark, first, stop, available, strip, scratch)
    for lane in range(strip.count):
        mean[strip.y, strip.first + lane] = scratch[0, lane]


@pixel_function
def fill_mean(dark, begin, end, available, strip, scratch):
    """Average the frames from begin to before end of a strip of pixels, NaN as zero; NaN if there are none."""
    nread = dark.shape[0]
    for lane in range(strip.count):
        scratch[0, lane] = 0.0
    for frame in range(begin, end):
        if available <= nread:
            add_frame(dark, frame, strip, scratch)
        elif frame < nread:
            add_frame_in_double(dark, frame, strip, scratch)
        else:
            add_continuation(dark, frame, strip, scratch)
    for lane in range(strip.count):
        scratch[0, lane] = np.float32(scratch[0, lane] / (end - begin)) if end > begin else math.nan


@pixel_function
def add_frame(dark, frame, strip, scratch):
    """Add a frame to sums that are single precision."""
    for lane in range(strip.count):
        signal = dark[frame, strip.y, strip.first + lane]
        scratch[0, lane] = np.float32(scratch[0, lane]) + (np.float32(0) if math.isnan(signal) else signal)


@pixel_function
def add_frame_in_double(dark, frame, strip, scratch):
    """Add a frame to sums that are double precision."""
    for lane in range(strip.count):
        signal = np.float64(dark[frame, strip.y, strip.first + lane])
        scratch[0, lane] += 0.0 if math.isnan(signal) else signal


@pixel_function
def add_continuation(dark, frame, strip, scratch):
    """Add a frame beyond the last of a dark; the slope is rounded to float32, the signal is not."""
    last = dark.shape[0] - 1
    for lane in range(strip.count):
        x = strip.first + lane
        slope = dark[last, strip.y, x] - dark[last - 1, strip.y, x]
        signal = dark[last, strip.y, x] + (frame - last) * np.float64(slope)
        scratch[0, lane] += 0.0 if math.isnan(signal) else signal
