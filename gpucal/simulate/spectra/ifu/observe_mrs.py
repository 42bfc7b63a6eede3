"""Making the exposures of an observation with MIRI's medium-resolution spectrometer."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gpucal.data.writing import make_output_directory
from gpucal.simulate.crds_cache import CrdsCache
from gpucal.simulate.effects import Effects
from gpucal.simulate.simulation import CACHE_NAME, readout_of
from gpucal.simulate.spectra.exposure_writer import ExposureWriter
from gpucal.simulate.spectra.ifu.cube_associations import associated
from gpucal.simulate.spectra.ifu.cube_observation import BACKGROUND, CubeExposure, CubeObservation
from gpucal.simulate.spectra.ifu.cube_scene import CubeScene, ExtendedField
from gpucal.simulate.spectra.ifu.mrs_headers import MrsHeader
from gpucal.simulate.spectra.ifu.mrs_painting import View, paint_mrs
from gpucal.simulate.spectra.ifu.mrs_plans import DITHERS, MrsPlan
from gpucal.simulate.spectra.ifu.mrs_references import provide_mrs_references
from gpucal.simulate.spectra.ifu.told_plans import changes_told
from gpucal.simulate.spectra.slit_headers import VELOCITY
from gpucal.wcs.velocity import LIGHT

MODEL = "IFUImageModel"
SHOWER_PEAK, SHOWER_WIDTHS, SHOWERS = 0.15, (40.0, 90.0), 6  # DN/s; rows and columns, one sigma; how many


def observe_mrs(
    directory: str | Path,
    plan: MrsPlan | None = None,
    rates: bool = True,
    effects: Effects | None = None,
    readpatt: str | None = None,
    ngroups: int | None = None,
    seed: int = 1,
    cache: str | Path | None = None,
) -> CubeObservation:
    """Simulate an integral field of MIRI with known truth, and references and associations for stages 1 to 3.

    Parameters
    ----------
    directory : path-like
        Where everything is written; made if it is not there.
    plan : MrsPlan, optional
        What is exposed.
    rates : bool
        Write rates, with the noise that a fit of the ramp leaves, rather than raw ramps.
    effects : Effects, optional
        In rates, only those count that leave a trace there. `stars` is the point source, and `sky` what is extended;
        `showers` are faint broad clouds on the detector, `dark` what is left of the dark current.
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
    plan = plan or MrsPlan()
    directory = make_output_directory(directory).absolute()
    store = CrdsCache(make_output_directory(cache or directory / CACHE_NAME))
    references = [provide_mrs_references(store, setting) for setting in plan.settings]
    unit = _Unit(directory, plan, ExposureWriter(store, effects or Effects(), rates, model=MODEL))
    wanted = [
        (setting, role, number + 1)
        for role, count in plan.roles.items()
        for setting in plan.settings
        for number in range(count)
    ]
    seeds = np.random.SeedSequence(seed).spawn(len(wanted))
    exposures = tuple(
        unit.expose(readout_of(one[0].detector, "FULL", readpatt, ngroups, 1), *one, own)
        for one, own in zip(wanted, seeds, strict=True)
    )
    return associated(directory, exposures, plan, references[0], store, "miri")


def observe_as_told(directory, given: dict, **others) -> CubeObservation:
    """Observe with the changes that a user gives on the command line.

    Parameters
    ----------
    directory : path-like
    given : dict
        Values of options, by their names among the arguments.
    **others
        As `observe_mrs` takes them.

    Raises
    ------
    GpucalError
        More dithers than there are.
    SimulationError
        No such detector or band.
    """
    changes = changes_told(given, DITHERS)
    if "bands" in given:
        changes["bands"] = tuple(one.upper() for one in given["bands"])
    return observe_mrs(directory, MrsPlan(**changes), **others)


@dataclass(frozen=True)
class _Unit:
    """What all exposures of an observation share."""

    directory: Path
    plan: MrsPlan
    writer: ExposureWriter

    def expose(self, readout, setting, role, number, seed) -> CubeExposure:
        """Make and write an exposure."""
        plan, effects = self.plan, self.writer.effects
        header = MrsHeader(plan, setting, readout, role, number)
        to_rest = 1 / (1 + VELOCITY / LIGHT)
        view = View(header.pointing, header.target_place, header.middle.mjd, to_rest)
        light = paint_mrs(setting, self._scene(role), view, plan.residual_fringes, plan.straylight)
        if effects.dark:
            light += plan.dark
        if effects.showers:
            light += _showers(light.shape, np.random.default_rng(seed.spawn(1)[0]))
        path = self.directory / header.file_name(self.writer.suffix)
        truth_path = self.writer.write(path, header, readout, light, seed)
        return CubeExposure(path, truth_path, setting.detector, role, number, setting.band)

    def _scene(self, role):
        scene, effects = self.plan.scene, self.writer.effects
        if role == BACKGROUND:
            scene = CubeScene(field=ExtendedField(scene.field.sky))
        if not effects.stars:
            scene = replace(scene, point=CubeScene().point)
        if not effects.sky:
            scene = replace(scene, field=ExtendedField())
        return scene


def _showers(shape, rng):
    """What is left of the showers of cosmic rays in an exposure: broad clouds, DN/s."""
    y, x = np.indices(shape)
    total = np.zeros(shape)
    for _ in range(SHOWERS):
        (row, column), (height, width) = rng.random(2) * shape, SHOWER_WIDTHS
        peak = SHOWER_PEAK * rng.random()
        total += peak * np.exp(-0.5 * (((y - row) / height) ** 2 + ((x - column) / width) ** 2))
    return total
