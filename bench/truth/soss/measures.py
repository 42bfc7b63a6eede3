"""Whether spectra of SOSS have the flux of the star, and of the planet before it, in each order."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from gpucal.simulate import SossObservation
from gpucal.simulate.series.dip import moments_of
from gpucal.simulate.soss import ORDERS
from gpucal.simulate.spectra.soss import soss_optics as optics
from gpucal.simulate.spectra.soss.soss_painting import flux_of_columns

LEAST_THROUGHPUT = 0.05  # of the largest of an order: fainter wavelengths are not measured


@dataclass(frozen=True)
class OrderTruth:
    """The spectra of an order against the truth.

    Attributes
    ----------
    order : int
    flux : float
        Median over wavelengths of measured / true, of the mean of all integrations.
    blue, red : float
        The same in the half with the shorter, and with the longer wavelengths.
    scatter : float
        Half of the interval that holds 68% of it.
    pulls : float
        Spread of what single integrations differ by from their mean, but for the transit, in units of their errors;
        1 for honest errors.
    depth : float
        Depth of the transit in the light of all wavelengths, measured / true; NaN without one.
    depth_scatter : float
        Of the depths of single wavelengths about the true ones: half of the interval that holds 68%.
    """

    order: int
    flux: float
    blue: float
    red: float
    scatter: float
    pulls: float
    depth: float
    depth_scatter: float


def measure_orders(observation: SossObservation, path: Path) -> list[OrderTruth]:
    """Hold the spectra in a product, x1dints, against the truth; MJy.

    Parameters
    ----------
    observation : SossObservation
        All of its integrations are in the product.
    path : Path
    """
    with fits.open(path) as hdus:
        return [measure_order(observation, hdu) for hdu in hdus if hdu.name == "EXTRACT1D"]


def measure_order(observation: SossObservation, hdu) -> OrderTruth:
    """Hold the table of an order against the truth; integrations as of `SossObservation`."""
    plan, order = observation.plan, hdu.header["SPORDER"]
    names = ("WAVELENGTH", "FLUX", "FLUX_ERROR")
    wavelength, flux, error = (np.atleast_2d(hdu.data[name]).astype(float) for name in names)
    known, true = flux_of_columns(plan.star, order, plan.position)
    wavelength, sort = wavelength[0], np.argsort(known)
    star = np.interp(wavelength, known[sort], true[sort]) * 1e-6
    moments = moments_of(plan.nints)
    part = np.zeros(plan.nints) if plan.transit is None else plan.transit.part_before(moments)
    depth = np.zeros_like(star) if plan.transit is None else plan.transit.depth_at(wavelength)
    expected = star * (1 - part[:, None] * depth)
    bright = optics.throughput_at(order, wavelength) > LEAST_THROUGHPUT * max(
        one for _, one in ORDERS[order].throughput
    )
    usable = bright & np.isfinite(flux).all(axis=0) & (flux > 0).all(axis=0) & (error > 0).all(axis=0)
    ratio = (flux / expected)[:, usable]
    mean, middle = ratio.mean(axis=0), np.median(wavelength[usable])
    away = (ratio - mean) * np.sqrt(plan.nints / max(plan.nints - 1, 1))
    pulls = away * (expected / np.where(error > 0, error, np.nan))[:, usable]
    found, spread = _depths(flux[:, usable], part, depth[usable])
    return OrderTruth(
        order,
        float(np.median(mean)),
        float(np.median(mean[wavelength[usable] < middle])),
        float(np.median(mean[wavelength[usable] >= middle])),
        _spread(mean),
        float(np.subtract(*np.percentile(pulls, [75, 25])) / 1.349),
        found,
        spread,
    )


def _depths(flux, part, depth) -> tuple[float, float]:
    """The depth in all light over the true one, and the scatter of the depths of wavelengths about the true ones."""
    inside, outside = part == 1, part == 0
    if not (inside.any() and outside.any()):
        return np.nan, np.nan
    out, within = flux[outside].mean(axis=0), flux[inside].mean(axis=0)
    white = 1 - within.sum() / out.sum()
    true = (depth * out).sum() / out.sum()
    return float(white / true), _spread(1 - within / out - depth)


def _spread(values) -> float:
    low, high = np.percentile(values, [16, 84])
    return float((high - low) / 2)
