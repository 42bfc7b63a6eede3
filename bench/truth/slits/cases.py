"""The observations whose spectra are held against the truth, and how they are calibrated."""

import importlib
import os
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from bench.truth.imaging.products import PROGRAMS
from bench.truth.slits.measures import SpectrumTruth, measure_spectra
from gpucal.simulate import Effects, SlitObservation, SlitPlan, observe_slits

NOISE = Effects.only("stars", "sky", "poisson", "read_noise")
NGROUPS = 30


@dataclass(frozen=True)
class Case:
    """An observation.

    Attributes
    ----------
    title : str
    plan : str
    nods : bool
        Whether the other exposures are subtracted as backgrounds.
    """

    title: str
    plan: str
    nods: bool = False


CASES = (
    Case("NIRSpec fixed slit, alone", "fixedslit"),
    Case("NIRSpec fixed slit, nods", "fixedslit", nods=True),
    Case("NIRSpec shutters, background slitlets", "mos"),
    Case("NIRSpec series", "bots"),
    Case("MIRI LRS slit, nods", "lrs", nods=True),
    Case("MIRI LRS slitless", "lrs-slitless"),
)


def make(case: Case, directory: Path, cache: Path) -> SlitObservation:
    """Simulate a case."""
    return observe_slits(directory, SlitPlan.named(case.plan), effects=NOISE, ngroups=NGROUPS, cache=cache)


def measure(case: Case, observation: SlitObservation, program: str) -> list[SpectrumTruth]:
    """Calibrate the first exposure of a case with a program, and measure its spectra.

    Parameters
    ----------
    case : Case
    observation : SlitObservation
    program : str
        ``jwst`` or ``gpucal``.
    """
    os.environ["STPIPE_DISABLE_CRDS_STEPPARS"] = "true"
    association = (observation.level2 if case.nods else observation.level2_alone)[0]
    runner = importlib.import_module(PROGRAMS[program]).Spec2Pipeline
    suffix = "x1dints" if "rateints" in observation.exposures[0].path.name else "x1d"
    product, folder = observation.exposures[0].product(suffix), association.parent
    product.unlink(missing_ok=True)  # of another program
    with observation.crds(), chdir(folder):
        runner.call(str(association), save_results=True, output_dir=str(folder), configure_log=False)
    return measure_spectra(observation, product)
