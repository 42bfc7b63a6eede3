"""Which companions would be found: the noise of fluxes in rings about a star, and how much is left of planted ones."""

import re
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.backend.traffic import TABLES
from gpucal.data import Exposure, TableProduct
from gpucal.errors import GpucalError
from gpucal.kernels.starlight.contrast import REACH, SIGMA_OF_FWHM, deviations, flux_at, point, point_fluxes
from gpucal.steps.parts.starlight.places import pixels_at, places_of
from gpucal.steps.parts.starlight.subtraction import Fit, Left, Star, references_of_fit

LEVEL = 5.0  # standard deviations of what counts as found
ANGLES = 6  # places in a ring at which companions are planted
FWHM_OF_MICRON = 1.03 / 6.5e6 * np.rad2deg(1) * 3600  # arcsec: of the telescope, 6.5 m wide
JANSKY = 1e6  # of a MJy


class Scale(NamedTuple):
    """What pixels are worth.

    Attributes
    ----------
    side : float
        Of a pixel, arcsec.
    flux : float
        Of the value one in a pixel.
    unit : str
        Of that flux.
    fwhm : float
        Of the image of a point, pixels.
    """

    side: float
    flux: float
    unit: str
    fwhm: float

    @classmethod
    def of(cls, exposure: Exposure, fwhm: float | None) -> "Scale":
        """That of an exposure, as its header tells.

        Raises
        ------
        GpucalError
            If the header lacks the area of a pixel, or a filter whose name tells its wavelength.
        """
        area = exposure.meta.photometry.pixelarea_arcsecsq
        if not area:
            raise GpucalError(f"{exposure.source}: the header lacks PIXAR_A2, without which there is no contrast curve")
        side = float(np.sqrt(area))
        if fwhm is None:
            name = re.match(r"F(\d{3,4})", str(exposure.meta.instrument.filter))
            if name is None:
                raise GpucalError(f"{exposure.source}: the wavelength of its filter is not known: give psf_fwhm")
            fwhm = max(FWHM_OF_MICRON * int(name[1]) / 100 / side, 1.0)
        if str(exposure.meta.bunit_data) == "MJy/sr":
            steradians = exposure.meta.photometry.pixelarea_steradians or area * np.deg2rad(1 / 3600) ** 2
            return cls(side, float(steradians) * JANSKY, "Jy", fwhm)
        return cls(side, 1.0, "DN/s", fwhm)


def contrast_curve(
    exposure: Exposure, left: Left, stack, fits: list[Fit], truncate: int, star: Star, options
) -> TableProduct:
    """What companions at each distance have to be to be found.

    In rings as wide as the image of a point, fluxes are measured at all pixels of the mean of what is left; a companion
    is found that is `LEVEL` of their standard deviations bright, more where the ring has few places. Companions are
    planted at `ANGLES` places of each ring and go through the same subtraction; how much of them is measured after it
    is the throughput, by which the limit is divided.

    Parameters
    ----------
    exposure : Exposure
        Of the star.
    left : Left
        What is left of it.
    stack : Cleaned
        The references.
    fits, truncate : list of Fit, int
        As of `gpucal.steps.parts.starlight.subtraction.subtract_star`.
    star : Star
    options : object
        Has ``psf_fwhm``, ``star_flux`` and ``exclude``.

    Returns
    -------
    TableProduct
        Columns separation (arcsec), noise, throughput, limit (fluxes), and contrast where the flux of the star is
        known.
    """
    from astropy.table import Table

    scale, distances = Scale.of(exposure, options.psf_fwhm), star.distances(exposure)
    seen = np.ones(distances.shape, bool)
    for place in places_of(options.exclude):
        seen &= ~pixels_at(place, exposure, star)
    mean = _mean(left.data)
    seen &= current_backend().asnumpy(array_namespace(mean).isfinite(mean), TABLES)
    fluxes = current_backend().asnumpy(point_fluxes(mean, scale.fwhm), TABLES) * scale.flux
    planted = _Planted(stack, fits, truncate, star, scale.fwhm)
    rows = []
    for radius in np.arange(1.5 * scale.fwhm, distances.max(), scale.fwhm):
        ring = seen & (abs(distances - radius) < scale.fwhm / 2)
        places = ring.sum() / scale.fwhm**2
        throughput = planted.throughput(radius) if places >= 3 else np.nan
        if np.isnan(throughput):  # a ring with too few places, or beside the image
            continue
        noise = fluxes[ring].std()
        limit = deviations(places, LEVEL) * noise / throughput if throughput > 0 else np.nan
        rows.append((radius * scale.side, noise, throughput, limit))
    if not rows:
        raise GpucalError(f"{exposure.source}: there is no ring about the star that has three places for a companion")
    table = Table(rows=rows, names=("separation", "noise", "throughput", "limit"))
    table["separation"].unit = "arcsec"
    table["noise"].unit = table["limit"].unit = scale.unit
    if options.star_flux:
        table["contrast"] = table["limit"].value / options.star_flux
    table.meta = {"level": LEVEL, "fwhm": float(scale.fwhm * scale.side), "star_flux": options.star_flux}
    return TableProduct(table, exposure)


class _Planted:
    """Companions that go through the subtraction: nothing is there but one of them, so the rest of the image is 0."""

    def __init__(self, stack, fits: list[Fit], truncate: int, star: Star, fwhm: float):
        self._shape, self._star, self._fwhm = stack.data.shape[1:], star, fwhm
        self._fits = [(fit, references) for fit in fits if (references := references_of_fit(stack, fit, truncate))]

    def throughput(self, radius: float) -> float:
        """How much of the flux of companions in a ring is left, on average; NaN where they are beside the image."""
        shares = []
        for angle in np.arange(ANGLES) * 2 * np.pi / ANGLES:
            x, y = self._star.x + radius * np.cos(angle), self._star.y + radius * np.sin(angle)
            if 0 <= x < self._shape[1] and 0 <= y < self._shape[0]:
                shares.append(self.share(x, y))
        return float(np.mean(shares)) if shares else np.nan

    def share(self, x: float, y: float) -> float:
        """How much of the flux of a companion is left."""
        reach = int(np.ceil(REACH * self._fwhm * SIGMA_OF_FWHM))
        rows, columns = (
            slice(max(0, round(middle) - reach), min(size, round(middle) + reach + 1))
            for middle, size in ((y, self._shape[0]), (x, self._shape[1]))
        )
        x, y = x - columns.start, y - rows.start
        image = point(x, y, self._fwhm, (rows.stop - rows.start, columns.stop - columns.start), current_backend().xp)
        left = array_namespace(image).full(image.shape, np.nan)
        for fit, references in self._fits:
            part = references.planes.reshape(-1, *self._shape)[:, rows, columns].reshape(-1, image.size)
            near = references._replace(planes=part, fitted=fit.fitted[rows, columns].ravel())
            mean = float(image[fit.fitted[rows, columns]].sum()) / float(fit.fitted.sum())
            shown = current_backend().asarray(near.weights(image.reshape(1, -1))) @ part
            inside = fit.shown[rows, columns]
            left[inside] = (image - mean - shown.reshape(image.shape))[inside]
        return flux_at(left, x, y, self._fwhm)


def _mean(cube):
    """The mean of images, of those that are not NaN all over."""
    xp = array_namespace(cube)
    known = [image for image in cube if bool(xp.isfinite(image).any())]
    return sum(known) / len(known) if known else cube[0]
