"""Whether drizzle kernels keep the flux of stars."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from gpucal.simulate import Effects, Field, ImagingOptions, Observation, Plan, observe
from gpucal.simulate.sky import source_table

KERNELS = ("square", "gaussian", "point", "turbo", "lanczos2", "lanczos3")
REACH = 18  # pixels round a star whose light is summed
STARS = 4  # in each row and column
SPACING = 2.6  # arcsec


@dataclass(frozen=True)
class Conservation:
    """The flux of stars in a mosaic, against the truth.

    Attributes
    ----------
    kernel : str
    mean, spread : float
        Of flux / truth - 1.
    """

    kernel: str
    mean: float
    spread: float


def observe_stars(directory: Path, seed: int = 5) -> Observation:
    """Stars on a grid, without sky and without noise, in exposures that are turned against each other."""
    plan = Plan(exposures=4, turn=3.0)
    east, north = (np.mgrid[0:STARS, 0:STARS].reshape(2, -1) - (STARS - 1) / 2) * SPACING / 3600
    jitter = np.random.default_rng(seed).uniform(-0.5, 0.5, (2, STARS**2)) / 3600 * 0.06
    dec = plan.dec + north + jitter[0]
    stars = source_table(
        ra=plan.ra + (east + jitter[1]) / np.cos(np.deg2rad(dec)), dec=dec, flux=np.full(STARS**2, 1e-6)
    )
    options = ImagingOptions(Field(sky_spread=0), effects=Effects.only("stars"))
    return observe(directory, plan, subarray="SUB320", rates=True, sources=stars, options=options)


def measure_conservation(observation: Observation, mosaic: Path, kernel: str) -> Conservation:
    """Sum the light of each star in a mosaic.

    Parameters
    ----------
    observation : Observation
        Of `observe_stars`.
    mosaic : Path
        ``i2d``.
    kernel : str
        By which it was made.
    """
    data = np.nan_to_num(fits.getdata(mosaic, "SCI").astype(float))
    header = fits.getheader(mosaic, "SCI")
    sources = observation.sources
    x, y = WCS(header).all_world2pix(np.asarray(sources["ra"]), np.asarray(sources["dec"]), 0)
    rows, columns = np.indices(data.shape)
    ratios = []
    for star in range(len(sources)):
        inside = np.hypot(rows - y[star], columns - x[star]) < REACH
        flux = data[inside].sum() * header["PIXAR_SR"] * 1e6
        ratios.append(flux / sources["flux"][star] - 1)
    return Conservation(kernel, float(np.mean(ratios)), float(np.std(ratios)))
