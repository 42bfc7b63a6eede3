"""Whether the fluxes of a catalogue are those of the sources, and whether their errors are honest."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.table import Table
from scipy.spatial import cKDTree

from gpucal.simulate import Observation
from gpucal.simulate.optics import FWHM_OF_SIGMA

ALONE = 8.0  # widths of the image of a star, FWHM, within which there is no source of a tenth of its flux
FEWEST = 8  # pulls of which a spread is told
LARGEST_SHIFT = 1.0  # arcsec, of the catalogue against the sky
NEAR = 0.15  # arcsec, when that is taken off
BRIGHTEST = 20  # sources by which it is found
BRIGHT = 50.0  # times the error


@dataclass(frozen=True)
class Photometry:
    """A catalogue against the truth; fluxes are total ones of apertures.

    Attributes
    ----------
    stars, found : int
        Stars that are alone in what the catalogue covers, and those of them that it has.
    scatter : float
        Median distance to where a star is, without what all have in common, mas.
    bias : float
        Median of flux / truth - 1 of stars brighter than 50 times their error.
    mean_pull, spread_of_pulls : float
        Of (flux - truth) / error, of stars fainter than that; the spread is that of a normal distribution whose
        quartiles are the same.
    """

    stars: int
    found: int
    scatter: float
    bias: float
    mean_pull: float
    spread_of_pulls: float


def measure_photometry(observation: Observation, catalogue: Path) -> Photometry:
    """Hold a catalogue against the sources of an observation.

    Parameters
    ----------
    observation : Observation
    catalogue : Path
        ``cat.ecsv``.
    """
    sources, found = observation.sources, Table.read(catalogue, format="ascii.ecsv")
    true, seen = (_plane(observation, *radec) for radec in (_places(sources), _catalogued(found)))
    shift = _common_shift(true, np.asarray(sources["flux"]), seen, np.asarray(found["aper_total_flux"]))
    seen = seen - shift
    reach = ALONE * FWHM_OF_SIGMA * observation.science[0].band.sigmas[0]
    stars = _lonely_stars(sources, true, reach) & _within(true, seen)
    distance, match = cKDTree(seen).query(true[stars], distance_upper_bound=NEAR)
    matched = np.isfinite(distance)
    flux, error = (np.asarray(found[name])[match[matched]] for name in ("aper_total_flux", "aper_total_flux_err"))
    truth = np.asarray(sources["flux"])[stars][matched]
    bright = flux > BRIGHT * error
    pulls = ((flux - truth) / error)[~bright & np.isfinite(flux)]
    pulls = pulls if len(pulls) >= FEWEST else np.array([np.nan])
    return Photometry(
        int(stars.sum()),
        int(matched.sum()),
        float(np.median(distance[matched]) * 1e3),
        float(np.nanmedian(flux[bright] / truth[bright] - 1)) if bright.any() else np.nan,
        float(np.median(pulls)),
        float(np.subtract(*np.percentile(pulls, [75, 25])) / 1.349),
    )


def _places(sources):
    return np.asarray(sources["ra"]), np.asarray(sources["dec"])


def _catalogued(found):
    return found["sky_centroid"].ra.deg, found["sky_centroid"].dec.deg


def _plane(observation, ra, dec):
    """Arcsec east and north of the first exposure, (n, 2)."""
    pointing = observation.science[0].pointing
    east = ((ra - pointing.ra_ref + 180) % 360 - 180) * np.cos(np.deg2rad(pointing.dec_ref))
    return np.column_stack([east, dec - pointing.dec_ref]) * 3600


def _common_shift(true, fluxes, seen, catalogued):
    """How far a catalogue is off as a whole: the shift on which most pairs of bright sources agree."""
    bright = seen[np.argsort(-np.nan_to_num(catalogued))[:BRIGHTEST]]
    near = true[np.argsort(-fluxes)[: 5 * BRIGHTEST]]
    shifts = (bright[:, None] - near).reshape(-1, 2)
    shifts = shifts[np.hypot(*shifts.T) < LARGEST_SHIFT]
    votes = [len(one) for one in cKDTree(shifts).query_ball_point(shifts, NEAR)]
    best = shifts[np.argmax(votes)]
    return np.median(shifts[np.hypot(*(shifts - best).T) < NEAR], axis=0)


def _lonely_stars(sources, true, reach):
    """Stars without a neighbour of a tenth of their flux, or a galaxy, within arcsec."""
    flux, radius = np.asarray(sources["flux"]), np.asarray(sources["radius"])
    alone = (radius == 0) & ~np.asarray(sources["moves"])
    for one, others in enumerate(cKDTree(true).query_ball_point(true, reach)):
        alone[one] &= all(other == one or (radius[other] == 0 and flux[other] < 0.1 * flux[one]) for other in others)
    return alone


def _within(true, seen):
    """What lies in the rectangle that a catalogue covers."""
    return ((true > seen.min(axis=0)) & (true < seen.max(axis=0))).all(axis=1)
