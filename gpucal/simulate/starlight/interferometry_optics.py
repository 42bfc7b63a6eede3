"""The mask of NIRISS, and the image of a star through it.

The light of all points of all holes is added up: of a hole along its rows in closed form, and over its rows by
quadrature. So the images know nothing of the formula for a hexagon that measures them.

Sources: the layout of the holes is that of the NIRISS pages of the JWST user documentation,
https://jwst-docs.stsci.edu, and of Sivaramakrishnan et al. (2023, PASP 135, 015003), as is the distortion.
"""

import numpy as np

# Holes, metres: x and y of their middles as designed; from flat to flat; the array that shows the pupil.
HOLES = np.array(
    [
        (0.0, -2.64), (-2.28631, 0.0), (2.28631, -1.32), (-2.28631, 1.32),
        (-1.14315, 1.98), (2.28631, 1.32), (1.14315, 1.98),
    ]
)  # fmt: skip
FLAT_TO_FLAT = 0.80
PUPIL_ARRAY = 6.603464
PRIMARY = 6.559348

# From the pupil as it appears to the pupil as designed, in the order of rows and columns of images.
DISTORTION = np.array([(0.992820, 0.00618605), (-0.00727008, 0.998540)])

NODES = 12
OVERSAMPLE = 3


def star_image(place, shape, pitch: float, band, opd) -> np.ndarray:
    """The share of a star's light in each pixel; the sum over all of an endless detector is about 1.

    Parameters
    ----------
    place : tuple of float
        Of the star, x and y from 0.
    shape : tuple of int
        Rows and columns.
    pitch : float
        Size of a pixel, radians.
    band : ndarray (n, 2), float64
        Weights, whose sum is 1, and wavelengths, metres.
    opd : ndarray (nholes,), float64
        How far light of each hole is behind, metres.

    Returns
    -------
    ndarray (ny, nx), float64
    """
    rows, columns = (
        (np.arange(size * OVERSAMPLE) - 0.5 * (OVERSAMPLE - 1)) / OVERSAMPLE - at
        for size, at in zip(shape, place[::-1], strict=True)
    )
    angles = np.stack(np.meshgrid(rows, columns, indexing="ij")) * pitch
    u, v = np.einsum("ji,jyx->iyx", np.linalg.inv(DISTORTION), angles)
    fine = 0.0
    for weight, wavelength in band:
        field = hole_field(u / wavelength, v / wavelength) * sum(
            np.exp(-2j * np.pi * ((-y * u - x * v) + behind) / wavelength)
            for (x, y), behind in zip(HOLES, opd, strict=True)
        )
        fine = fine + weight * np.abs(field) ** 2 / wavelength**2
    area = len(HOLES) * np.sqrt(0.75) * FLAT_TO_FLAT**2
    cells = fine.reshape(shape[0], OVERSAMPLE, shape[1], OVERSAMPLE).sum((1, 3))
    return cells * (pitch / OVERSAMPLE) ** 2 / area / abs(np.linalg.det(DISTORTION))


def hole_field(u, v) -> np.ndarray:
    """The light of a hole at spatial frequencies along rows and columns, 1 / metres; its area at 0."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half = 0.5 * FLAT_TO_FLAT
    field = 0.0
    for node, weight in zip(0.5 * half * (nodes + 1), half * weights, strict=True):
        width = (2 * FLAT_TO_FLAT - 2 * node) / np.sqrt(3)
        field = field + weight * width * np.cos(2 * np.pi * u * node) * np.sinc(v * width)
    return field


def pupil_image(npix: int) -> np.ndarray:
    """The transmission of the pupil, (npix, npix) float32; x of the design runs along columns, y along rows."""
    axis = (np.arange(npix) - 0.5 * (npix - 1)) * PUPIL_ARRAY / npix
    y, x = np.meshgrid(axis, axis, indexing="ij")
    normals = np.deg2rad([90, 150, 210])
    image = np.zeros((npix, npix), np.float32)
    for at_x, at_y in HOLES:
        inside = [abs((x - at_x) * np.cos(a) + (y - at_y) * np.sin(a)) <= 0.5 * FLAT_TO_FLAT for a in normals]
        image[np.all(inside, axis=0)] = 1
    return image
