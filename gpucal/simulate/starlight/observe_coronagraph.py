"""Making the exposures of a coronagraphic observation."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gpucal.associations import from_list
from gpucal.data.writing import make_output_directory
from gpucal.errors import GpucalError
from gpucal.simulate.camera import Camera
from gpucal.simulate.crds_cache import CrdsCache
from gpucal.simulate.distortion import pixel_scale
from gpucal.simulate.effects import Effects
from gpucal.simulate.imaging_associations import OBSERVATION, optics_name, write_observed
from gpucal.simulate.imaging_references import provide_imaging_references
from gpucal.simulate.light import light_on
from gpucal.simulate.optics import band_named
from gpucal.simulate.pixels import make_pixels
from gpucal.simulate.plan import SCIENCE
from gpucal.simulate.simulation import CACHE_NAME, readout_of
from gpucal.simulate.sky import source_table
from gpucal.simulate.spectra.exposure_writer import ExposureWriter
from gpucal.simulate.starlight.coronagraphs import CORONAGRAPHS, CoronagraphyPlan
from gpucal.simulate.starlight.coronagraphy_headers import CoronagraphyHeader, star_place
from gpucal.simulate.starlight.coronagraphy_observation import CoronagraphicExposure, CoronagraphicObservation
from gpucal.simulate.starlight.coronagraphy_references import provide_psfmask
from gpucal.simulate.starlight.speckles import Speckles, transmission
from gpucal.wcs.lowering import program_of

PSF = "psf"


def observe_coronagraph(
    directory: str | Path,
    plan: CoronagraphyPlan | None = None,
    rates: bool = True,
    effects: Effects | None = None,
    readpatt: str | None = None,
    ngroups: int | None = None,
    seed: int = 1,
    cache: str | Path | None = None,
) -> CoronagraphicObservation:
    """Simulate a star with companions behind a coronagraph at some rolls, and a reference star at several places.

    Parameters
    ----------
    directory : path-like
        Where everything is written; made if it is not there.
    plan : CoronagraphyPlan, optional
        What is exposed.
    rates : bool
        Write rates of integrations, with the noise that a fit of the ramp leaves, rather than raw ramps.
    effects : Effects, optional
        In rates, only those count that leave a trace there. `stars` is the star with its companions.
    readpatt, ngroups : optional
        See `gpucal.simulate.simulate`.
    seed : int
    cache : path-like, optional
        CRDS cache to make or to extend; `crds_cache` in the directory by default.

    Returns
    -------
    CoronagraphicObservation

    Raises
    ------
    SimulationError
        No such read pattern.
    OutputError
        The directory or the cache cannot be made or written to.

    Examples
    --------
    >>> from gpucal.simulate import observe_coronagraph
    >>> observation = observe_coronagraph("masked")
    >>> [exposure.path.name for exposure in observation.of_role("science")]
    ['jw01000001001_03102_00001_nrcalong_rateints.fits', 'jw01000002001_03102_00001_nrcalong_rateints.fits']
    """
    plan, effects = plan or CoronagraphyPlan(), effects or Effects()
    directory = make_output_directory(directory).absolute()
    store = CrdsCache(make_output_directory(cache or directory / CACHE_NAME))
    coronagraph = plan.coronagraph
    readout = readout_of(coronagraph.detector, coronagraph.subarray, readpatt, ngroups, plan.nints)
    camera, references = _camera(store, coronagraph, readout, effects)
    place_seed, speckle_seed, *seeds = np.random.SeedSequence(seed).spawn(
        2 + len(plan.rolls) + plan.references
    )
    scale = pixel_scale(coronagraph.detector)
    width = camera.band.sigmas[0] / scale
    speckles = Speckles.drawn(coronagraph, width, scale, np.random.default_rng(speckle_seed))
    star = plan.star or camera.brightest_star() / speckles.shares.max()
    telescope = _Telescope(
        directory, plan, camera, ExposureWriter(store, effects, rates, series=True), speckles, star
    )
    wanted = [(SCIENCE, number + 1) for number in range(len(plan.rolls))]
    wanted += [(PSF, number + 1) for number in range(plan.references)]
    offsets = _offsets(plan, np.random.default_rng(place_seed))
    exposures = tuple(
        telescope.expose(role, number, offset, own)
        for (role, number), offset, own in zip(wanted, offsets, seeds, strict=True)
    )
    level2, level3 = _associations(directory, plan, camera, exposures)
    passing = tuple(transmission(coronagraph, companion.separation) for companion in plan.companions)
    target = plan.ra, plan.dec
    observation = CoronagraphicObservation(
        exposures,
        level2,
        level3,
        star,
        plan.companions,
        passing,
        target,
        references,
        store.path,
        store.context,
    )
    observation.save(directory)
    return observation


def observe_as_told(directory, given: dict, **others) -> CoronagraphicObservation:
    """Observe with the changes that a user gives on the command line.

    Parameters
    ----------
    directory : path-like
    given : dict
        Values of options, by their names among the arguments.
    **others
        As `observe_coronagraph` takes them.

    Raises
    ------
    GpucalError
        An instrument without a coronagraph.
    """
    changes = {}
    if "instrument" in given:
        masks = [name for name, one in CORONAGRAPHS.items() if one.instrument == given["instrument"].upper()]
        if not masks:
            raise GpucalError(
                f"--instrument {given['instrument']} has no coronagraph (see gpucal simulate -h)"
            )
        changes["mask"] = masks[0]
    changes |= {"mask": given["mask"].upper()} if "mask" in given else {}
    if "roll" in given or "turn" in given:
        first = given.get("roll", CoronagraphyPlan.rolls[0])
        changes["rolls"] = first, first + given.get("turn", 10.0)
    if "references" in given:
        changes["references"] = given["references"]
    if "nints" in given:
        changes["nints"] = changes["reference_nints"] = given["nints"]
    return observe_coronagraph(directory, CoronagraphyPlan(**changes), **others)


def _camera(store, coronagraph, readout, effects) -> tuple[Camera, dict]:
    """The detector behind a coronagraph, with the place of the mask as the point that is aimed at."""
    pixels = make_pixels(readout.detector, readout.subarray.window, effects)
    band = band_named(readout.detector, (coronagraph.filter,))
    references = provide_imaging_references(store, readout, pixels, coronagraph.exp_type, effects)
    x, y = star_place(readout.subarray.shape)
    corner = readout.subarray.xstart - 1, readout.subarray.ystart - 1
    middle = program_of(references.distortion).at([corner[0] + x], [corner[1] + y])[:, 0]
    mask = provide_psfmask(store, coronagraph, readout.subarray)
    camera = Camera(readout, band, pixels, references, tuple(middle.tolist()), coronagraph.exp_type)
    return camera, references.paths | {"psfmask": mask}


def _offsets(plan, rng) -> np.ndarray:
    """How far the star lies from its place behind the mask in each exposure, pixels, (n, 2)."""
    grid = (
        np.array([(0, 0), (1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1), (-1, -1), (1, -1)]) * plan.step
    )
    grid = np.concatenate([np.zeros((len(plan.rolls), 2)), grid[np.arange(plan.references) % len(grid)]])
    return grid + plan.jitter * rng.standard_normal(grid.shape)


def _associations(directory, plan, camera, exposures) -> tuple[Path, Path]:
    level2 = directory / f"{OBSERVATION}_image2_asn.json"
    products = [
        one for exposure in exposures for one in from_list([exposure.product("rateints")], stage=2).products
    ]
    write_observed(products, "image2", "DMSLevel2bBase", level2)
    instrument = plan.coronagraph.instrument.lower()
    subarray = plan.coronagraph.subarray.lower()
    name = f"{OBSERVATION}_t001_{instrument}_{optics_name(camera.band)}-{subarray}"
    science, psf = (
        [one.product("calints") for one in exposures if one.role == role] for role in (SCIENCE, PSF)
    )
    level3 = directory / f"{name}_coron3_asn.json"
    write_observed(from_list(science, name, others={PSF: psf}).products, "coron3", "DMS_Level3_Base", level3)
    return level2, level3


@dataclass(frozen=True)
class _Telescope:
    """What all exposures of an observation share."""

    directory: Path
    plan: CoronagraphyPlan
    camera: Camera
    writer: ExposureWriter
    speckles: Speckles
    star: float

    def expose(self, role, number, offset, seed) -> CoronagraphicExposure:
        """Make and write an exposure."""
        light_seed, noise_seed = seed.spawn(2)
        nints = self.plan.nints if role == SCIENCE else self.plan.reference_nints
        camera = replace(self.camera, readout=replace(self.camera.readout, nints=nints))
        header = CoronagraphyHeader(self.plan, camera, role, number)
        path = self.directory / header.file_name(self.writer.suffix)
        centre = np.array(star_place(camera.readout.subarray.shape)) + offset
        flux = self._flux(role, header.pointing, centre, offset, np.random.default_rng(light_seed))
        light = camera.electrons_of(flux, self.plan.sky * self.writer.effects.sky) / camera.pixels.gain
        truth_path = self.writer.write(path, header, camera.readout, light, noise_seed)
        return CoronagraphicExposure(
            path, truth_path, role, number, header.pointing.roll_ref, tuple(centre.tolist())
        )

    def _flux(self, role, pointing, centre, offset, rng) -> np.ndarray:
        """Jy in each pixel: the speckles, and of the star its companions."""
        plan, camera = self.plan, self.camera
        shape = camera.readout.subarray.shape
        if not self.writer.effects.stars:
            return np.zeros(shape)
        flux = self.star if role == SCIENCE else self.star * plan.reference_flux
        image = self.speckles.image(centre, flux, plan.drift, shape, rng)
        if role != SCIENCE:
            return image
        projection = camera.projection(pointing)
        companions = self._companions()
        x, y = projection.to_pixels(companions["ra"], companions["dec"]) + np.reshape(offset, (2, 1))
        companions["ra"], companions["dec"] = projection.to_sky(
            x, y
        )  # where the miss of the telescope puts them
        return image + light_on(projection, companions, camera.band)

    def _companions(self):
        """A table of the companions where they are on the sky, of the light that passes the coronagraph."""
        plan, here = self.plan, []
        for one in plan.companions:
            angle = np.deg2rad(one.position_angle)
            here.append(_beside(plan, one.separation * np.sin(angle), one.separation * np.cos(angle)))
        passing = [transmission(plan.coronagraph, one.separation) for one in plan.companions]
        flux = [self.star * one.contrast * share for one, share in zip(plan.companions, passing, strict=True)]
        return source_table(ra=[ra for ra, _ in here], dec=[dec for _, dec in here], flux=np.array(flux))


def _beside(plan, east: float, north: float) -> tuple[float, float]:
    """A direction beside the star, arcsec east and north of it."""
    dec = plan.dec + north / 3600
    return plan.ra + east / 3600 / np.cos(np.deg2rad(dec)), dec
