"""References moved onto a star: what ``align_refs`` makes of cleaned cubes and a mask."""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.kernels.starlight.alignment import Aligner, Shift
from gpucal.kernels.starlight.shifts import blurred, moved, moved_errors
from gpucal.steps.parts.starlight.cleaning import Cleaned

log = logging.getLogger(__name__)

SIGMA_OF_FWHM = 1 / np.sqrt(8 * np.log(2))


class Aligned(NamedTuple):
    """References on the pixels of a star.

    Attributes
    ----------
    data, err : (nrefs, ny, nx) float64 array
    shifts : list of Shift or None
        How far each was moved against the star; None of one without good pixels.
    """

    data: np.ndarray
    err: np.ndarray
    shifts: list[Shift | None]


def aligned(science: Cleaned, references: Cleaned, mask) -> Aligned:
    """Move references onto the first image of a star that has good pixels.

    Parameters
    ----------
    science, references : Cleaned
    mask : (ny, nx) float array
        Weights of the pixels; those that see no sky have none whatever it says.
    """
    xp, place = array_namespace(references.data), _first(science)
    outside = science.outside[place] | references.outside.any(axis=0)
    weights = xp.where(outside | ~xp.isfinite(mask), 0, mask).astype(np.float64)
    aligner = Aligner(science.data[place], weights)
    data, err, shifts = xp.empty_like(references.data), xp.empty_like(references.err), []
    for number, image in enumerate(references.data):
        shift = None if references.is_empty[number] else aligner.shift_of(image)
        back = (0.0, 0.0) if shift is None else (-shift.x, -shift.y)
        data[number] = xp.where(references.outside[number], 0, moved(image, back))
        err[number] = moved_errors(references.err[number], back)
        shifts.append(shift)
    return Aligned(data, err, shifts)


def _first(science: Cleaned) -> int:
    """The first image that has good pixels; the first one if none has."""
    return next((place for place, empty in enumerate(science.is_empty) if not empty), 0)


def blurred_cube(cube: Cleaned, fwhm: float | None) -> Cleaned:
    """A cube blurred with a Gaussian; as it is without one."""
    if not fwhm:
        return cube
    sigma = fwhm * SIGMA_OF_FWHM
    xp = array_namespace(cube.data)
    data = xp.stack([blurred(image, sigma) for image in cube.data])
    # the square of a Gaussian is one that is narrower, and its sum the share of the variance that is left
    share = min(1.0, 1 / (4 * np.pi * sigma**2))
    variances = [xp.maximum(blurred(err**2, sigma / np.sqrt(2)), 0) * share for err in cube.err]
    return cube._replace(data=data, err=xp.sqrt(xp.stack(variances)))


def aligned_as_peer(science: Cleaned, references, errors, mask) -> Aligned:
    """References moved as jwst 3.0.0 moves them, with NumPy 2.

    The transform of the star is in single precision there, and the fit looks 1.5e-8 pixel aside for its derivatives:
    they are lost in rounding. Errors are moved as the data are.

    Parameters
    ----------
    science : Cleaned
    references, errors : (nrefs, ny, nx) float32 array
        Cleaned data, and errors as they came.
    mask : (ny, nx) float32 array
    """
    from scipy.ndimage import fourier_shift
    from scipy.optimize import leastsq

    backend = current_backend()
    star, planes, errors, mask = (
        backend.asnumpy(one) for one in (science.data[0].astype(np.float32), references, errors, mask)
    )

    def shifted(image, shift):
        return np.fft.ifftn(fourier_shift(np.fft.fftn(image), shift[::-1])).real

    def differences(values, plane):
        return ((plane - values[2] * shifted(star, values[:2])) * mask).ravel()

    shifts = [
        leastsq(differences, [0.0, 0.0, 1.0], args=(plane,), xtol=1e-15, ftol=1e-15)[0] for plane in planes
    ]
    made = [
        np.stack([shifted(plane, -shift[:2]) for plane, shift in zip(cube, shifts, strict=True)])
        for cube in (planes, errors)
    ]
    return Aligned(*(backend.asarray(cube) for cube in made), [Shift(*shift.tolist()) for shift in shifts])


def tell(found: Aligned) -> None:
    """Log how far references are moved."""
    for number, shift in enumerate(found.shifts, start=1):
        if shift is None:
            log.warning("Reference image %d has no good pixels, and stays where it is", number)
        else:
            log.info("Reference image %d: x %.3f, y %.3f pixels, %.4g times as bright", number, *shift)
