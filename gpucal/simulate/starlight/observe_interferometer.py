"""Making the exposures of an interferometric observation."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpucal.associations import from_list
from gpucal.data.writing import make_output_directory
from gpucal.simulate.camera import BRIGHTEST_PIXEL, Camera, make_camera
from gpucal.simulate.crds_cache import CrdsCache
from gpucal.simulate.distortion import pixel_scale
from gpucal.simulate.effects import Effects
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.imaging_associations import OBSERVATION, write_observed
from gpucal.simulate.plan import SCIENCE
from gpucal.simulate.simulation import CACHE_NAME, readout_of
from gpucal.simulate.spectra.exposure_writer import ExposureWriter
from gpucal.simulate.starlight.interferometry_headers import InterferometryHeader
from gpucal.simulate.starlight.interferometry_observation import (
    InterferometricExposure,
    InterferometricObservation,
)
from gpucal.simulate.starlight.interferometry_optics import HOLES, star_image
from gpucal.simulate.starlight.interferometry_plan import InterferometryPlan
from gpucal.simulate.starlight.interferometry_references import (
    EXP_TYPE,
    FILTERS,
    band_of,
    provide_interferometry_references,
)

PSF = "psf"
DETECTOR, SUBARRAY = "NIS", "SUB80"


def observe_interferometer(
    directory: str | Path,
    plan: InterferometryPlan | None = None,
    rates: bool = True,
    effects: Effects | None = None,
    readpatt: str | None = None,
    ngroups: int | None = None,
    seed: int = 1,
    cache: str | Path | None = None,
) -> InterferometricObservation:
    """Simulate a binary and a reference star through the mask of NIRISS.

    Parameters
    ----------
    directory : path-like
        Where everything is written; made if it is not there.
    plan : InterferometryPlan, optional
        What is exposed.
    rates : bool
        Write rates of integrations, with the noise that a fit of the ramp leaves, rather than raw ramps.
    effects : Effects, optional
        In rates, only those count that leave a trace there.
    readpatt, ngroups : optional
        See `gpucal.simulate.simulate`.
    seed : int
    cache : path-like, optional
        CRDS cache to make or to extend; `crds_cache` in the directory by default.

    Returns
    -------
    InterferometricObservation

    Raises
    ------
    SimulationError
        No such filter or read pattern.
    OutputError
        The directory or the cache cannot be made or written to.

    Examples
    --------
    >>> from gpucal.simulate import InterferometryPlan, observe_interferometer
    >>> observation = observe_interferometer("binary", InterferometryPlan(nints=2))
    >>> [exposure.path.name for exposure in observation.exposures]
    ['jw01000001001_03102_00001_nis_rateints.fits', 'jw01000002001_03102_00001_nis_rateints.fits']
    """
    plan, effects = plan or InterferometryPlan(), effects or Effects()
    if plan.filter not in FILTERS:
        raise SimulationError(f"there is no filter {plan.filter} behind the mask; {', '.join(FILTERS)} are")
    directory = make_output_directory(directory).absolute()
    store = CrdsCache(make_output_directory(cache or directory / CACHE_NAME))
    readout = readout_of(DETECTOR, SUBARRAY, readpatt, ngroups, plan.nints)
    camera = make_camera(readout, (plan.filter,), store, effects, exp_type=EXP_TYPE)
    references = camera.references.paths | provide_interferometry_references(store, plan.filter)
    wanted = [(SCIENCE, number + 1) for number in range(plan.exposures)]
    wanted += [(PSF, number + 1) for number in range(plan.references)]
    own, *seeds = np.random.SeedSequence(seed).spawn(1 + len(wanted))
    opd = 1e-9 * plan.opd * np.random.default_rng(own).standard_normal(len(HOLES))
    telescope = _Telescope(directory, plan, camera, ExposureWriter(store, effects, rates, series=True), opd)
    exposures = tuple(telescope.expose(*one, each) for one, each in zip(wanted, seeds, strict=True))
    level2, level3 = _associations(directory, plan, exposures)
    observation = InterferometricObservation(
        exposures, level2, level3, plan, references, store.path, store.context
    )
    observation.save(directory)
    return observation


def _associations(directory, plan, exposures) -> tuple[Path, Path]:
    level2 = directory / f"{OBSERVATION}_image2_asn.json"
    products = [
        one for exposure in exposures for one in from_list([exposure.product("rateints")], stage=2).products
    ]
    write_observed(products, "image2", "DMSLevel2bBase", level2)
    name = f"{OBSERVATION}_t001_niriss_{plan.filter.lower()}-nrm-{SUBARRAY.lower()}"
    science, psf = (
        [one.product("calints") for one in exposures if one.role == role] for role in (SCIENCE, PSF)
    )
    level3 = directory / f"{name}_ami3_asn.json"
    write_observed(
        from_list(science, name, others={PSF: psf} if psf else {}).products, "ami3", "DMS_Level3_Base", level3
    )
    return level2, level3


@dataclass(frozen=True)
class _Telescope:
    """What all exposures of an observation share."""

    directory: Path
    plan: InterferometryPlan
    camera: Camera
    writer: ExposureWriter
    opd: np.ndarray

    def expose(self, role, number, seed) -> InterferometricExposure:
        """Make and write an exposure."""
        optics_seed, noise_seed = seed.spawn(2)
        rng = np.random.default_rng(optics_seed)
        header = InterferometryHeader(self.plan, self.camera, role, number)
        path = self.directory / header.file_name(self.writer.suffix)
        offset = self.plan.jitter * rng.standard_normal(2)
        opd = self.opd + 1e-9 * self.plan.drift * rng.standard_normal(len(HOLES))
        place, light = self._light(header, offset, opd)
        truth_path = self.writer.write(path, header, self.camera.readout, light, noise_seed)
        return InterferometricExposure(path, truth_path, role, number, place)

    def _light(self, header, offset, opd) -> tuple[tuple[float, float], np.ndarray]:
        """Where the star is, and DN/s in each pixel."""
        camera, plan = self.camera, self.plan
        projection = camera.projection(header.pointing)
        ra, dec = header.target
        angle = np.deg2rad(plan.position_angle)
        north = dec + plan.separation * np.cos(angle) / 3600
        east = ra + plan.separation * np.sin(angle) / 3600 / np.cos(np.deg2rad(dec))
        (x, other_x), (y, other_y) = projection.to_pixels(np.array([ra, east]), np.array([dec, north]))
        shape, pitch = camera.readout.subarray.shape, np.deg2rad(pixel_scale(DETECTOR) / 3600)
        place = float(x + offset[0]), float(y + offset[1])
        shares = star_image(place, shape, pitch, band_of(plan.filter), opd)
        brightest = shares.max()
        if header.role == SCIENCE and plan.contrast:
            companion = other_x + offset[0], other_y + offset[1]
            shares = shares + plan.contrast * star_image(companion, shape, pitch, band_of(plan.filter), opd)
        detector = camera.readout.detector
        star = (
            BRIGHTEST_PIXEL * detector.full_well / camera.readout.integration_time / brightest
        )  # electrons/s
        return place, star * shares * camera.references.flat / camera.pixels.gain
