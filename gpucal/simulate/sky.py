"""What there is on the sky: stars and galaxies of known positions and fluxes."""

from dataclasses import dataclass

import numpy as np
from astropy.table import Table

# An exponential disk as a sum of Gaussians: shares of the light, and variances in units of the radius that holds half
# of it, squared (Hogg & Lang 2013, PASP 125, 719, table 1, six components).
_SHARES = np.array([2.34853813e-03, 3.07995260e-02, 2.23364214e-01, 1.17949102, 4.33873750, 5.99820770])
DISK_SHARES = _SHARES / _SHARES.sum()
DISK_VARIANCES = np.array([1.20078965e-03, 8.84526493e-03, 3.91463084e-02, 1.39976817e-01, 4.60962500e-01, 1.50159566])

COLUMNS = {
    "ra": "deg", "dec": "deg", "flux": "Jy", "radius": "arcsec", "axis_ratio": "", "angle": "deg", "moves": "",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """Which sources are drawn, and how bright the sky is.

    Attributes
    ----------
    stars, galaxies : int
        How many of each fall on a detector, on average.
    brightest, faintest : float or None
        Range of fluxes, Jy, which are even in their logarithm. None: from a star whose brightest pixel fills a third of
        its well, to one a thousand times fainter.
    radii : tuple of float
        Range of the radii that hold half of the light of galaxies, arcsec.
    sky : float
        Mean level of the sky, MJy/sr.
    sky_spread : float
        The levels of exposures are even within this much of it, MJy/sr.
    """

    stars: int = 60
    galaxies: int = 15
    brightest: float | None = None
    faintest: float | None = None
    radii: tuple[float, float] = (0.1, 0.5)
    sky: float = 0.5
    sky_spread: float = 0.05

    def draw_levels(self, number: int, rng) -> np.ndarray:
        """The level of the sky in each exposure, MJy/sr."""
        return self.sky + self.sky_spread * rng.uniform(-1, 1, number)


def draw_sources(field: Field, box, crowd: float, fluxes: tuple[float, float], rng) -> Table:
    """Draw the sources of a part of the sky.

    Parameters
    ----------
    field : Field
    box : tuple
        Right ascension and declination of its centre, degrees, and half of its size in both, arcsec.
    crowd : float
        How many times larger it is than what a detector sees.
    fluxes : tuple of float
        Brightest and faintest, Jy.
    rng : numpy.random.Generator

    Returns
    -------
    Table
        Columns ``id``, ``ra``, ``dec`` (degrees), ``flux`` (Jy), ``radius`` (arcsec; 0 of a star), ``axis_ratio``,
        ``angle`` (that of the long axis from north to east, degrees), and ``moves`` (with the target of the plan).
    """
    (ra, dec), half = box
    stars, galaxies = (int(np.ceil(number * crowd)) for number in (field.stars, field.galaxies))
    number = stars + galaxies
    east, north = rng.uniform(-1, 1, (2, number)) * np.reshape(half, (2, 1)) / 3600
    brightest, faintest = fluxes
    is_galaxy = np.arange(number) >= stars
    low, high = np.log(field.radii)
    return source_table(
        ra=(ra + east / np.cos(np.deg2rad(dec))) % 360,
        dec=dec + north,
        flux=faintest * (brightest / faintest) ** rng.uniform(size=number),
        radius=np.where(is_galaxy, np.exp(rng.uniform(low, high, number)), 0.0),
        axis_ratio=np.where(is_galaxy, rng.uniform(0.3, 1.0, number), 1.0),
        angle=np.where(is_galaxy, rng.uniform(0, 180, number), 0.0),
    )


def source_table(**columns) -> Table:
    """A table of sources; `ra`, `dec` and `flux` are needed, without the others they are stars."""
    number = len(columns["ra"])
    usual = {
        "radius": np.zeros(number),
        "axis_ratio": np.ones(number),
        "angle": np.zeros(number),
        "moves": np.zeros(number, bool),
    }
    table = Table({"id": np.arange(1, number + 1)} | {name: (usual | columns)[name] for name in COLUMNS})
    for name, unit in COLUMNS.items():
        table[name].unit = unit or None
    return table
