"""Give bad pixels values that leave no power at frequencies which the pupil does not pass.

The transform of an image that was seen through a mask has nothing but noise beyond the longest baseline. A bad pixel
adds power at all frequencies: the values of all bad pixels are those for which the power beyond is least. With F the
transform of the image without them, at the frequencies Z, their values v solve::

    sum over j of m(r_i - r_j) v_j = -Re sum over Z of F(k) exp(i k r_i),    m(r) = sum over Z of cos(k r)

so that both sides are transforms themselves. Pixels that stand out from their surroundings at these frequencies are
taken for bad ones, too, until no more are found.

Source: Ireland (2013, MNRAS 433, 1718), section 2.5.
"""

from typing import NamedTuple

from gpucal.backend import array_namespace
from gpucal.kernels.interferometry.transforms import centred_power

ROUNDS = 10
STANDS_OUT = 50.0
SUPPORT_LEVEL = 1e-3


class Detector(NamedTuple):
    """What the noise of a pixel is made of: electrons in a count, and read noise in electrons."""

    gain: float
    read_noise: float


def frequencies_beyond(pupil, wavelengths, diameter: float, pitch: float, npix: int):
    """The frequencies of an image that a pupil does not pass.

    Parameters
    ----------
    pupil : (n, n) float array
        Its transmission.
    wavelengths : sequence of float
        Metres.
    diameter : float
        The size of the array, metres.
    pitch : float
        The size of a pixel of the image, radians.
    npix : int
        Rows and columns of the image, an even number.

    Returns
    -------
    (npix, npix // 2 + 1) bool array
        As `numpy.fft.rfft2` orders frequencies.
    """
    xp = array_namespace(pupil)
    image = 0.0
    for wavelength in wavelengths:
        image = image + centred_power(pupil, npix * pitch * diameter / wavelength, npix)
    power = centred_power(image, npix, npix)
    return xp.fft.fftshift(power < SUPPORT_LEVEL**2 * power.max())[:, : npix // 2 + 1]


def repair_images(images, bad, beyond, detector: Detector):
    """Repair bad pixels, and those that are found to be bad.

    Parameters
    ----------
    images : (nints, npix, npix) float array
        Values of bad pixels do not matter, but have to be finite.
    bad : (nints, npix, npix) bool array
    beyond : (npix, npix // 2 + 1) bool array
        See `frequencies_beyond`.
    detector : Detector

    Returns
    -------
    images : (nints, npix, npix) float64 array
    bad : (nints, npix, npix) bool array
        With those that were found.
    """
    xp = array_namespace(images)
    images, bad = images.astype(xp.float64), bad.copy()
    repaired = images.copy()
    places = xp.arange(len(images))
    for _ in range(ROUNDS):
        repaired[places] = with_bad_replaced(repaired[places], bad[places], beyond)
        found = outstanding(repaired[places], beyond, detector) & ~bad[places]
        bad[places] |= found
        places = places[found.any((1, 2))]
        if not len(places):
            break
    return with_bad_replaced(images, bad, beyond), bad


def with_bad_replaced(images, bad, beyond):
    """Images whose bad pixels have the values that leave least power at frequencies beyond the pupil."""
    xp = array_namespace(images)
    npix = images.shape[-1]
    images = xp.where(bad, 0.0, images)
    shape = (npix, npix)
    response = sum_over(beyond.astype(xp.complex128), shape)
    force = sum_over(xp.fft.rfft2(images) * beyond, shape)
    for image, is_bad, forces in zip(images, bad, force, strict=True):
        rows, columns = xp.nonzero(is_bad)
        if len(rows):
            matrix = response[rows[:, None] - rows[None, :], columns[:, None] - columns[None, :]]
            image[rows, columns] = -(xp.linalg.inv(matrix) @ forces[rows, columns])
    return images


def sum_over(terms, shape):
    """The real part of the sum of terms times exp(i k r) over the frequencies of a half plane, at all pixels."""
    xp = array_namespace(terms)
    whole = xp.zeros((*terms.shape[:-2], *shape), xp.complex128)
    whole[..., : terms.shape[-1]] = terms
    return xp.fft.ifft2(whole).real * (shape[0] * shape[1])


def outstanding(images, beyond, detector: Detector):
    """The pixels that stand out from their surroundings at frequencies beyond the pupil; (nints, npix, npix) bool."""
    xp = array_namespace(images)
    variance = neighbours_median(images) / detector.gain + detector.read_noise**2
    noise = xp.sqrt(xp.where(variance > 0, variance, detector.read_noise**2))
    rest = xp.fft.irfft2(xp.fft.rfft2(images) * beyond, images.shape[1:]) / noise
    distance = xp.abs(rest - neighbours_median(rest))
    return distance > STANDS_OUT * xp.median(distance, axis=(1, 2), keepdims=True)


def neighbours_median(images):
    """The median of each pixel and those around it; beyond the border, the pixels are those within, mirrored."""
    xp = array_namespace(images)
    rows, columns = images.shape[1:]
    padded = xp.pad(images, ((0, 0), (1, 1), (1, 1)), mode="symmetric")
    views = [padded[:, y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
    return xp.sort(xp.stack(views), axis=0)[4]
