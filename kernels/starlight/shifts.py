"""Images moved by fractions of a pixel.

A shift is a slope of the phases of the Fourier transform, exact for an image that is well sampled and goes on beyond
its borders at the opposite ones. Errors are moved by linear interpolation of their squares, which stay positive.

Source: the shift theorem; the part at the highest frequency of an even number of pixels is the mean of that of either
sign, so that the image stays real (of the one that is highest along both, without a sign).
"""

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.backend.fourier import image_of_transform, transform_image


def phases(shift, shape):
    """What transforms are multiplied by along both axes to move an image.

    Parameters
    ----------
    shift : (float, float)
        Along x and y, pixels.
    shape : (int, int)
        Of the image.

    Returns
    -------
    tuple of (ny, 1) and (1, nx // 2 + 1) complex128 array
    """
    (dx, dy), (ny, nx) = shift, shape
    along_y, along_x = _phase(np.fft.fftfreq(ny), dy), _phase(np.fft.rfftfreq(nx), dx)
    backend = current_backend()
    return backend.asarray(along_y[:, None]), backend.asarray(along_x[None])


def _phase(frequencies, distance):
    made = np.exp(-2j * np.pi * distance * frequencies)
    return np.where(abs(frequencies) == 0.5, made.real + 0j, made)


def slopes(shape):
    """What transforms are multiplied by to have the derivative of an image along x and y; none at the highest."""
    ny, nx = shape
    factors = []
    for frequencies in (np.fft.rfftfreq(nx)[None], np.fft.fftfreq(ny)[:, None]):
        factors.append(np.where(abs(frequencies) == 0.5, 0, 2j * np.pi * frequencies))
    return [current_backend().asarray(factor) for factor in factors]


def moved(image, shift):
    """An image moved along x and y by a number of pixels each; (ny, nx) float64."""
    along_y, along_x = phases(shift, image.shape)
    transform = transform_image(image.astype(np.float64), image.shape)
    return image_of_transform(transform * along_y * along_x, image.shape)


def moved_errors(errors, shift):
    """Errors of an image that is moved, whose pixels are independent; beyond the borders they are those at these."""
    xp = array_namespace(errors)
    variances = errors.astype(np.float64) ** 2
    for axis, distance in ((1, shift[0]), (0, shift[1])):
        variances = _interpolated(variances, float(distance), axis)
    return xp.sqrt(variances)


def _interpolated(plane, distance: float, axis: int):
    xp, size = array_namespace(plane), plane.shape[axis]
    whole = int(np.floor(distance))
    after = distance - whole
    here = xp.clip(xp.arange(size) - whole, 0, size - 1)
    before = xp.clip(here - 1, 0, size - 1)
    return (1 - after) * xp.take(plane, here, axis) + after * xp.take(plane, before, axis)


def blurred(image, sigma: float):
    """An image convolved with a Gaussian of a width, pixels, that does not wrap; (ny, nx) float64."""
    xp, (ny, nx) = array_namespace(image), image.shape
    margin = int(np.ceil(5 * sigma))
    wide = xp.pad(image.astype(np.float64), margin, mode="edge")
    fy, fx = np.fft.fftfreq(wide.shape[0])[:, None], np.fft.rfftfreq(wide.shape[1])[None]
    damping = current_backend().asarray(np.exp(-2 * (np.pi * sigma) ** 2 * (fy**2 + fx**2)))
    made = image_of_transform(transform_image(wide, wide.shape) * damping, wide.shape)
    return made[margin : margin + ny, margin : margin + nx]
