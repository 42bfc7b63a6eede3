"""Dark current: dark frames brought to the read pattern of an exposure, and subtracted from its ramps.

Source: the ``dark_current`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/dark_current/description.html.

A group is the average of ``nframes`` frames; ``groupgap`` frames are dropped between two groups. A dark is
commonly read with one frame a group and none dropped.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel


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


def subtract_dark(ramp, pixeldq, dark, dark_dq, nframes=1, groupgap=0, available=None, from_first=True):
    """Subtract from each group the dark of its frames, and add the dark's flags to the pixels, in place.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Signal, DN, edited.
    pixeldq : (ny, nx) uint32 array
        Pixel flags, edited.
    dark : (ndarks, nread, ny, nx) float32 array
        Accumulated dark signal of the first integrations of an exposure, DN; the last serves all that follow.
    dark_dq : (ny, nx) uint32 array
        Flags of the dark.
    nframes, groupgap, available : int
        Which groups of the dark belong to a group of the ramp: see `dark_groups`.
    from_first : bool
        Whether the ramp starts with the first integration of its exposure. If not, the last dark serves all.
    """
    pixeldq |= dark_dq
    nints, ngroups = ramp.shape[:2]
    alone = min(len(dark) - 1, nints) if from_first else 0
    served = [ramp[integration : integration + 1] for integration in range(alone)] + [ramp[alone:]]
    for integrations, own_dark in zip(served, [*dark[:alone], dark[-1]], strict=True):
        for group, signal in enumerate(dark_groups(own_dark, ngroups, nframes, groupgap, available)):
            integrations[:, group] -= signal


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
    average = average_frames if available <= nread else average_frames_and_more
    mean = array_namespace(dark).empty((ny, nx), np.float32)
    for begin in range(0, ngroups * (nframes + groupgap), nframes + groupgap):
        average((ny, nx), dark, begin, min(begin + nframes, available), mean)
        yield mean


@pixel_function
def continued(dark, frame, y, x):
    """Signal of a frame beyond the last of a dark; the slope is rounded to float32, the signal is not."""
    last = dark.shape[0] - 1
    slope = dark[last, y, x] - dark[last - 1, y, x]
    return dark[last, y, x] + (frame - last) * np.float64(slope)


@pixel_kernel
def average_frames(y, x, dark, begin, end, mean):
    """Average one pixel of the frames from begin to before end, NaN as zero; NaN if there are none."""
    total = np.float32(0)
    for frame in range(begin, end):
        signal = dark[frame, y, x]
        if not math.isnan(signal):
            total += signal
    mean[y, x] = total / (end - begin) if end > begin else math.nan


@pixel_kernel
def average_frames_and_more(y, x, dark, begin, end, mean):
    """The same of a dark and its continuation."""
    nread = dark.shape[0]
    total = 0.0
    for frame in range(begin, end):
        signal = np.float64(dark[frame, y, x]) if frame < nread else continued(dark, frame, y, x)
        if not math.isnan(signal):
            total += signal
    mean[y, x] = total / (end - begin) if end > begin else math.nan
