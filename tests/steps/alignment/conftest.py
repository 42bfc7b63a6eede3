"""Dithered images of one field, for alignment."""

import numpy as np
import pytest

from gpucal.steps.parts.alignment.images import AlignedImage, Reference, Sources
from gpucal.wcs.correction import directions
from tests.star_fields import DITHERS, field


class Images:
    """Images to be aligned, and the truth about them.

    Attributes
    ----------
    images : list of AlignedImage
    stars : Reference
        All stars.
    """

    def __init__(self, dithers=DITHERS, **options):
        made = field(dithers, **options)
        self.stars = Reference(directions(made.ra, made.dec))
        self.images = [
            AlignedImage(f"image {number}", image.wcs, image.pointing, Sources(image.x, image.y))
            for number, image in enumerate(made.images)
        ]

    def errors(self):
        """How far off the stars each image puts its sources, in the mean: (n, 2), arcsec."""
        return np.array([self.error(image) for image in self.images])

    def error(self, image):
        plane, found = image.plane, image.on_sky().directions
        stars = plane.at(self.stars.directions)
        points = plane.at(found)
        nearest = np.abs(points[:, None] - stars[None]).sum(axis=2).argmin(axis=1)
        return (points - stars[nearest]).mean(axis=0)


@pytest.fixture
def images():
    """Make images: ``images(dithers, noise=0.0)``."""
    return Images
