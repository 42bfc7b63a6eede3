"""Flags of groups edited in ellipses, all ellipses of all integrations at once.

The groups of an ellipse are those from one on, until a pixel has a flag that keeps it from being edited.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, strip_kernel
from gpucal.backend.fit import check_fit, check_indices
from gpucal.backend.strips import NO_SCRATCH

# What `edit_strip` knows of an integration: its number, and where its ellipses begin and stop in the tables;
INTEGRATION, FIRST, STOP = range(3)
# of an ellipse: the window that it is drawn in and the groups, as whole numbers;
FIRST_ROW, STOP_ROW, FIRST_COLUMN, STOP_COLUMN, FIRST_GROUP, STOP_GROUP = range(6)
# its centre, the direction of its major axis, and its radii.
ROW, COLUMN, SINE, COSINE, MINOR, MAJOR = range(6)


class FlagEdit(NamedTuple):
    """How the flags of a pixel change.

    Attributes
    ----------
    add : int
        Flags to set.
    keep : int
        Flags that stay as they are; all others are cleared.
    until : int
        A group with one of these is not edited, nor are those after it.
    """

    add: int
    keep: int = 0xFF
    until: int = 0


class Tables(NamedTuple):
    """Ellipses as `edit_strip` takes them: whole numbers of integrations, and of ellipses, and shapes, float64.

    The columns are INTEGRATION to STOP; FIRST_ROW to STOP_GROUP; and ROW to MAJOR.
    """

    integrations: np.ndarray
    windows: np.ndarray
    shapes: np.ndarray


class Corner(NamedTuple):
    """The first row and column that an ellipse reaches."""

    top: int
    left: int


def edit_flags(groupdq, ellipses, minor_radii, major_radii, first_groups, stop_groups, edit):
    """Edit the flags of pixels whose centres are inside ellipses, about the nearest pixel to the centre of each.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags, edited.
    ellipses : Ellipses
        For their centres and angles, on the host; an ellipse's image is its integration.
    minor_radii, major_radii : (n,) float64 array
        Semi-axes, whole pixels. With a radius of zero there are no pixels.
    first_groups, stop_groups : int, or (n,) int array
        The groups of each ellipse: from the first to before the stop, or to the last one there is.
    edit : FlagEdit
        What is done.
    """
    check_fit(
        images=(ellipses.images, "n"),
        x=(ellipses.x, "n"),
        y=(ellipses.y, "n"),
        angle=(ellipses.angle, "n"),
        minor_radii=(minor_radii, "n"),
        major_radii=(major_radii, "n"),
    )
    check_indices(ellipses.images, groupdq.shape[0])
    drawn = np.flatnonzero((minor_radii != 0) & (major_radii != 0))
    if not drawn.size:
        return
    drawn = drawn[np.argsort(ellipses.images[drawn], kind="stable")]
    groups = np.broadcast_to(first_groups, minor_radii.shape), np.minimum(stop_groups, groupdq.shape[1])
    shapes = _shapes(ellipses, minor_radii, major_radii)
    windows = np.stack([*_windows(shapes, groupdq.shape[2:]), *np.broadcast_arrays(*groups)], axis=-1)[drawn]
    integrations = _parts(ellipses.images[drawn])
    top, left = windows[:, [FIRST_ROW, FIRST_COLUMN]].min(axis=0).tolist()
    bottom, right = windows[:, [STOP_ROW, STOP_COLUMN]].max(axis=0).tolist()
    around_all = len(integrations), max(0, bottom - top), max(0, right - left)
    tables = map(current_backend().asarray, (integrations, windows, np.stack(shapes, axis=-1)[drawn]))
    edit = FlagEdit(*map(np.uint8, edit))
    edit_strip(around_all, NO_SCRATCH, Corner(top, left), groupdq, Tables(*tables), edit)


def _parts(images):
    """Of sorted numbers of images, each once, with the range of places where it stands: (n, 3) int array."""
    images, first, count = np.unique(images, return_index=True, return_counts=True)
    return np.stack([images, first, first + count], axis=-1)


def _shapes(ellipses, minor_radii, major_radii):
    turn = np.radians(ellipses.angle) % np.pi
    return np.rint(ellipses.y), np.rint(ellipses.x), np.sin(turn), np.cos(turn), minor_radii, major_radii


def _windows(shapes, image_shape):
    """Windows of an image around ellipses: first and stop rows and columns."""
    row, column, sine, cosine, minor, major = shapes
    yield from _span(row, abs(major * cosine) + minor * sine, image_shape[0])
    yield from _span(column, major * sine + abs(minor * cosine), image_shape[1])


def _span(center, reach, size):
    first = np.maximum(np.ceil(center - reach), 0)
    stop = np.minimum(np.floor(center + reach), size - 1) + 1
    return first.astype(np.int64), stop.astype(np.int64)


@strip_kernel
def edit_strip(part, row, begin, end, samples, state, corner, groupdq, tables, edit):
    """Edit the flags of a strip of pixels, counted from a corner, in those ellipses whose windows it crosses."""
    integrations, windows, shapes = tables
    left, y, flags = corner.left, corner.top + row, groupdq[integrations[part, INTEGRATION]]
    for ellipse in range(integrations[part, FIRST], integrations[part, STOP]):
        window, shape = windows[ellipse], shapes[ellipse]
        if y < window[FIRST_ROW] or y >= window[STOP_ROW]:
            continue
        dy = y - shape[ROW]
        for x in range(max(left + begin, window[FIRST_COLUMN]), min(left + end, window[STOP_COLUMN])):
            dx = x - shape[COLUMN]
            along_major = (dy * shape[COSINE] + dx * shape[SINE]) / shape[MAJOR]
            along_minor = (dy * shape[SINE] - dx * shape[COSINE]) / shape[MINOR]
            if along_major * along_major + along_minor * along_minor < 1:
                for group in range(window[FIRST_GROUP], window[STOP_GROUP]):
                    if flags[group, y, x] & edit.until:
                        break
                    flags[group, y, x] = flags[group, y, x] & edit.keep | edit.add
