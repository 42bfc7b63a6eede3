"""Fourier transforms of images, on all cores or on the device."""

import numpy as np

from gpucal.backend.threads import thread_count


def _library(array):
    """The library that transforms an array, and the arguments that tell it how many threads to use."""
    if isinstance(array, np.ndarray):
        from scipy import fft

        return fft, {"workers": thread_count()}
    from cupyx.scipy import fft

    return fft, {}


def transform_rows(rows):
    """Transform real rows.

    Parameters
    ----------
    rows : (..., n) float32 array
        On the backend.

    Returns
    -------
    (..., n // 2 + 1) complex64 array
        One element for each frequency from zero up.
    """
    library, threads = _library(rows)
    return library.rfft(rows, **threads)


def rows_of_transforms(transforms, length):
    """Transform back to real rows; undoes `transform_rows`.

    Parameters
    ----------
    transforms : (..., length // 2 + 1) complex64 array
        On the backend.
    length : int
        The length of the rows.

    Returns
    -------
    (..., length) float32 array
    """
    library, threads = _library(transforms)
    return library.irfft(transforms, length, **threads)


def transform_columns(image):
    """Transform the columns of a (n, ncolumns) complex64 array on the backend; the image may be overwritten."""
    library, threads = _library(image)
    return library.fft(image, axis=0, overwrite_x=True, **threads)


def columns_of_transforms(image):
    """Transform columns back; undoes `transform_columns`."""
    library, threads = _library(image)
    return library.ifft(image, axis=0, overwrite_x=True, **threads)


def transform_image(image, shape):
    """Transform a real image, padded with zeros to a shape; (shape[0], shape[1] // 2 + 1) complex array."""
    library, threads = _library(image)
    return library.rfft2(image, shape, **threads)


def image_of_transform(transform, shape):
    """Transform back to a real image of a shape; undoes `transform_image`."""
    library, threads = _library(transform)
    return library.irfft2(transform, shape, **threads)


def fast_length(length, array) -> int:
    """The next length, from this one on, whose transforms are fast; ``array`` tells where these are made."""
    library, _ = _library(array)
    return library.next_fast_len(length)
