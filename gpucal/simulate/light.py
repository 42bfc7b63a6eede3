"""The light of sources on the pixels of an imaging detector.

Each source is a sum of elliptical Gaussians: those of its shape on the sky, widened by those of the image of a point.
They are carried to pixels by the slopes of the projection where the source is, and integrated over each pixel.
"""

import numpy as np

from gpucal.simulate.optics import CORE, HALO
from gpucal.simulate.sky import DISK_SHARES, DISK_VARIANCES

REACH = 5.5  # sigmas
NODES, WEIGHTS = np.polynomial.legendre.leggauss(5)
TRAIL_STEP = 0.5  # pixels


def light_on(projection, sources, band, trail=(0.0, 0.0)) -> np.ndarray:
    """Flux of sources in each pixel.

    Parameters
    ----------
    projection : Projection
    sources : Table
        See `gpucal.simulate.sky.draw_sources`.
    band : Band
    trail : tuple of float
        How far all sources move during the exposure, arcsec east and north.

    Returns
    -------
    ndarray (ny, nx), float64
        Jy.
    """
    image = np.zeros(projection.shape)
    ra, dec = (np.asarray(sources[name], float) for name in ("ra", "dec"))
    x, y = projection.to_pixels(ra, dec)
    seen = np.flatnonzero(np.isfinite(x))
    slopes = np.linalg.inv(projection.slopes(x[seen], y[seen]))
    for number, to_pixels in zip(seen, slopes, strict=True):
        shares, variances = shape_of(sources[number], band)
        covariances = to_pixels @ variances @ to_pixels.T
        path = to_pixels @ trail
        copies = int(np.ceil(np.hypot(*path) / TRAIL_STEP)) + 1
        for fraction in (np.arange(copies) + 0.5) / copies - 0.5:
            centre = np.array([x[number], y[number]]) + fraction * path
            add_gaussians(image, centre, sources["flux"][number] / copies * shares, covariances)
    return image


def shape_of(source, band):
    """The Gaussians of a source as the telescope shows it.

    Parameters
    ----------
    source : row of a table of sources
    band : Band

    Returns
    -------
    shares : ndarray (n,)
        Of its light.
    variances : ndarray (n, 2, 2)
        East and north, arcsec squared.
    """
    point = np.eye(2) * band.sigmas[:, None, None] ** 2
    if source["radius"] == 0:
        return np.array([CORE, HALO]), point
    angle = np.deg2rad(source["angle"])
    along = np.array([np.sin(angle), np.cos(angle)])
    across = np.array([np.cos(angle), -np.sin(angle)])
    flat = np.outer(along, along) + source["axis_ratio"] ** 2 * np.outer(across, across)
    disk = source["radius"] ** 2 * DISK_VARIANCES[:, None, None] * flat
    variances = (disk[:, None] + point[None]).reshape(-1, 2, 2)
    return np.outer(DISK_SHARES, [CORE, HALO]).ravel(), variances


def add_gaussians(image, centre, fluxes, covariances):
    """Add Gaussians to the pixels that they reach."""
    for flux, covariance in zip(fluxes, covariances, strict=True):
        ranges = []
        for middle, variance, size in zip(centre, np.diag(covariance), image.shape[::-1], strict=True):
            reach = REACH * np.sqrt(variance) + 1
            ranges.append(np.arange(max(0, int(middle - reach)), min(size, int(middle + reach) + 2)))
        columns, rows = ranges
        if len(columns) == 0 or len(rows) == 0:
            continue
        (a, b), (_, c) = np.linalg.inv(covariance)
        dx, dy = ((part[:, None] + 0.5 * NODES - place).ravel() for part, place in zip(ranges, centre, strict=True))
        values = np.exp(-0.5 * (a * dx**2 + 2 * b * dx * dy[:, None] + c * dy[:, None] ** 2))
        values = values.reshape(len(rows), len(NODES), len(columns), len(NODES))
        share = np.einsum("yixj,i,j->yx", values, 0.5 * WEIGHTS, 0.5 * WEIGHTS)
        image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] += (
            flux * np.sqrt(a * c - b * b) / (2 * np.pi) * share
        )
