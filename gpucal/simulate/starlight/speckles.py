"""What a coronagraph leaves of a star: speckles whose places are those of the optics, brighter towards the star.

A speckle is an image of a point, as is all that passes the telescope, so that the light is known at each place between
pixels. Speckles stand still on the detector when the telescope rolls; their brightness drifts slowly.
"""

from dataclasses import dataclass

import numpy as np

from gpucal.simulate.light import add_gaussians

SPECKLES = 400
REACH = (
    14.0  # arcsec over the radius of the mask at which the light has all but gone, in units of that radius
)
STEEPNESS = 2.6  # of the decrease of light outwards
LEAKAGE = 0.008  # of the light of the star that passes
SCATTER = 0.7  # of the logarithm of their brightness
ARMS, ARM_WIDTH = 6, 0.12  # of the diffraction of the mirror's edges, radian
ARM_SHARE = 0.35


@dataclass(frozen=True)
class Speckles:
    """Speckles of a coronagraph.

    Attributes
    ----------
    places : ndarray (n, 2)
        x and y from the star, pixels.
    shares : ndarray (n,)
        Of the light of the star.
    width : float
        Sigma of the image of a point, pixels.
    """

    places: np.ndarray
    shares: np.ndarray
    width: float

    @classmethod
    def drawn(cls, coronagraph, width: float, pixel: float, rng) -> "Speckles":
        """Draw the speckles of a coronagraph.

        Parameters
        ----------
        coronagraph : Coronagraph
        width : float
            Sigma of the image of a point, pixels.
        pixel : float
            Its side, arcsec.
        rng : numpy.random.Generator
        """
        inner = 0.5 * coronagraph.radius / pixel
        radius = inner * np.exp(rng.uniform(0, np.log(2 * REACH), SPECKLES))
        angle = rng.uniform(0, 2 * np.pi, SPECKLES)
        arms = rng.random(SPECKLES) < ARM_SHARE
        turned = rng.integers(0, ARMS, SPECKLES) * 2 * np.pi / ARMS + ARM_WIDTH * rng.standard_normal(
            SPECKLES
        )
        angle = np.where(arms, turned, angle)
        places = (radius * [np.cos(angle), np.sin(angle)]).T
        # even in the logarithm of the radius: as many in each ring, whose area is that of the square of the radius
        light = (radius / inner) ** (2 - STEEPNESS) * np.exp(SCATTER * rng.standard_normal(SPECKLES))
        if coronagraph.quadrants:
            near = np.abs(places).min(axis=1) < inner
            light[near] *= 0.2
        return cls(places, LEAKAGE * light / light.sum(), width)

    def image(self, centre, flux: float, drift: float, shape: tuple[int, int], rng) -> np.ndarray:
        """The light of a star in each pixel.

        Parameters
        ----------
        centre : array_like (2,)
            x and y of the star, pixels.
        flux : float
            Of the star, Jy.
        drift : float
            By how much speckles differ from their mean, one sigma.
        shape : tuple of int
            Rows and columns.
        rng : numpy.random.Generator

        Returns
        -------
        ndarray (ny, nx), float64
            Jy.
        """
        image = np.zeros(shape)
        shares = flux * self.shares * (1 + drift * rng.standard_normal(len(self.shares)))
        covariance = np.eye(2)[None] * self.width**2
        for place, share in zip(self.places, shares, strict=True):
            add_gaussians(image, np.asarray(centre) + place, [share], covariance)
        return image


def transmission(coronagraph, distance: float) -> float:
    """Share of the light of a point at a distance from the star, arcsec, that passes the coronagraph."""
    return float(1 - np.exp(-0.5 * (distance / (0.6 * coronagraph.radius)) ** 4))
