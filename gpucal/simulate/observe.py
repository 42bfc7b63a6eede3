"""Making the exposures of an observation."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpucal.data.writing import make_output_directory
from gpucal.simulate.camera import Camera, make_camera
from gpucal.simulate.crds_cache import CrdsCache
from gpucal.simulate.distortion import pixel_scale
from gpucal.simulate.effects import Effects
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.events import draw_events
from gpucal.simulate.exposure import write_exposure
from gpucal.simulate.imaging_associations import OBSERVATION, write_level2, write_level3
from gpucal.simulate.imaging_headers import ImagingHeader
from gpucal.simulate.observation import Observation, ObservedExposure
from gpucal.simulate.plan import SCIENCE, Plan, Visit, visits_of
from gpucal.simulate.pointing import Attitude, PointingErrors, moved
from gpucal.simulate.ramp import read_out
from gpucal.simulate.rates import draw_rates, write_rates
from gpucal.simulate.readout import Readout
from gpucal.simulate.reference_arrays import ReferenceOptions
from gpucal.simulate.references import provide_references
from gpucal.simulate.simulation import CACHE_NAME, Truth, readout_of
from gpucal.simulate.sky import Field, draw_sources

DITHERED_PIXELS = 30
DYNAMIC_RANGE = 1000.0
MARGIN = 2.0  # arcsec round the field


@dataclass(frozen=True)
class ImagingOptions:
    """What the exposures of an observation are like.

    Attributes
    ----------
    field : Field
        The sources that are drawn, and the sky.
    errors : PointingErrors
        How far the telescope misses.
    effects : Effects
        `stars` has the sources, `sky` the level of the sky. In rates, only those count that leave a trace there: the
        noise of photons and of reads, dark current, hot and bad pixels, cosmic rays.
    missed_hits : float
        Share of the cosmic rays that the jump step misses, in rates.
    distortions : dict
        Detector -> distortion reference to serve, instead of what the tables of the observatory give.
    """

    field: Field = Field()
    errors: PointingErrors = PointingErrors()
    effects: Effects = Effects()
    missed_hits: float = 0.1
    distortions: dict | None = None


def observe(
    directory: str | Path,
    plan: Plan | str = "dither",
    detectors: tuple[str, ...] = ("NRCALONG",),
    filters: tuple[str, ...] = (),
    subarray: str | None = None,
    readpatt: str | None = None,
    ngroups: int | None = None,
    nints: int | None = None,
    rates: bool = False,
    sources=None,
    options: ImagingOptions | None = None,
    seed: int = 1,
    cache: str | Path | None = None,
) -> Observation:
    """Simulate an imaging observation with known truth, and the references and associations for stages 1 to 3.

    Parameters
    ----------
    directory : path-like
        Where everything is written; made if it is not there.
    plan : Plan or str
        What is exposed; a name stands for a usual plan: dither, background, moving, wfs.
    detectors : tuple of str
        That are exposed together, of one instrument.
    filters : tuple of str
        One for each channel; by default the usual ones.
    subarray, readpatt, ngroups, nints : optional
        Of all detectors: see `simulate`.
    rates : bool
        Write rates, with the noise that a fit of the ramp leaves, rather than raw ramps.
    sources : Table, optional
        The sources, instead of drawn ones: see `gpucal.simulate.sky.source_table`.
    options : ImagingOptions, optional
    seed : int
    cache : path-like, optional
        CRDS cache to make or to extend; `crds_cache` in the directory by default.

    Returns
    -------
    Observation

    Raises
    ------
    SimulationError
        No such plan, detector, filter, subarray or read pattern, or detectors of several instruments.
    OutputError
        The directory or the cache cannot be made or written to.

    Examples
    --------
    >>> from gpucal.simulate import observe
    >>> observation = observe("observed", detectors=("NRCALONG",), subarray="SUB160", rates=True)
    >>> [exposure.path.name for exposure in observation.exposures][:2]
    ['jw01000001001_02101_00001_nrcalong_rate.fits', 'jw01000001001_02101_00002_nrcalong_rate.fits']
    >>> [path.name for path in observation.level3]
    ['jw01000-o001_t001_nircam_clear-f444w_image3_asn.json']
    """
    plan = Plan.named(plan) if isinstance(plan, str) else plan
    options = options or ImagingOptions()
    readouts = _readouts(detectors, subarray, readpatt, ngroups, nints)
    given = options.distortions or {}
    directory = make_output_directory(directory).absolute()
    store = CrdsCache(make_output_directory(cache or directory / CACHE_NAME))
    cameras = [make_camera(one, filters, store, options.effects, given.get(one.detector.name)) for one in readouts]
    first = cameras[0].readout
    visits = visits_of(
        plan,
        np.mean([camera.middle for camera in cameras], axis=0).tolist(),
        DITHERED_PIXELS * pixel_scale(first.detector.name),
        first.nints * first.integration_time,
    )
    source_seed, error_seed, level_seed, exposure_seed = np.random.SeedSequence(seed).spawn(4)
    if sources is None:
        sources = _drawn_sources(options.field, plan, cameras, visits, np.random.default_rng(source_seed))
    errors = options.errors.draw(len(visits), np.random.default_rng(error_seed)).tolist()
    levels = options.field.draw_levels(len(visits), np.random.default_rng(level_seed)) * options.effects.sky
    catalogue = directory / f"{OBSERVATION}_truth_cat.ecsv"
    sources.write(catalogue, format="ascii.ecsv", overwrite=True)
    telescope = _Telescope(directory, plan, sources, options, rates, store)
    exposures = [
        telescope.expose(visit, camera, tuple(error), float(level), own_seed)
        for visit, error, level, seed in zip(visits, errors, levels, exposure_seed.spawn(len(visits)), strict=True)
        for camera, own_seed in zip(cameras, seed.spawn(len(cameras)), strict=True)
    ]
    level2 = write_level2(directory, exposures)
    level3 = write_level3(directory, exposures, plan.wave_front)
    observation = Observation(tuple(exposures), level2, level3, catalogue, store.path, store.context)
    observation.save(directory)
    return observation


def _readouts(detectors, *asked) -> list[Readout]:
    readouts = [readout_of(name, *asked) for name in detectors]
    names = [readout.detector.name for readout in readouts]
    instruments = {readout.detector.instrument for readout in readouts}
    if len(instruments) != 1 or len(set(names)) < len(names):
        raise SimulationError(f"an observation has one instrument, and each detector once, not {', '.join(names)}")
    return readouts


def _drawn_sources(field, plan, cameras, visits, rng):
    """Sources wherever a detector looks in a science exposure."""
    corners, size = [], []
    for camera in cameras:
        ny, nx = camera.readout.subarray.shape
        size.append(ny * nx * pixel_scale(camera.readout.detector.name) ** 2)
        for visit in visits:
            if visit.role == SCIENCE:
                pointing = Attitude(visit.pointing).pointing_at(*camera.middle)
                corners.append(camera.projection(pointing).to_sky([0, nx, nx, 0], [0, 0, ny, ny]))
    ra, dec = np.concatenate(corners, axis=1)
    east = ((ra - plan.ra + 180) % 360 - 180) * np.cos(np.deg2rad(plan.dec)) * 3600
    north = (dec - plan.dec) * 3600
    low = np.array([east.min(), north.min()]) - MARGIN
    high = np.array([east.max(), north.max()]) + MARGIN
    middle = moved(visits[0].pointing._replace(ra_ref=plan.ra, dec_ref=plan.dec), *(low + high) / 2)
    brightest = field.brightest or min(camera.brightest_star() for camera in cameras)
    faintest = field.faintest or brightest / DYNAMIC_RANGE
    crowd = np.prod(high - low) / np.mean(size)
    box = (middle.ra_ref, middle.dec_ref), (high - low) / 2
    sources = draw_sources(field, box, crowd, (brightest, faintest), rng)
    if plan.moves:
        sources.add_row([0, plan.ra, plan.dec, brightest / 3, 0.0, 1.0, 0.0, True])
    return sources


@dataclass(frozen=True)
class _Telescope:
    """What all exposures of an observation share."""

    directory: Path
    plan: Plan
    sources: object
    options: ImagingOptions
    rates: bool
    store: CrdsCache

    def expose(self, visit: Visit, camera: Camera, error, level, seed) -> ObservedExposure:
        """Make and write an exposure."""
        event_rng, noise_seed, miss_rng = seed.spawn(3)
        header = ImagingHeader(self.plan, visit, camera)
        truly = Attitude(moved(visit.pointing, *error)).pointing_at(*camera.middle)
        electrons = self._light(visit, camera, truly, level, header.duration)
        readout, effects = camera.readout, self.options.effects
        events = draw_events(readout, effects, np.random.default_rng(event_rng))
        hits = events.hits
        path = self.directory / header.file_name("rate" if self.rates else "uncal")
        if self.rates:
            rng = np.random.default_rng(miss_rng)
            is_missed = rng.random(len(hits)) < self.options.missed_hits
            noise_rng = np.random.default_rng(noise_seed)
            rates = draw_rates(readout, camera.pixels, electrons, hits, is_missed, effects, noise_rng)
            write_rates(path, rates, header.primary_keywords(), header.science_keywords())
            truth = Truth(_counts(electrons, camera), hits[is_missed], events.snowballs[:0], events.showers[:0])
        else:
            raw = read_out(readout, [(camera.pixels, electrons)], events, effects, noise_seed)
            write_exposure(path, readout, raw, header.primary_keywords(), coordinates=header.science_keywords())
            provide_references(self.store, readout, camera.pixels, effects, ReferenceOptions())
            truth = Truth(_counts(electrons, camera), hits, events.snowballs, events.showers)
        truth_path = self.directory / header.file_name("truth").replace(".fits", ".npz")
        truth.save(truth_path)
        chip = readout.detector
        return ObservedExposure(
            path,
            truth_path,
            chip.instrument,
            chip.name,
            camera.band,
            visit.role,
            visit.number,
            level,
            truly,
            error,
            camera.references.paths,
        )

    def _light(self, visit, camera, pointing, level, duration):
        """Electrons per second: of what stands still, which the telescope may pass, and of what it follows."""
        sources = self.sources if visit.role == SCIENCE and self.options.effects.stars else self.sources[:0]
        followed = sources[sources["moves"]]
        for name, passed, scale in zip(
            ("ra", "dec"), visit.passed, (np.cos(np.deg2rad(self.plan.dec)), 1.0), strict=True
        ):
            followed[name] = followed[name] + passed / 3600 / scale
        trail = tuple(-speed * duration / 3600 for speed in self.plan.motion)
        still = sources[~sources["moves"]]
        return camera.electrons(camera.projection(pointing), level, (still, trail), (followed, (0.0, 0.0)))


def _counts(electrons, camera):
    return (electrons / camera.pixels.gain).astype(np.float32)
