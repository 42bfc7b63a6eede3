"""The series whose light curves are held against the truth, and how they are calibrated."""

import importlib
import os
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from bench.truth.imaging.products import PROGRAMS
from bench.truth.series.measures import CurveTruth, measure_curve
from gpucal.simulate import Dip, Effects, SeriesPlan, SlitPlan, observe_series, observe_slits

NOISE = Effects.only("stars", "sky", "poisson", "read_noise")
DIP = Dip(0.01)
DEEP = Dip(0.05)


@dataclass(frozen=True)
class Case:
    """A series.

    Attributes
    ----------
    title : str
    plan : SeriesPlan or SlitPlan
    ngroups : int or None
        Of spectra.
    limits : tuple of float
        Wavelengths of spectra that are added up, micron.
    options : dict
        Parameters of ``outlier_detection``; only gpucal has those that are not jwst's.
    programs : tuple of str
    """

    title: str
    plan: SeriesPlan | SlitPlan
    ngroups: int | None = None
    limits: tuple[float, float] = (0.0, 100.0)
    options: dict = field(default_factory=dict)
    programs: tuple[str, ...] = tuple(PROGRAMS)

    @property
    def dip(self) -> Dip:
        """What was simulated."""
        return self.plan.transit if isinstance(self.plan, SeriesPlan) else self.plan.dip


def _images(**changes) -> SeriesPlan:
    return SeriesPlan(nints=120, **{"transit": DIP, "hits": 0.0} | changes)


CASES = (
    Case("images, 1%", _images()),
    Case("images, 1%, cosmic rays", _images(hits=2.0)),
    Case("images, 5%", _images(transit=DEEP)),
    Case("images, 5%, scaled medians", _images(transit=DEEP), options={"scale_median": True}, programs=("gpucal",)),
    Case("MIRI LRS slitless", SlitPlan.named("lrs-slitless", nints=40, dip=DIP), 10, (5.0, 12.0)),
    Case("NIRSpec prism", SlitPlan.named("bots", nints=40, dip=DIP), 20, (1.0, 5.0)),
)


def make(case: Case, directory: Path, cache: Path):
    """Simulate a case."""
    if isinstance(case.plan, SeriesPlan):
        return observe_series(directory, case.plan, NOISE, cache=cache, with_gain=True)
    return observe_slits(directory, case.plan, effects=NOISE, ngroups=case.ngroups, cache=cache)


def measure(case: Case, observation, program: str) -> CurveTruth:
    """Calibrate a case with a program, and measure its light curve.

    Parameters
    ----------
    case : Case
    observation : SeriesObservation or SlitObservation
    program : str
        ``jwst`` or ``gpucal``.
    """
    os.environ["STPIPE_DISABLE_CRDS_STEPPARS"] = "true"
    pipelines, folder = importlib.import_module(PROGRAMS[program]), observation.level3.parent
    is_images = isinstance(case.plan, SeriesPlan)
    stage2 = pipelines.Image2Pipeline if is_images else pipelines.Spec2Pipeline
    given = {"save_results": True, "output_dir": str(folder), "configure_log": False}
    with observation.crds(), chdir(folder):
        for association in [observation.level2] if is_images else observation.level2_alone:
            stage2.call(str(association), **given)
        steps = {"outlier_detection": dict(case.options)}
        if not is_images:
            steps["white_light"] = dict(zip(("min_wavelength", "max_wavelength"), case.limits, strict=True))
        pipelines.Tso3Pipeline.call(str(observation.level3), steps=steps, **given)
    name = observation.level3.name.replace("_tso3_asn.json", "")
    if is_images:
        table = Table.read(folder / f"{name}_phot.ecsv")
        return measure_curve(table["net_aperture_sum"].value, table["net_aperture_sum_err"].value, case.dip)
    (spectra,) = folder.glob("jw01000-o001_t001*_x1dints.fits")
    return measure_curve(*_light_of(spectra, case.limits), case.dip)


def _light_of(path: Path, limits):
    """The light of spectra between two wavelengths, and its errors."""
    table = fits.getdata(path, "EXTRACT1D")
    inside = (table["WAVELENGTH"] >= limits[0]) & (table["WAVELENGTH"] <= limits[1])
    flux = np.where(inside, table["FLUX"], np.nan)
    error = np.where(inside, table["FLUX_ERROR"], np.nan)
    return np.nansum(flux, axis=1), np.sqrt(np.nansum(error**2, axis=1))
