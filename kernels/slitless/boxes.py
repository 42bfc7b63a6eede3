"""Boxes of pixels that overlap: added to an image, and carried from one to another."""

import numpy as np

from gpucal.backend import current_backend, pixel_kernel
from gpucal.backend.fit import check_fit


def add_boxes(image, plane, boxes, places):
    """Add boxes to an image, in their order.

    Parameters
    ----------
    image : (ny, nx) float64 array
        Edited in place.
    plane : (npacked,) float array
        The pixels of all boxes.
    boxes : (nboxes, 4) int64 array
        On the host: first row and column, rows and columns, all within the image.
    places : (nboxes,) int64 array
        On the host: where each begins in the plane.
    """
    check_fit(image=(image, "ny nx"), boxes=(boxes, ("nboxes", 4)), places=(places, "nboxes"))
    ends = boxes[:, :2] + boxes[:, 2:]
    if boxes.min(initial=0) < 0 or (ends > image.shape).any():
        raise ValueError("boxes reach beyond the image")
    if places.min(initial=0) < 0 or (places + boxes[:, 2] * boxes[:, 3]).max(initial=0) > plane.size:
        raise ValueError("boxes reach beyond the plane")
    table = current_backend().asarray(np.column_stack([boxes, places]).astype(np.int64))
    add_to_row((image.shape[0], 1), table, plane, image)


@pixel_kernel
def add_to_row(row, _, table, plane, image):
    """Add the part of all boxes in one row of the image."""
    for box in range(table.shape[0]):
        line = row - table[box, 0]
        if 0 <= line < table[box, 2]:
            place, first = table[box, 4] + line * table[box, 3], table[box, 1]
            for x in range(table[box, 3]):
                image[row, first + x] += plane[place + x]


def on_other_boxes(plane, boxes, places, others, which, limits, dtype=np.float32):
    """The pixels of boxes where others are: zeros where these reach beyond.

    Parameters
    ----------
    plane : (npacked,) float array
        The pixels of the boxes.
    boxes : (nboxes, 4) int64 array
        On the host: first row and column, rows and columns.
    places : (nboxes,) int64 array
        On the host: where each begins in the plane.
    others : (nothers, 4) int64 array
        On the host: the boxes to fill, in the form of ``boxes``.
    which : (nothers,) int64 array
        On the host: the box that each is filled from; -1 for none.
    limits : (nothers, 4) int64 array
        On the host: in the other box, the first row that is filled and the one after the last, and the columns.
    dtype : dtype
        Of the result.

    Returns
    -------
    1-D array
        The pixels of the other boxes, packed.
    """
    check_fit(
        boxes=(boxes, ("nboxes", 4)), places=(places, "nboxes"), others=(others, ("nothers", 4)),
        which=(which, "nothers"), limits=(limits, ("nothers", 4)),
    )  # fmt: skip
    backend = current_backend()
    out = backend.xp.zeros(int((others[:, 2] * others[:, 3]).sum()), dtype)
    filled = np.flatnonzero((which >= 0) & (limits[:, 1] > limits[:, 0]) & (limits[:, 3] > limits[:, 2]))
    count = limits[filled, 1] - limits[filled, 0]
    number = np.repeat(filled, count)
    row = limits[number, 0] + np.arange(len(number)) - np.repeat(np.cumsum(count) - count, count)
    source, column = which[number], limits[number, 2]
    moved = others[number, :2] - boxes[source, :2]
    inside = (moved[:, 0] + row >= 0) & (moved[:, 0] + row < boxes[source, 2])
    inside &= (moved[:, 1] + column >= 0) & (moved[:, 1] + limits[number, 3] <= boxes[source, 3])
    inside &= (row < others[number, 2]) & (limits[number, 3] <= others[number, 3])
    ends = places + boxes[:, 2] * boxes[:, 3]
    if not inside.all() or ends.max(initial=0) > plane.size:
        raise ValueError("limits reach beyond the boxes, or boxes beyond the plane")
    begins = np.cumsum(others[:, 2] * others[:, 3]) - others[:, 2] * others[:, 3]
    lines = np.column_stack(
        [
            limits[number, 3] - column,
            begins[number] + row * others[number, 3] + column,
            places[source] + (moved[:, 0] + row) * boxes[source, 3] + moved[:, 1] + column,
        ]
    )
    copy_run((len(lines), int(lines[:, 0].max(initial=0))), backend.asarray(lines.astype(np.int64)), plane, out)
    return out


@pixel_kernel
def copy_run(line, x, lines, plane, out):
    """Copy one pixel of a run; runs are as long as the longest, and end where theirs do."""
    if x < lines[line, 0]:
        out[lines[line, 1] + x] = plane[lines[line, 2] + x]
