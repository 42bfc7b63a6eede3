"""The observations whose spectra are held against the truth, and how they are calibrated."""

import importlib
import os
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from bench.truth.imaging.products import PROGRAMS
from gpucal.simulate import (
    Effects,
    GrismFieldObservation,
    GrismSeriesObservation,
    observe_grism_field,
    observe_grism_series,
)
from gpucal.simulate.spectra.slitless.grism_plans import field_plan

NOISE = Effects.only("stars", "sky", "poisson", "read_noise")
NGROUPS = 100


@dataclass(frozen=True)
class Case:
    """A field.

    Attributes
    ----------
    title : str
    grism : str
    contamination : dict, optional
        Parameters of `wfss_contam`, which subtracts the light of other sources; by default it does not run.
    """

    title: str
    grism: str
    contamination: dict | None = None


CASES = (
    Case("NIRISS GR150R, F200W", "GR150R"),
    Case("the same, `wfss_contam`", "GR150R", {}),
    Case("the same, `wfss_contam`, `polyfit_degree` 2", "GR150R", {"polyfit_degree": 2}),
    Case("NIRISS GR150C, F200W", "GR150C"),
    Case("NIRCam GRISMR, F356W", "GRISMR"),
    Case("the same, `wfss_contam`", "GRISMR", {}),
)


def make_field(case: Case, directory: Path, cache: Path) -> GrismFieldObservation:
    """Simulate a field, once for all cases of its grism."""
    folder = directory / case.grism
    if (folder / GrismFieldObservation.record).exists():
        return GrismFieldObservation.load(folder)
    plan = field_plan((case.grism,), dithers=1)
    return observe_grism_field(folder, plan, effects=NOISE, ngroups=NGROUPS, cache=cache)


def make_series(directory: Path, cache: Path) -> GrismSeriesObservation:
    """Simulate a series of a star with a transit."""
    return observe_grism_series(directory, effects=NOISE, ngroups=NGROUPS, cache=cache)


def field_spectra(case: Case, observation: GrismFieldObservation, program: str) -> Path:
    """Calibrate a field with a program: its ``x1d``."""
    steps = None if case.contamination is None else {"wfss_contam": {"skip": False, **case.contamination}}
    _calibrate(observation, program, "Spec2Pipeline", observation.level2[0], steps)
    return observation.exposures[0].product("x1d")


def series_spectra(observation: GrismSeriesObservation, program: str) -> tuple[Path, Path]:
    """Calibrate a series with a program: its ``x1dints`` of stages 2 and 3."""
    _calibrate(observation, program, "Spec2Pipeline", observation.level2[0])
    _calibrate(observation, program, "Tso3Pipeline", observation.level3[0])
    product = observation.level3[0].name.replace("_tso3_asn.json", "_x1dints.fits")
    return observation.exposures[0].product("x1dints"), observation.level3[0].with_name(product)


def _calibrate(observation, program, pipeline, association, steps=None) -> None:
    """Run a pipeline in the folder of an observation, where jwst looks for what its associations name."""
    os.environ["STPIPE_DISABLE_CRDS_STEPPARS"] = "true"
    runner, folder = getattr(importlib.import_module(PROGRAMS[program]), pipeline), association.parent
    for old in (*folder.glob("*_x1d.fits"), *folder.glob("*_x1dints.fits")):  # of another program
        if pipeline == "Spec2Pipeline":
            old.unlink()
    more = {"steps": steps} if steps else {}
    with observation.crds(), chdir(folder):
        runner.call(str(association), save_results=True, output_dir=str(folder), configure_log=False, **more)
