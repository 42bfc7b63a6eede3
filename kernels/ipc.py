"""Correction for inter-pixel capacitance: the signal that pixels induce in their neighbours.

The correction is a convolution with a small deconvolution kernel. Reference pixels keep their values and
contribute nothing.

Source: the ``ipc`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/ipc/description.html.
"""

from gpucal.backend import array_namespace, row_tiles

# A tile passes through the arithmetic once for each element of the kernel: it had better stay in a cache.
TILE_BYTES = 2**18


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
    if not (rows and columns):
        return
    kernels = kernel if kernel.ndim == 4 else kernel[:, :, None, None]
    kernels = array_namespace(ramp).broadcast_to(kernels, (*kernel.shape[:2], *image_shape))
    cut = ..., slice(rows.start, rows.stop), slice(columns.start, columns.stop)
    kernels = kernels[cut]
    science = ramp.reshape(-1, *image_shape)[cut]
    row_bytes = len(columns) * ramp.dtype.itemsize
    for block in row_tiles(len(science), len(rows) * row_bytes, TILE_BYTES):
        measured = _with_border(science[block], kernel.shape[0] // 2, kernel.shape[1] // 2)
        for tile in row_tiles(len(rows), (block.stop - block.start) * row_bytes, TILE_BYTES):
            under = measured[:, tile.start : tile.stop + kernel.shape[0] - 1]
            science[block, tile] = _convolved(under, kernels[:, :, tile])


def _check_kernel(shape, image_shape):
    if len(shape) not in (2, 4):
        raise ValueError(f"an IPC kernel has two or four axes, not {len(shape)}")
    if not (shape[0] % 2 and shape[1] % 2):
        raise ValueError(f"an IPC kernel of {shape[0]} x {shape[1]} pixels has no central pixel")
    if len(shape) == 4 and shape[2:] != tuple(image_shape):
        raise ValueError(f"IPC kernels for {shape[2:]} pixels do not fit an image of {tuple(image_shape)}")


def _with_border(images, border_y, border_x):
    """A copy of images with zeros round them."""
    return array_namespace(images).pad(images, ((0, 0), (border_y, border_y), (border_x, border_x)))


def _convolved(images, kernels):
    """Sum, in the images' precision, of the kernels' elements times the pixels opposite to them.

    Parameters
    ----------
    images : (nimages, ny + nky - 1, nx + nkx - 1) array
        The pixels in a border of half a kernel.
    kernels : (nky, nkx, ny, nx) array
        A kernel for each pixel.

    Returns
    -------
    (nimages, ny, nx) array
        The central term, which outweighs the others, is added last.
    """
    nky, nkx, ny, nx = kernels.shape
    centre = nky // 2, nkx // 2
    elements = [(j, i) for j in range(nky) for i in range(nkx) if (j, i) != centre]
    xp = array_namespace(images)
    total = xp.zeros((len(images), ny, nx), images.dtype)
    term = xp.empty_like(total)
    for j, i in [*elements, centre]:
        y, x = nky - 1 - j, nkx - 1 - i
        xp.multiply(images[:, y : y + ny, x : x + nx], kernels[j, i], out=term)
        total += term
    return total
