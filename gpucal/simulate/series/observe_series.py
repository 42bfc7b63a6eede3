"""Making series of images of a star."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from astropy.table import Table

from gpucal.associations import from_list
from gpucal.data.writing import make_output_directory
from gpucal.simulate.camera import Camera, make_camera
from gpucal.simulate.crds_cache import CrdsCache
from gpucal.simulate.effects import Effects
from gpucal.simulate.events import HIT_TYPE
from gpucal.simulate.exposure import integration_times
from gpucal.simulate.imaging_associations import OBSERVATION, optics_name, write_observed
from gpucal.simulate.plan import Plan, visits_of
from gpucal.simulate.rates import Rates, draw_rates, write_rates
from gpucal.simulate.reference_arrays import ReferenceOptions
from gpucal.simulate.references import provide_references
from gpucal.simulate.series.dip import moments_of
from gpucal.simulate.series.series_header import SeriesHeader
from gpucal.simulate.series.series_observation import SeriesObservation
from gpucal.simulate.series.series_plan import SeriesPlan
from gpucal.simulate.simulation import CACHE_NAME, readout_of
from gpucal.simulate.sky import source_table

EXPOSURE_TYPES = {"NIRCAM": "NRC_TSIMAGE", "MIRI": "MIR_IMAGE"}
STEP = 0.05  # pixels, for the slopes of the image


def observe_series(
    directory: str | Path,
    plan: SeriesPlan | None = None,
    effects: Effects | None = None,
    readpatt: str | None = None,
    seed: int = 1,
    cache: str | Path | None = None,
    with_gain: bool = False,
) -> SeriesObservation:
    """Simulate a series of images of a star with a transit, and the references and associations for stages 2 and 3.

    Parameters
    ----------
    directory : path-like
        Where everything is written; made if it is not there.
    plan : SeriesPlan, optional
    effects : Effects, optional
        Those that leave a trace in rates.
    readpatt : str, optional
        See `gpucal.simulate.simulate`.
    seed : int
    cache : path-like, optional
        CRDS cache to make or to extend; `crds_cache` in the directory by default.
    with_gain : bool
        Serve the references of the detector, too: jwst opens its gain even where it has no use for it.

    Returns
    -------
    SeriesObservation

    Raises
    ------
    SimulationError
        No such detector, filter, subarray or read pattern.
    OutputError
        The directory or the cache cannot be made or written to.
    """
    plan, effects = plan or SeriesPlan(), effects or Effects()
    directory = make_output_directory(directory).absolute()
    store = CrdsCache(make_output_directory(cache or directory / CACHE_NAME))
    readout = readout_of(plan.detector, plan.subarray, readpatt, plan.ngroups, plan.nints)
    exp_type = EXPOSURE_TYPES.get(readout.detector.instrument)
    camera = make_camera(readout, plan.filters, store, effects, exp_type=exp_type)
    pointed = Plan(exposures=1, spread=0.0)
    (visit,) = visits_of(pointed, camera.middle, 0.0, readout.nints * readout.integration_time)
    ny, nx = readout.subarray.shape
    place = (nx - 1) / 2, (ny - 1) / 2
    header = SeriesHeader(camera, pointed, visit, place)
    if with_gain:
        provide_references(store, readout, camera.pixels, effects, ReferenceOptions())
    flux = float(plan.flux or camera.brightest_star())
    light = _StarLight(camera, header, plan, place, flux * effects.stars)
    rng = np.random.default_rng(seed)
    truth = _truth(plan, readout, header, place, flux, rng)
    paths = []
    for number, integrations in enumerate(plan.integrations(), 1):
        path = directory / header.file_name(number, "rateints")
        rates = _draw(plan, readout, light, effects, truth[integrations], rng)
        primary = header.primary_keywords(number, plan.segments, integrations)
        times = integration_times(readout, header.start.mjd)[integrations]
        write_rates(path, rates, primary, header.science_keywords(), times)
        paths.append(path)
    catalogue = directory / f"{OBSERVATION}_truth_series.ecsv"
    truth.write(catalogue, format="ascii.ecsv", overwrite=True)
    level2 = directory / f"{OBSERVATION}_tso-image2_asn.json"
    write_observed(from_list(paths, stage=2).products, "image2", "DMSLevel2bBase", level2)
    calibrated = [path.with_name(path.name.replace("rateints", "calints")) for path in paths]
    name = f"{OBSERVATION}_t001_{readout.detector.instrument.lower()}_{optics_name(camera.band)}"
    name += f"-{readout.subarray.name.lower()}"
    level3 = directory / f"{name}_tso3_asn.json"
    write_observed(from_list(calibrated, name).products, "tso3", "Asn_Lv3TSO", level3)
    observation = SeriesObservation(
        tuple(paths), level2, level3, catalogue, flux, plan.transit.depth, camera.references.paths, store.path,
        store.context,
    )  # fmt: skip
    observation.save(directory)
    return observation


def _truth(plan: SeriesPlan, readout, header, place, flux, rng) -> Table:
    """What is true of each integration."""
    moments = moments_of(plan.nints)
    jitter = plan.jitter * rng.standard_normal((2, plan.nints))
    middles = integration_times(readout, header.start.mjd)["int_mid_MJD_UTC"]
    columns = {"mjd": middles, "moment": moments, "flux": flux * plan.transit.at(moments)}
    for axis, name in enumerate("xy"):
        columns[name] = place[axis] + plan.offset[axis] + jitter[axis]
    table = Table(columns)
    table["flux"].unit = "Jy"
    return table


class _StarLight:
    """The light of the star and of the sky, wherever the star is.

    The image is that of the mean place, and its slopes carry it to others, which are near.
    """

    def __init__(self, camera: Camera, header: SeriesHeader, plan: SeriesPlan, place, flux: float):
        projection = camera.projection(header.pointing)
        self.pixels, self._middle = camera.pixels, np.add(place, plan.offset)

        def image(middle):
            ra, dec = projection.to_sky(*middle)
            star = source_table(ra=[float(ra)], dec=[float(dec)], flux=[flux])
            return camera.electrons(projection, 0.0, (star, (0.0, 0.0)))

        self._sky, self._star = camera.electrons(projection, plan.sky), image(self._middle)
        steps = STEP * np.eye(2)
        self._slopes = [(image(self._middle + one) - image(self._middle - one)) / (2 * STEP) for one in steps]

    def at(self, x: float, y: float, share: float):
        """Electrons per second with the star at a place, and so much of its light."""
        dx, dy = (x, y) - self._middle
        return np.maximum(self._sky + share * (self._star + dx * self._slopes[0] + dy * self._slopes[1]), 0)


def _draw(plan: SeriesPlan, readout, light: _StarLight, effects: Effects, truth: Table, rng) -> Rates:
    """The rates of some integrations."""
    single, parts, none = replace(readout, nints=1), [], np.zeros(0, HIT_TYPE)
    for row, share in zip(truth, plan.transit.at(truth["moment"]), strict=True):
        electrons = light.at(row["x"], row["y"], share)
        rates = draw_rates(single, light.pixels, electrons, none, np.zeros(0, bool), effects, rng)
        rates.data[:] += (plan.flicker * rng.standard_normal(len(rates.data)))[:, None]
        for y, x in rng.integers(0, rates.data.shape, (rng.poisson(plan.hits), 2)):
            rates.data[y, x] += plan.hit_charge * rates.err[y, x]
        parts.append(rates)
    return Rates(*(np.stack(planes) for planes in zip(*(vars(part).values() for part in parts), strict=True)))
