"""Making the exposures of an observation with NIRSpec's integral field unit."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gpucal.data.writing import make_output_directory
from gpucal.errors import GpucalError
from gpucal.simulate.crds_cache import CrdsCache, crds_environment
from gpucal.simulate.effects import Effects
from gpucal.simulate.rates import Rates, write_rates
from gpucal.simulate.simulation import CACHE_NAME, readout_of
from gpucal.simulate.spectra.exposure_writer import ExposureWriter
from gpucal.simulate.spectra.ifu.cube_associations import associated
from gpucal.simulate.spectra.ifu.cube_observation import BACKGROUND, IMPRINT, CubeExposure, CubeObservation
from gpucal.simulate.spectra.ifu.cube_scene import CubeScene, ExtendedField
from gpucal.simulate.spectra.ifu.nirspec_ifu_headers import NirspecIfuHeader
from gpucal.simulate.spectra.ifu.nirspec_ifu_painting import NirspecIfuResponse, leaks, paint_scene
from gpucal.simulate.spectra.ifu.nirspec_ifu_plans import DITHERS, EXP_TYPE, NirspecIfuPlan
from gpucal.simulate.spectra.ifu.nirspec_ifu_references import provide_nirspec_ifu_references
from gpucal.simulate.spectra.ifu.told_plans import changes_told
from gpucal.simulate.spectra.spectral_references import Setting
from gpucal.steps import AssignWcsStep
from gpucal.wcs.slices import slices_of
from gpucal.wcs.world import Wcs

MODEL = "IFUImageModel"


def observe_nirspec_ifu(
    directory: str | Path,
    plan: NirspecIfuPlan | None = None,
    rates: bool = True,
    effects: Effects | None = None,
    readpatt: str | None = None,
    ngroups: int | None = None,
    seed: int = 1,
    cache: str | Path | None = None,
) -> CubeObservation:
    """Simulate an integral field of NIRSpec with known truth, and references and associations for stages 1 to 3.

    Parameters
    ----------
    directory : path-like
        Where everything is written; made if it is not there.
    plan : NirspecIfuPlan, optional
        What is exposed.
    rates : bool
        Write rates, with the noise that a fit of the ramp leaves, rather than raw ramps.
    effects : Effects, optional
        In rates, only those count that leave a trace there. `stars` is the point source, and `sky` what is extended.
    readpatt, ngroups : optional
        See `gpucal.simulate.simulate`.
    seed : int
    cache : path-like, optional
        CRDS cache to make or to extend; `crds_cache` in the directory by default.

    Returns
    -------
    CubeObservation

    Raises
    ------
    SimulationError
        No such setting or read pattern.
    OutputError
        The directory or the cache cannot be made or written to.
    """
    plan = plan or NirspecIfuPlan()
    directory = make_output_directory(directory).absolute()
    store = CrdsCache(make_output_directory(cache or directory / CACHE_NAME))
    references = {
        detector: provide_nirspec_ifu_references(
            store, Setting(EXP_TYPE, detector, plan.filter, "FULL", plan.grating), plan.failed_open
        )
        for detector in plan.detectors
    }
    unit = _Unit(directory, plan, ExposureWriter(store, effects or Effects(), rates, model=MODEL), references)
    wanted = [
        (detector, role, number + 1)
        for role, count in plan.roles.items()
        for number in range(count)
        for detector in plan.detectors
    ]
    seeds = np.random.SeedSequence(seed).spawn(len(wanted))
    exposures = tuple(
        unit.expose(readout_of(one[0], "FULL", readpatt, ngroups, 1), *one[1:], own)
        for one, own in zip(wanted, seeds, strict=True)
    )
    optics = f"{plan.grating}-{plan.filter}".lower()
    return associated(directory, exposures, plan, references[plan.detectors[0]], store, "nirspec", optics)


def observe_as_told(directory, given: dict, **others) -> CubeObservation:
    """Observe with the changes that a user gives on the command line.

    Parameters
    ----------
    directory : path-like
    given : dict
        Values of options, by their names among the arguments.
    **others
        As `observe_nirspec_ifu` takes them.

    Raises
    ------
    GpucalError
        More dithers than there are, or more than one filter.
    """
    changes = changes_told(given, DITHERS)
    if "grating" in given:
        changes["grating"] = given["grating"].upper()
    if "filters" in given:
        if len(given["filters"]) > 1:
            raise GpucalError(f"--filters takes one name for spectra, not {len(given['filters'])}")
        changes["filter"] = given["filters"][0].upper()
    return observe_nirspec_ifu(directory, NirspecIfuPlan(**changes), **others)


@dataclass(frozen=True)
class _Unit:
    """What all exposures of an observation share."""

    directory: Path
    plan: NirspecIfuPlan
    writer: ExposureWriter
    references: dict  # detector -> references

    def expose(self, readout, role, number, seed) -> CubeExposure:
        """Make and write an exposure."""
        header = NirspecIfuHeader(self.plan, readout, role, number)
        path = self.directory / header.file_name(self.writer.suffix)
        light = leaks(readout.subarray.shape, self.plan.leak)
        if role != IMPRINT:
            light = light + self._light(header, readout, role)
        truth_path = self.writer.write(path, header, readout, light, seed)
        return CubeExposure(path, truth_path, readout.detector.name, role, number)

    def _light(self, header, readout, role):
        """DN/s without noise."""
        plan, effects, scene = self.plan, self.writer.effects, self.plan.scene
        if role == BACKGROUND:
            scene = CubeScene(field=ExtendedField(scene.field.sky))
        if not effects.stars:
            scene = replace(scene, point=CubeScene().point)
        if not effects.sky:
            scene = replace(scene, field=ExtendedField())
        references = self.references[readout.detector.name]
        response = NirspecIfuResponse(references, plan.filter, plan.grating, header.middle.mjd)
        return paint_scene(self._slices(header, readout), scene, (plan.ra, plan.dec), response)

    def _slices(self, header, readout):
        """The slices of an exposure in the coordinates that stage 2 gives it."""
        shape = readout.subarray.shape
        nothing, place = np.zeros(shape, np.float32), self.directory / header.file_name("blank")
        empty = Rates(nothing, nothing, nothing, nothing, np.zeros(shape, np.uint32))
        write_rates(place, empty, header.primary_keywords(), header.science_keywords(), model=MODEL)
        with crds_environment(self.writer.store.environment()):
            exposure = AssignWcsStep.call(place, configure_log=False, disable_crds_steppars=True)
        place.unlink()
        return slices_of(Wcs.of_kept(exposure.meta.wcs))
