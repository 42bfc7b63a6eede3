"""Making the exposures of observations without slits."""

from pathlib import Path

import numpy as np

from gpucal.associations import from_list
from gpucal.data.writing import make_output_directory
from gpucal.simulate.crds_cache import CrdsCache
from gpucal.simulate.effects import Effects
from gpucal.simulate.imaging_associations import OBSERVATION, write_observed
from gpucal.simulate.imaging_references import nominal_area
from gpucal.simulate.series.dip import moments_of
from gpucal.simulate.simulation import CACHE_NAME, readout_of
from gpucal.simulate.spectra.exposure_writer import ExposureWriter
from gpucal.simulate.spectra.slit_headers import VELOCITY
from gpucal.simulate.spectra.slitless.direct_image import write_direct_image
from gpucal.simulate.spectra.slitless.grism_headers import GrismHeader, Turn
from gpucal.simulate.spectra.slitless.grism_observation import (
    GrismExposure,
    GrismFieldObservation,
    GrismSeriesObservation,
)
from gpucal.simulate.spectra.slitless.grism_painting import paint_source
from gpucal.simulate.spectra.slitless.grism_plans import GrismFieldPlan, GrismSeriesPlan
from gpucal.simulate.spectra.slitless.grism_references import GrismSetting, provide_grism_references
from gpucal.simulate.spectra.slitless.grisms import GRISMS
from gpucal.startup.lazy import datamodels
from gpucal.wcs.documents import read_document

SERIES_ACTIVITY = "05101"
ROLES = {"sourcecat": "catalogue", "segmap": "segments", "direct_image": "image"}


def observe_grism_field(
    directory: str | Path,
    plan: GrismFieldPlan | None = None,
    effects: Effects | None = None,
    readpatt: str | None = None,
    ngroups: int | None = None,
    seed: int = 1,
    cache: str | Path | None = None,
) -> GrismFieldObservation:
    """Simulate rates of a field of sources through grisms, its direct image, references, and associations.

    Parameters
    ----------
    directory : path-like
        Where everything is written; made if it is not there.
    plan : GrismFieldPlan, optional
        What is exposed; eight sources through both grisms of NIRISS by default.
    effects : Effects, optional
        Only those count that leave a trace in rates. `stars` are the sources, and `sky` the background.
    readpatt, ngroups : optional
        See `gpucal.simulate.simulate`.
    seed : int
    cache : path-like, optional
        CRDS cache to make or to extend; `crds_cache` in the directory by default.

    Returns
    -------
    GrismFieldObservation

    Raises
    ------
    SimulationError
        No such read pattern.
    OutputError
        The directory or the cache cannot be made or written to.
    """
    plan, effects = plan or GrismFieldPlan(), effects or Effects()
    directory, store = _places(directory, cache)
    grisms = [GRISMS[name] for name in plan.grisms]
    settings = [GrismSetting(plan.exp_type, grism, plan.band) for grism in grisms]
    references = [provide_grism_references(store, setting) for setting in settings]
    distortion = read_document(references[0]["distortion"])["model"]
    readout = readout_of(grisms[0].detector, plan.subarray, readpatt, ngroups, plan.nints)
    image_seed, *seeds = np.random.SeedSequence(seed).spawn(1 + len(grisms) * len(plan.dithers))
    middle = GrismHeader(plan, grisms[0], readout, Turn(), plan.nints, distortion)
    sky = {source: tuple(map(float, middle.projection.to_sky(source.x, source.y))) for source in plan.scene}
    stem = directory / f"{OBSERVATION}_t001_{plan.instrument.lower()}_direct"
    direct = write_direct_image(stem, middle, sky, grisms[0], plan, np.random.default_rng(image_seed))
    writer, exposures, count = ExposureWriter(store, effects, rates=True), [], len(plan.dithers)
    for activity, (grism, of_grism) in enumerate(zip(grisms, references, strict=True), 2):
        for number, offset in enumerate(plan.dithers, 1):
            turn = Turn(f"{activity:02d}101", number, count, offset)
            header = GrismHeader(plan, grism, readout, turn, plan.nints, distortion)
            light = _field_light(plan, grism, of_grism, header, sky, effects, readout.subarray.shape)
            path = directory / header.file_name(writer.suffix)
            truth = writer.write(path, header, header.readout, light, seeds[len(exposures)])
            exposures.append(GrismExposure(path, truth, grism.name, number))
    observation = GrismFieldObservation(
        tuple(exposures),
        tuple(_level2(directory, one, direct) for one in exposures),
        tuple(_level3(directory, plan, grism, exposures, direct) for grism in grisms),
        plan.band, plan.wavelengths, references[0], store.path, store.context, direct, plan.scene, plan.background,
    )  # fmt: skip
    observation.save(directory)
    return observation


def observe_grism_series(
    directory: str | Path,
    plan: GrismSeriesPlan | None = None,
    effects: Effects | None = None,
    readpatt: str | None = None,
    ngroups: int | None = None,
    seed: int = 1,
    cache: str | Path | None = None,
) -> GrismSeriesObservation:
    """Simulate rates of a series of spectra of a star through the grism of NIRCam, its references, and associations.

    Parameters
    ----------
    directory : path-like
        Where everything is written; made if it is not there.
    plan : GrismSeriesPlan, optional
        What is exposed; six integrations by default, two of them in a transit.
    effects, readpatt, ngroups, seed, cache
        See `observe_grism_field`.

    Returns
    -------
    GrismSeriesObservation

    Raises
    ------
    SimulationError
        No such subarray or read pattern.
    OutputError
        The directory or the cache cannot be made or written to.
    """
    plan, effects = plan or GrismSeriesPlan(), effects or Effects()
    directory, store = _places(directory, cache)
    grism = plan.grism
    references = provide_grism_references(store, GrismSetting(plan.exp_type, grism, plan.band, plan.subarray))
    distortion = read_document(references["distortion"])["model"]
    readout = readout_of(grism.detector, plan.subarray, readpatt, ngroups, plan.nints)
    light = _series_light(plan, references, effects, readout.subarray.shape)
    writer, exposures = ExposureWriter(store, effects, rates=True, series=True), []
    borders = np.linspace(0, plan.nints, plan.segments + 1).astype(int)
    for segment, own in enumerate(np.random.SeedSequence(seed).spawn(plan.segments), 1):
        first, last = int(borders[segment - 1]), int(borders[segment])
        turn = Turn(SERIES_ACTIVITY, segment=segment, segments=plan.segments, first=first + 1)
        header = GrismHeader(plan, grism, readout, turn, last - first, distortion)
        path = directory / header.file_name(writer.suffix)
        truth = writer.write(path, header, header.readout, light[first:last], own)
        exposures.append(GrismExposure(path, truth, grism.name, segment))
    observation = GrismSeriesObservation(
        tuple(exposures),
        tuple(_level2(directory, one, None) for one in exposures),
        (_level3_series(directory, plan, exposures),),
        plan.band, plan.wavelengths, references, store.path, store.context, plan.spectrum, plan.transit,
    )  # fmt: skip
    observation.save(directory)
    return observation


def _places(directory, cache):
    directory = make_output_directory(directory).absolute()
    return directory, CrdsCache(make_output_directory(cache or directory / CACHE_NAME))


def _field_light(plan, grism, references, header, sky, effects, shape):
    """DN/s without noise."""
    image = np.zeros(shape)
    if effects.stars:
        places = header.projection.to_pixels(*np.array(list(sky.values())).T)
        for source, place in zip(sky, places.T, strict=True):
            for order in grism.traces:
                what = (source.sigma, source.spectrum, plan.wavelengths, nominal_area(grism.detector), VELOCITY)
                paint_source(image, grism, order, place, *what)
    image *= _response(references)
    if effects.sky:
        with datamodels.open(references["bkg"]) as reference:
            image += plan.background * reference.data
    return image


def _series_light(plan, references, effects, shape):
    """DN/s without noise, in all integrations."""
    star, missing = np.zeros(shape), np.zeros(shape)
    if effects.stars:
        what = (plan.wavelengths, nominal_area(plan.grism.detector), VELOCITY)
        paint_source(star, plan.grism, 1, plan.place, 0.0, plan.spectrum, *what)

        def before_the_planet(wavelengths):
            return plan.spectrum(wavelengths) * plan.transit.depth_at(wavelengths)

        paint_source(missing, plan.grism, 1, plan.place, 0.0, before_the_planet, *what)
    parts = plan.transit.part_before(moments_of(plan.nints))[:, None, None]
    return (star - parts * missing + plan.background * effects.sky) * _response(references)


def _response(references):
    """What pixels make of light; 1 where the flat field does not know."""
    with datamodels.open(references["flat"]) as flat:
        return np.nan_to_num(flat.data, nan=1.0).astype(float)


def _level2(directory, exposure, direct):
    """The association of stage 2 of an exposure, with the files of the direct image."""
    others = {role: [str(getattr(direct, name))] for role, name in ROLES.items()} if direct else {}
    name = f"{OBSERVATION}_{exposure.grism.lower()}_{exposure.number:05d}_spec2_asn.json"
    made = from_list([exposure.path], others=others, stage=2)
    write_observed(made.products, "spec2", "Asn_Lv2WFSS" if direct else "DMSLevel2bBase", directory / name)
    return directory / name


def _level3(directory, plan, grism, exposures, direct):
    """The association of stage 3 of the exposures through a grism."""
    elements = sorted(one.lower() for one in (grism.name, plan.band))
    name = f"{OBSERVATION}_t001_{plan.instrument.lower()}_{'-'.join(elements)}"
    members = [one.product("cal") for one in exposures if one.grism == grism.name]
    made = from_list(members, name, others={"sourcecat": [str(direct.catalogue)]})
    write_observed(made.products, "spec3", "DMS_Level3_Base", directory / f"{name}_spec3_asn.json")
    return directory / f"{name}_spec3_asn.json"


def _level3_series(directory, plan, exposures):
    name = f"{OBSERVATION}_t001_nircam_{plan.band.lower()}-grismr-{plan.subarray.lower()}"
    made = from_list([one.product("calints") for one in exposures], name)
    write_observed(made.products, "tso3", "DMS_Level3_Base", directory / f"{name}_tso3_asn.json")
    return directory / f"{name}_tso3_asn.json"
