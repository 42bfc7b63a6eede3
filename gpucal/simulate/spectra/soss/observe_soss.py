"""Making a series of SOSS."""

from pathlib import Path

import numpy as np

from gpucal.associations import from_list
from gpucal.data.writing import make_output_directory
from gpucal.simulate.crds_cache import CrdsCache
from gpucal.simulate.effects import Effects
from gpucal.simulate.imaging_associations import write_observed
from gpucal.simulate.metadata import PROGRAM
from gpucal.simulate.simulation import CACHE_NAME, readout_of
from gpucal.simulate.spectra.exposure_writer import ExposureWriter
from gpucal.simulate.spectra.soss.soss_headers import SossHeader
from gpucal.simulate.spectra.soss.soss_observation import SossExposure, SossObservation
from gpucal.simulate.spectra.soss.soss_painting import paint_soss
from gpucal.simulate.spectra.soss.soss_plans import SossPlan
from gpucal.simulate.spectra.soss.soss_references import provide_soss_references

OBSERVATION = f"jw{PROGRAM}-o001"


def observe_soss(
    directory: str | Path,
    plan: SossPlan | None = None,
    effects: Effects | None = None,
    readpatt: str | None = None,
    ngroups: int | None = None,
    seed: int = 1,
    cache: str | Path | None = None,
) -> SossObservation:
    """Simulate rates of a series of SOSS with known truth, and the references and associations for stages 2 and 3.

    Parameters
    ----------
    directory : path-like
        Where everything is written; made if it is not there.
    plan : SossPlan, optional
        What is exposed; four integrations of SUBSTRIP256 by default, two of them in a transit.
    effects : Effects, optional
        Only those count that leave a trace in rates. `stars` is the star, and `sky` the background.
    readpatt, ngroups : optional
        See `gpucal.simulate.simulate`.
    seed : int
    cache : path-like, optional
        CRDS cache to make or to extend; `crds_cache` in the directory by default.

    Returns
    -------
    SossObservation

    Raises
    ------
    SimulationError
        No such subarray or read pattern.
    OutputError
        The directory or the cache cannot be made or written to.
    """
    plan, effects = plan or SossPlan(), effects or Effects()
    directory = make_output_directory(directory).absolute()
    store = CrdsCache(make_output_directory(cache or directory / CACHE_NAME))
    references = provide_soss_references(store, plan.subarray)
    readout = readout_of(plan.detector, plan.subarray, readpatt, ngroups, plan.nints)
    writer = ExposureWriter(store, effects, rates=True, series=plan.series)
    borders = np.linspace(0, plan.nints, plan.segments + 1).astype(int)
    headers = [
        SossHeader(plan, readout, number, int(borders[number - 1]) + 1, int(borders[number]))
        for number in range(1, plan.segments + 1)
    ]
    light = paint_soss(plan, references, headers[0].middle.mjd, effects.stars, effects.sky)
    exposures = []
    for header, one in zip(headers, np.random.SeedSequence(seed).spawn(len(headers)), strict=True):
        path = directory / header.file_name(writer.suffix)
        own = light[header.first - 1 : header.last]
        truth = writer.write(path, header, header.readout, own if plan.series else own[0], one)
        exposures.append(SossExposure(path, truth, header.segment))
    level2 = tuple(_level2(directory, exposure) for exposure in exposures)
    level3 = _level3(directory, plan, exposures)
    observation = SossObservation(tuple(exposures), level2, level3, plan, references, store.path, store.context)
    observation.save(directory)
    return observation


def _level2(directory, exposure):
    path = directory / f"{OBSERVATION}_seg{exposure.number:03d}_spec2_asn.json"
    write_observed(from_list([exposure.path], stage=2).products, "spec2", "DMSLevel2bBase", path)
    return path


def _level3(directory, plan, exposures):
    suffix, kind, rule = ("calints", "tso3", "DMS_Level3_Base") if plan.series else ("cal", "spec3", "DMS_Level3_Base")
    made = from_list([one.product(suffix) for one in exposures], f"{OBSERVATION}_t001_niriss_clear-gr700xd")
    path = directory / f"{OBSERVATION}_niriss_clear-gr700xd_{kind}_asn.json"
    write_observed(made.products, kind, rule, path)
    return path
