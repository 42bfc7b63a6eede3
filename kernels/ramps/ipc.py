"""Correction for inter-pixel capacitance: the signal that pixels induce in their neighbours.

The correction is a convolution with a small deconvolution kernel. Reference pixels keep their values and
contribute nothing.

Source: the ``ipc`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/ipc/description.html.
"""

from typing import NamedTuple

from gpucal.backend import array_namespace, current_backend, row_tiles, strip_kernel
from gpucal.backend.strips import NO_SCRATCH


class Corner(NamedTuple):
    """The first plane, row and column that a block of images is of."""

    plane: int
    row: int
    column: int


class Border(NamedTuple):
    """Rows above an image, and columns to its left."""

    above: int
    left: int


def correct_ipc(ramp, kernel, rows, columns):
    """Convolve the science pixels of each group with a deconvolution kernel, in place.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN, edited; C-contiguous.
    kernel : (nky, nkx) or (nky, nkx, ny, nx) float32 array
        One kernel for all pixels, or one for each corrected pixel. ``nky`` and ``nkx`` are odd.
    rows, columns : range
        The rows and the columns that hold science pixels; the others are reference pixels.

    Raises
    ------
    ValueError
        If the kernel has an even extent, neither two nor four axes, or does not fit the ramp.
    """
    image_shape = ramp.shape[-2:]
    _check_kernel(kernel.shape, image_shape)
    if rows.stop > image_shape[0] or columns.stop > image_shape[1]:
        raise ValueError(f"an image of {tuple(image_shape)} pixels has no {rows}, {columns}")
    if not (rows and columns):
        return
    kernels = kernel if kernel.ndim == 4 else kernel[:, :, None, None]
    planes = ramp.reshape(-1, *image_shape)
    border = Border(kernel.shape[0] // 2, kernel.shape[1] // 2)
    padded = len(rows) + 2 * border.above, len(columns) + 2 * border.left
    measured = None
    # For copies of images, which take memory in addition to the ramp.
    budget = current_backend().scratch_bytes // 2
    for block in row_tiles(len(planes), padded[0] * padded[1] * ramp.dtype.itemsize, budget):
        if measured is None:
            measured = array_namespace(ramp).zeros((block.stop, *padded), ramp.dtype)
        shape = block.stop - block.start, len(rows), len(columns)
        corner = Corner(block.start, rows.start, columns.start)
        keep_measured(shape, NO_SCRATCH, planes, corner, measured, border)
        convolve(shape, NO_SCRATCH, measured, kernels, planes, corner)


def _check_kernel(shape, image_shape):
    if len(shape) not in (2, 4):
        raise ValueError(f"an IPC kernel has two or four axes, not {len(shape)}")
    if not (shape[0] % 2 and shape[1] % 2):
        raise ValueError(f"an IPC kernel of {shape[0]} x {shape[1]} pixels has no central pixel")
    if len(shape) == 4 and shape[2:] != tuple(image_shape):
        raise ValueError(f"IPC kernels for {shape[2:]} pixels do not fit an image of {tuple(image_shape)}")


@strip_kernel
def keep_measured(image, y, begin, end, samples, state, planes, corner, measured, border):
    """Copy pixels of the science area to images with a border."""
    measured_row = measured[image, y + border.above, begin + border.left : end + border.left]
    row = planes[corner.plane + image, corner.row + y, corner.column + begin : corner.column + end]
    for lane in range(end - begin):
        measured_row[lane] = row[lane]


@strip_kernel
def convolve(image, y, begin, end, samples, state, measured, kernels, planes, corner):
    """Sum, in float32, of the kernel's elements times the pixels opposite to them, in a border of half a kernel.

    The central term, which outweighs the others, is added last.
    """
    nky, nkx, nkernels = kernels.shape[0], kernels.shape[1], kernels.shape[3]
    row, column = corner.row + y, corner.column + begin
    width = end - begin
    total = planes[corner.plane + image, row, column : column + width]
    for lane in range(width):
        total[lane] = 0
    center = nky // 2 * nkx + nkx // 2
    for place in range(nky * nkx):
        element = center if place == nky * nkx - 1 else place + (place >= center)
        j, i = element // nkx, element % nkx
        start = begin + nkx - 1 - i
        pixels = measured[image, y + nky - 1 - j, start : start + width]
        if nkernels == 1:
            factor = kernels[j, i, 0, 0]
            for lane in range(width):
                total[lane] += pixels[lane] * factor
        else:
            factors = kernels[j, i, row, column : column + width]
            for lane in range(width):
                total[lane] += pixels[lane] * factors[lane]
