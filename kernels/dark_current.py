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
    """Number of groups that reach over at least so many frames; `frames_spanned` turned round.

    Parameters
    ----------
    frames, nframes, groupgap : int
        Frames to cover, frames in a group, frames dropped between two groups.

    Returns
    -------
    int
    """
    return -(-(frames + groupgap) // (nframes + groupgap))


def regroup_dark(dark, ngroups, nframes, groupgap, available=None):
    """Average the groups of a dark as the electronics average the frames of an exposure.

    NaN counts as zero dark. Beyond its last group the dark goes on with the slope between its last two, up to
    ``available`` groups. A new group averages those of its frames that are available; with none it is NaN.

    Parameters
    ----------
    dark : (ndarks, nframes_dark, ny, nx) float32 array
        Accumulated dark signal, DN, for one or more integrations.
    ngroups : int
        Groups to make.
    nframes, groupgap : int
        Groups of the dark to average for each, and to drop between two of them. With 1 and 0 they are copied.
    available : int, optional
        Groups of the dark and of its continuation; by default those of the dark.

    Returns
    -------
    (ndarks, ngroups, ny, nx) float32 array

    Raises
    ------
    ValueError
        If the dark has to be continued and has a single group, so no slope.
    """
    ndarks, nread, ny, nx = dark.shape
    available = nread if available is None else available
    if available > nread == 1:
        raise ValueError("a dark of one group has no slope to continue it with")
    regrouped = array_namespace(dark).empty((ndarks, ngroups, ny, nx), np.float32)
    for integration in range(ndarks):
        average_frames((ny, nx), dark[integration], regrouped[integration], nframes, groupgap, available)
    return regrouped


@pixel_function
def continued(dark, frame, y, x):
    """Signal of a frame beyond the last of a dark; the slope is rounded to float32, the signal is not."""
    last = dark.shape[0] - 1
    slope = dark[last, y, x] - dark[last - 1, y, x]
    return dark[last, y, x] + (frame - last) * np.float64(slope)


@pixel_kernel
def average_frames(y, x, dark, regrouped, nframes, groupgap, available):
    """Make all groups of one pixel."""
    nread = dark.shape[0]
    for group in range(regrouped.shape[0]):
        start = group * (nframes + groupgap)
        end = min(start + nframes, available)
        total = 0.0
        for frame in range(start, end):
            signal = np.float64(dark[frame, y, x]) if frame < nread else continued(dark, frame, y, x)
            if not math.isnan(signal):
                total += signal
        regrouped[group, y, x] = total / (end - start) if end > start else math.nan


def subtract_dark(ramp, pixeldq, dark, dark_dq, from_first=True):
    """Subtract the dark from each integration and add its flags to the pixels, in place.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Signal, DN, edited.
    pixeldq : (ny, nx) uint32 array
        Pixel flags, edited.
    dark : (ndarks, >= ngroups, ny, nx) float32 array
        Dark of the first integrations of an exposure, DN; the last one serves all that follow.
    dark_dq : (ny, nx) uint32 array
        Flags of the dark.
    from_first : bool
        Whether the ramp starts with the first integration of its exposure. If not, the last dark serves all.
    """
    nints, ngroups = ramp.shape[:2]
    pixeldq |= dark_dq
    dark = dark[:, :ngroups]
    single = min(len(dark) - 1, nints) if from_first else 0
    ramp[:single] -= dark[:single]
    ramp[single:] -= dark[-1]
