"""Where things are in a cube: its wavelengths, the side of its spaxels, and the place of its source."""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.core import GpucalError, SkipStep
from gpucal.wcs.slit_scale import is_on_sky
from gpucal.wcs.sphere import separation
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)


class CubeCoordinates(NamedTuple):
    """The coordinates of a cube.

    Attributes
    ----------
    wcs : Wcs
        From x, y and plane to right ascension, declination and wavelength.
    shape : (int, int, int)
        Of the cube.
    sky : (float, float)
        Right ascension and declination in the middle, degrees; half a spaxel off, as in jwst 3.0.0.
    wavelength : (nplanes,) float64 array
        Micron.
    """

    wcs: Wcs
    shape: tuple[int, int, int]
    sky: tuple[float, float]
    wavelength: np.ndarray

    @classmethod
    def of(cls, exposure) -> "CubeCoordinates":
        """The coordinates of a cube.

        Raises
        ------
        MissingWcsError
            If it has none.
        SkipStep
            If they are not on the sky.
        GpucalError
            If no plane has a wavelength.
        """
        wcs, shape = exposure.get_wcs(), exposure.shape_of("data")
        if not is_on_sky(wcs):
            raise SkipStep("the coordinates of the cube are not on the sky")
        nplanes, ny, nx = shape
        middle = np.full(nplanes, nx / 2), np.full(nplanes, ny / 2), np.arange(nplanes, dtype=float)
        ra, dec, wavelength = wcs.program(wcs.frame_names[0]).at(*middle)
        if not np.isfinite(wavelength).any():
            raise GpucalError(f"{exposure.source}: no plane of the cube has a wavelength; run cube_build again")
        return cls(wcs, shape, (float(ra[nplanes // 2]), float(dec[nplanes // 2])), wavelength)

    @property
    def first_wavelength(self) -> float:
        """The first wavelength that is known, micron."""
        return float(self.wavelength[np.isfinite(self.wavelength)][0])

    def pixel_of(self, ra: float, dec: float) -> tuple[float, float]:
        """x and y of a place on the sky; NaN where there is none."""
        back = self.wcs.program(self.wcs.frame_names[-1], self.wcs.frame_names[0])
        x, y = back.at([ra], [dec], [self.first_wavelength])[:2, 0]
        return float(x), float(y)

    def scale_at(self, sky: tuple[float, float], direction: int | None) -> float:
        """The side of a spaxel at a place on the sky, arcsec: along y if the dispersion runs along x, else along x."""
        x, y = self.pixel_of(*sky)
        step = (0.0, 1.0) if direction == 1 else (1.0, 0.0)
        ra, dec, _ = self.wcs.program(self.wcs.frame_names[0]).at([x, x + step[0]], [y, y + step[1]], [0.0, 0.0])
        return 3600.0 * float(separation((ra[0], dec[0]), (ra[1], dec[1])))

    @property
    def middle(self) -> tuple[float, float]:
        """x and y of the middle of the field."""
        _, ny, nx = self.shape
        return (nx / 2, ny / 2) if as_peer() else ((nx - 1) / 2, (ny - 1) / 2)

    def place_of_target(self, ra: float | None, dec: float | None) -> tuple[float, float] | None:
        """x and y of the target; None, with a warning, where that is not known or not in the field.

        jwst 3.0.0 takes the nearest spaxel, and none at a border.
        """
        if ra is None or dec is None:
            log.warning("The header does not tell where the target is (TARG_RA, TARG_DEC)")
            return None
        x, y = self.pixel_of(ra, dec)
        _, ny, nx = self.shape
        margin = -0.5
        if as_peer():
            x, y, margin = *(round(place) if np.isfinite(place) else place for place in (x, y)), 1
        if not (margin <= x <= nx - 1 - margin and margin <= y <= ny - 1 - margin):
            log.warning("The target is not in the field of the cube (TARG_RA %.6f, TARG_DEC %.6f)", ra, dec)
            return None
        return x, y
