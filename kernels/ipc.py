"""Correction for inter-pixel capacitance: the signal that pixels induce in their neighbours.

The correction is a convolution with a small deconvolution kernel. Reference pixels keep their values and
contribute nothing.

Source: the ``ipc`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/ipc/description.html.
"""

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel, row_tiles


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
    per_pixel = int(kernel.ndim == 4)
    kernels = kernel if per_pixel else kernel[:, :, None, None]
    xp = array_namespace(ramp)
    groups = ramp.reshape(-1, *image_shape)
    for block in row_tiles(len(groups), len(rows) * len(columns) * ramp.dtype.itemsize):
        measured = xp.array(groups[block, rows.start : rows.stop, columns.start : columns.stop], order="C")
        convolve(measured.shape, measured, kernels, per_pixel, rows.start, columns.start, groups[block])


def _check_kernel(shape, image_shape):
    if len(shape) not in (2, 4):
        raise ValueError(f"an IPC kernel has two or four axes, not {len(shape)}")
    if not (shape[0] % 2 and shape[1] % 2):
        raise ValueError(f"an IPC kernel of {shape[0]} x {shape[1]} pixels has no central pixel")
    if len(shape) == 4 and shape[2:] != tuple(image_shape):
        raise ValueError(f"IPC kernels for {shape[2:]} pixels do not fit an image of {tuple(image_shape)}")


@pixel_kernel
def convolve(group, y, x, measured, kernels, per_pixel, first_row, first_column, corrected):
    """Correct one science pixel of one group.

    The sum is in float32: the neighbours in the kernel's order, then the pixel itself, which outweighs them.
    """
    row = first_row + y
    column = first_column + x
    kernel_row = per_pixel * row
    kernel_column = per_pixel * column
    middle_y = kernels.shape[0] // 2
    middle_x = kernels.shape[1] // 2
    total = np.float32(0)
    for j in range(kernels.shape[0]):
        for i in range(kernels.shape[1]):
            if j != middle_y or i != middle_x:
                neighbour = pixel_or_zero(measured, group, y + middle_y - j, x + middle_x - i)
                total += kernels[j, i, kernel_row, kernel_column] * neighbour
    total += kernels[middle_y, middle_x, kernel_row, kernel_column] * measured[group, y, x]
    corrected[group, row, column] = total


@pixel_function
def pixel_or_zero(groups, group, y, x):
    """Value of a pixel, zero outside the science pixels."""
    if 0 <= y < groups.shape[1] and 0 <= x < groups.shape[2]:
        return groups[group, y, x]
    return np.float32(0)
