"""The integral fields that are held against the truth, and how they are calibrated."""

import importlib
import os
from contextlib import chdir
from pathlib import Path

from bench.truth.cubes.measures import CubeTruth, measure_field, measure_source
from bench.truth.imaging.products import PROGRAMS
from bench.truth.slits.measures import SpectrumTruth
from gpucal.simulate import (
    CubeObservation,
    Effects,
    MrsPlan,
    NirspecIfuPlan,
    observe_mrs,
    observe_nirspec_ifu,
)

NOISE = Effects.only("stars", "sky", "poisson", "read_noise")
NGROUPS = 30
DITHERS = ((0.1, -0.05),)
# Title -> the function that makes the observation in a directory, the plan, and parameters of cube_build.
CASES = {
    "NIRSpec, G395M": (observe_nirspec_ifu, NirspecIfuPlan(dithers=DITHERS, backgrounds=0), {}),
    "MIRI, channel 1 SHORT": (observe_mrs, MrsPlan(dithers=DITHERS), {"channel": "1"}),
    "MIRI, channel 3 MEDIUM": (
        observe_mrs,
        MrsPlan(detectors=("MIRIFULONG",), bands=("MEDIUM",), dithers=DITHERS),
        {"channel": "3"},
    ),
}


def make(title: str, directory: Path, cache: Path) -> CubeObservation:
    """Simulate a case."""
    observe, plan, _ = CASES[title]
    return observe(directory, plan, effects=NOISE, ngroups=NGROUPS, cache=cache)


def measure(title: str, observation: CubeObservation, program: str) -> tuple[SpectrumTruth, CubeTruth]:
    """Calibrate the first exposure with a program, and measure its spectrum and its cube.

    Parameters
    ----------
    title : str
    observation : CubeObservation
    program : str
        ``jwst`` or ``gpucal``.
    """
    os.environ["STPIPE_DISABLE_CRDS_STEPPARS"] = "true"
    association = observation.level2_alone[0]
    runner = importlib.import_module(PROGRAMS[program]).Spec2Pipeline
    products = [observation.exposures[0].product(suffix) for suffix in ("x1d", "s3d")]
    for product in products:
        product.unlink(missing_ok=True)  # of another program
    with observation.crds(), chdir(association.parent):
        runner.call(
            str(association),
            save_results=True,
            output_dir=str(association.parent),
            configure_log=False,
            steps={"cube_build": CASES[title][2]},
        )
    spectrum, cube = products
    return measure_source(observation, spectrum), measure_field(observation, cube)
