"""From the sky to the pixels of an exposure and back, as exactly as its distortion is known."""

from types import SimpleNamespace

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.wcs.modes.imaging import imaging_wcs
from gpucal.wcs.world import Wcs

NEWTON_STEPS = 4
ABERRATION = 1.00002  # VA_SCALE of all exposures
_ARCSEC = np.deg2rad(1 / 3600)


class Projection:
    """The way between the sky and the pixels of an exposure.

    Parameters
    ----------
    wcs : Wcs
        Of an image.
    shape : tuple of int
        Rows and columns.
    """

    def __init__(self, wcs: Wcs, shape: tuple[int, int]):
        self.wcs = wcs
        self.shape = shape
        self._forward = wcs.program()
        self._to_telescope = wcs.program("detector", "v2v3")
        self._from_sky = wcs.program("world", "v2v3")
        self._guess = wcs.program("v2v3", "detector")

    def to_sky(self, x, y) -> np.ndarray:
        """Right ascension and declination of pixels, degrees, (2, ...)."""
        return self._forward.at(x, y)

    def to_pixels(self, ra, dec) -> np.ndarray:
        """Pixels of directions, (2, n); NaN of those far from the image.

        The inverse of the distortion, which is an approximation, is improved until it gives what the distortion itself
        gives.
        """
        wanted = self._from_sky.at(np.asarray(ra, float), np.asarray(dec, float))
        pixels = np.full(wanted.shape, np.nan)
        near = self._is_near(wanted)
        wanted = wanted[:, near]
        found = self._guess.at(*wanted)
        for _ in range(NEWTON_STEPS):
            along_x = self._to_telescope.at(found[0] + 0.5, found[1]) - self._to_telescope.at(found[0] - 0.5, found[1])
            along_y = self._to_telescope.at(found[0], found[1] + 0.5) - self._to_telescope.at(found[0], found[1] - 0.5)
            slopes = np.moveaxis(np.array([along_x, along_y]), -1, 0).transpose(0, 2, 1)
            missing = (wanted - self._to_telescope.at(*found)).T
            found = found + np.linalg.solve(slopes, missing[..., None])[..., 0].T
        pixels[:, near] = found
        return pixels

    def slopes(self, x, y) -> np.ndarray:
        """How the sky moves with a pixel: arcsec east and north (rows) along x and y (columns), (n, 2, 2)."""
        ra, dec = self.to_sky(x, y)
        columns = []
        for dx, dy in ((0.5, 0.0), (0.0, 0.5)):
            after, before = self.to_sky(x + dx, y + dy), self.to_sky(x - dx, y - dy)
            east = ((after[0] - before[0] + 180) % 360 - 180) * np.cos(np.deg2rad(dec))
            columns.append(np.array([east, after[1] - before[1]]) * 3600)
        return np.array(columns).transpose(2, 1, 0)

    def areas(self) -> np.ndarray:
        """Solid angle of each pixel, steradians, (ny, nx)."""
        ny, nx = self.shape
        corners = self._to_telescope.on_grid((ny + 1, nx + 1), (-0.5, -0.5))
        v2, v3 = current_backend().asnumpy(corners, TABLES) * _ARCSEC
        rising = (v2[1:, 1:] - v2[:-1, :-1], v3[1:, 1:] - v3[:-1, :-1])
        falling = (v2[1:, :-1] - v2[:-1, 1:], v3[1:, :-1] - v3[:-1, 1:])
        return 0.5 * np.abs(rising[0] * falling[1] - rising[1] * falling[0]) * np.cos(v3[1:, 1:])

    def _is_near(self, telescope):
        """Which directions, V2 and V3, lie in the image or less than a tenth of its size beside it."""
        ny, nx = self.shape
        corners = self._to_telescope.at([0, nx - 1, nx - 1, 0], [0, 0, ny - 1, ny - 1])
        low, high = corners.min(axis=1), corners.max(axis=1)
        margin = 0.1 * (high - low).max() + 1
        return ((telescope.T > low - margin) & (telescope.T < high + margin)).all(axis=1)


def projection_of(subarray, band, pointing, distortion, filter_offsets, aberration=ABERRATION) -> Projection:
    """The projection of an exposure.

    Parameters
    ----------
    subarray : Subarray
    band : Band
    pointing : Pointing
    distortion : node
        Of the full frame.
    filter_offsets : list of dict
        Rows of a filteroffset reference.
    aberration : float
        VA_SCALE.
    """
    meta = SimpleNamespace(
        subarray=subarray,
        instrument=SimpleNamespace(filter=band.filter, pupil=band.pupil),
        wcsinfo=SimpleNamespace(**pointing._asdict()),
        velocity_aberration=SimpleNamespace(scale_factor=aberration),
    )
    described = SimpleNamespace(meta=meta, source="simulation", shape_of=lambda name: subarray.shape)
    return Projection(imaging_wcs(described, distortion, filter_offsets), subarray.shape)
