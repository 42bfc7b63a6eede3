"""How the mask appears in images: as it was measured, as a user tells, or turned as an image tells."""

import logging
import math

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.core import GpucalError
from gpucal.kernels.interferometry.fringes import Distortion, Sampling, fringe_planes
from gpucal.steps.parts.interferometry.bands import value_in
from gpucal.steps.parts.interferometry.holes import Holes

log = logging.getLogger(__name__)

# As measured in commissioning; Sivaramakrishnan et al. (2023, PASP 135, 015003).
COMMISSIONING = Distortion(9.92820e-01, 9.98540e-01, 6.18605e-03, -7.27008e-03)

# What a file tells. The last of these, an angle in radians, stands for the first four; a shift changes no intensity.
IN_FILE = ("mx", "my", "sx", "sy", "xo", "yo", "rotradccw")


def turned(degrees: float) -> Distortion:
    """A mask that is turned, counterclockwise."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return Distortion(cosine, cosine, -sine, sine)


def distortion_of(told: str | None) -> Distortion | None:
    """The distortion that a parameter names; None where it is to be searched for.

    Parameters
    ----------
    told : str or None
        ``commissioning``, an ASDF file with the values of `IN_FILE`, or None.

    Raises
    ------
    GpucalError
        If the file is not there, or lacks a value.
    """
    if told is None or told.strip().lower() == "none":
        return None
    if told == "commissioning":
        return COMMISSIONING
    try:
        values = [value_in(told, name) for name in IN_FILE]
        numbers = [None if value is None else float(value) for value in values]
    except (GpucalError, TypeError) as error:
        if as_peer():
            log.warning("The distortion is searched for: %s", error)
            return None
        raise GpucalError(f"affine2d: {error}") from error
    return Distortion(*numbers[:4]) if numbers[-1] is None else turned(math.degrees(numbers[-1]))


def angles_of(told: str) -> np.ndarray:
    """The angles that ``start stop step`` means, degrees; the last one is the stop itself.

    Raises
    ------
    GpucalError
        If these are no three numbers, or make fewer than three angles.
    """
    try:
        start, stop, step = map(float, told.split())
        angles = np.append(np.arange(start, stop, step), stop)
    except (ValueError, ZeroDivisionError) as error:
        raise GpucalError(f"rotation_search: {told!r} is not start, stop and step in degrees") from error
    if len(np.unique(angles)) < 3:
        raise GpucalError(f"rotation_search: {told!r} makes fewer than three angles")
    return angles


def turn_that_fits(image, holes: Holes, band, sampling: Sampling, offset, angles) -> Distortion:
    """The turn with which the model of a star is most like an image.

    The likeness at each angle is the maximum of their cross-correlation; a parabola through all of them has its
    extremum at the turn.

    Parameters
    ----------
    image : (npix, npix) float array
        Without NaN; on the backend.
    holes : Holes
    band : (nwaves, 2) float64 array
    sampling : Sampling
    offset : (float, float)
        Where the star of the model is, row and column, from the middle of the image.
    angles : (nangles,) float array
        Degrees.
    """
    likeness = [
        likeness_of(image, star_image(holes, turned(angle), band, sampling, offset)) for angle in angles
    ]
    curvature, slope, _ = np.polyfit(angles, likeness, 2)
    angle = -slope / (2.0 * curvature)
    if not (curvature < 0 and angles.min() <= angle <= angles.max()):
        log.warning("Between %g and %g degrees there is no turn that fits best", angles.min(), angles.max())
    log.info("The mask is turned by %.4f degrees", angle)
    return turned(angle)


def star_image(holes: Holes, distortion: Distortion, band, sampling: Sampling, offset):
    """The image of a star; (npix, npix) float64 array on the backend."""
    planes = fringe_planes(holes.mask, distortion, band, sampling, [offset])[0]
    return planes[0] + planes[1:-1:2].sum(0)


def likeness_of(image, other) -> float:
    """The maximum of the cross-correlation of two images, 1 for equal ones."""
    backend = current_backend()
    xp = backend.xp
    image = image.astype(xp.float64)
    product = xp.fft.rfft2(image) * xp.conj(xp.fft.rfft2(other))
    likeness = xp.fft.irfft2(product, image.shape).max() / xp.sqrt((image**2).sum() * (other**2).sum())
    return float(backend.asnumpy(likeness, TABLES))
