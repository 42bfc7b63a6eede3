"""Making the exposures of an observation through slits."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gpucal.associations import from_list
from gpucal.data.writing import make_output_directory
from gpucal.simulate.crds_cache import CrdsCache, crds_environment
from gpucal.simulate.effects import Effects
from gpucal.simulate.imaging_associations import write_observed
from gpucal.simulate.metadata import PROGRAM
from gpucal.simulate.rates import Rates, write_rates
from gpucal.simulate.series.dip import moments_of
from gpucal.simulate.simulation import CACHE_NAME, readout_of
from gpucal.simulate.spectra.exposure_writer import ExposureWriter
from gpucal.simulate.spectra.lrs_painting import paint_lrs
from gpucal.simulate.spectra.slit_headers import SlitHeader
from gpucal.simulate.spectra.slit_observation import SlitExposure, SlitObservation
from gpucal.simulate.spectra.slit_painting import SlitLight, paint_slits, slits_with_sources
from gpucal.simulate.spectra.slit_plans import EXTENDED_BELOW, SlitPlan
from gpucal.simulate.spectra.slit_response import SlitResponse
from gpucal.simulate.spectra.spectral_references import Setting, provide_spectral_references
from gpucal.simulate.spectra.spectrum import DARK, Spectrum
from gpucal.steps import AssignWcsStep
from gpucal.wcs.modes.nirspec.open_slits import slit_wcs
from gpucal.wcs.world import Wcs

OBSERVATION = f"jw{PROGRAM}-o001"
METADATA_FILE = f"jw{PROGRAM}001001_01_msa.fits"
SOME_METRES = 3e-6


def observe_slits(
    directory: str | Path,
    plan: SlitPlan | str = "fixedslit",
    rates: bool = True,
    effects: Effects | None = None,
    readpatt: str | None = None,
    ngroups: int | None = None,
    seed: int = 1,
    cache: str | Path | None = None,
) -> SlitObservation:
    """Simulate spectra through slits with known truth, and the references and associations for stages 1 to 3.

    Parameters
    ----------
    directory : path-like
        Where everything is written; made if it is not there.
    plan : SlitPlan or str
        What is exposed; a name stands for a usual plan: fixedslit, mos, bots, lrs, lrs-slitless.
    rates : bool
        Write rates (of a series, those of each integration), with the noise that a fit of the ramp leaves, rather than
        raw ramps.
    effects : Effects, optional
        In rates, only those count that leave a trace there. `stars` are the sources, and `sky` the sky.
    readpatt, ngroups : optional
        See `gpucal.simulate.simulate`.
    seed : int
    cache : path-like, optional
        CRDS cache to make or to extend; `crds_cache` in the directory by default.

    Returns
    -------
    SlitObservation

    Raises
    ------
    SimulationError
        No such plan, setting, subarray or read pattern.
    OutputError
        The directory or the cache cannot be made or written to.
    """
    plan = SlitPlan.named(plan) if isinstance(plan, str) else plan
    directory = make_output_directory(directory).absolute()
    store = CrdsCache(make_output_directory(cache or directory / CACHE_NAME))
    setting = Setting(plan.exp_type, plan.detector, plan.filter, plan.subarray, plan.grating)
    references = provide_spectral_references(store, setting, plan.failed_open)
    beside = {}
    if plan.configuration and plan.configuration.fixed_slits:
        beside = provide_spectral_references(store, replace(setting, exp_type="NRS_FIXEDSLIT"))
    writer = ExposureWriter(store, effects or Effects(), rates, plan.series)
    telescope = _Telescope(directory, plan, writer, references, beside)
    readout = readout_of(plan.detector, plan.subarray, readpatt, ngroups, plan.nints)
    seeds = np.random.SeedSequence(seed).spawn(len(plan.offsets))
    exposures = tuple(telescope.expose(readout, number, one) for number, one in enumerate(seeds, 1))
    alone = _level2(directory, exposures, with_nods=False)
    nodded = _level2(directory, exposures, with_nods=True) if len(exposures) > 1 else alone
    level3 = _level3(directory, plan, exposures)
    observation = SlitObservation(
        exposures, nodded, alone, level3, plan.spectra, plan.sky, references, store.path, store.context
    )
    observation.save(directory)
    return observation


@dataclass(frozen=True)
class _Telescope:
    """What all exposures of an observation share."""

    directory: Path
    plan: SlitPlan
    writer: ExposureWriter
    references: dict
    beside: dict  # references of fixed slits beside shutters

    def expose(self, readout, number, seed) -> SlitExposure:
        """Make and write an exposure."""
        plan = self.plan
        header = SlitHeader(plan, readout, number, METADATA_FILE if plan.configuration else None)
        path = self.directory / header.file_name(self.writer.suffix)
        light = self._light(header, readout)
        if plan.dip is not None:
            light = self._dimmed(light, header, readout)
        truth_path = self.writer.write(path, header, readout, light, seed)
        return SlitExposure(path, truth_path, number)

    def _dimmed(self, light, header, readout):
        """The light of each integration of a series whose point is dimmed, (nints, ny, nx)."""
        without = replace(self.writer, effects=replace(self.writer.effects, stars=False))
        steady = replace(self, writer=without)._light(header, readout)
        shares = self.plan.dip.at(moments_of(readout.nints))
        return steady + shares[:, None, None] * (light - steady)

    def _light(self, header, readout):
        """DN/s without noise."""
        shape = readout.subarray.shape
        place = self.directory / header.file_name("blank")
        nothing = np.zeros(shape, np.float32)
        empty = Rates(nothing, nothing, nothing, nothing, np.zeros(shape, np.uint32))
        if self.plan.configuration:
            self._write_configuration(header, place, empty)
        wcs = self._coordinates(header, place, empty)
        plan = self.plan
        sky = plan.sky if self.writer.effects.sky else DARK
        if plan.grating:
            return self._through_slits(header, wcs, shape, sky, readout.subarray)
        point = plan.spectra[0] if self.writer.effects.stars else DARK
        day = header.middle.mjd
        return paint_lrs(shape, wcs, point, sky, (plan.ra, plan.dec), plan.exp_type, self.references, day)

    def _coordinates(self, header, place, empty) -> Wcs:
        """The WCS that stage 2 gives the exposure."""
        write_rates(place, empty, header.primary_keywords(), header.science_keywords())
        with crds_environment(self.writer.store.environment()):
            model = AssignWcsStep.call(place, configure_log=False, disable_crds_steppars=True)
        place.unlink()
        return Wcs.of_kept(model.meta.wcs)

    def _write_configuration(self, header, place, empty):
        """Write the MSA metadata file; with the places of the sources on the sky, as the first exposure tells them."""
        path = self.directory / METADATA_FILE
        if header.number > 1:
            return
        self.plan.configuration.write(path)
        wcs, sky = self._coordinates(header, place, empty), {}
        for slit in slits_with_sources(wcs, {}):
            where = [slit.source_xpos], [slit.source_ypos], [SOME_METRES]
            ra, dec, _ = slit_wcs(wcs, slit).program("slit_frame", "world").at(*where)
            sky[int(slit.source_id)] = float(ra[0]), float(dec[0])
        replace(self.plan.configuration, sky=sky).write(path)

    def _through_slits(self, header, wcs, shape, sky, subarray):
        plan = self.plan
        slits = slits_with_sources(wcs, {plan.aperture: header.target_place})
        corner = subarray.ystart - 1, subarray.xstart - 1
        total = np.zeros(shape)
        for is_fixed, references in ((False, self.references), (True, self.beside)):
            kind = "NRS_FIXEDSLIT" if is_fixed else plan.exp_type
            response = SlitResponse(references, kind, plan.filter, plan.grating, header.middle.mjd)
            chosen = [slit for slit in slits if (bool(self.beside) and slit.quadrant == 5) == is_fixed]
            lights = [self._light_on(slit, sky) for slit in chosen]
            total += paint_slits(shape, wcs, chosen, lights, response, corner)
        return total

    def _light_on(self, slit, sky) -> SlitLight:
        source = slit.source_id if self.plan.configuration else 0
        if not self.writer.effects.stars or source not in self.plan.spectra:
            return SlitLight(extended=sky)
        spectrum = self.plan.spectra[source]
        if not self.plan.configuration:
            return SlitLight(spectrum, sky) if slit.name == self.plan.aperture else SlitLight(extended=sky)
        if 0 <= slit.stellarity < EXTENDED_BELOW:
            return SlitLight(extended=_sum(spectrum, sky))
        return SlitLight(spectrum, sky)


def _sum(one: Spectrum, other: Spectrum):
    """A spectrum that is the sum of two."""
    return lambda wavelengths: one(wavelengths) + other(wavelengths)


def _level2(directory, exposures, with_nods):
    """Associations of stage 2, one for each exposure."""
    paths = []
    for exposure in exposures:
        others = [str(one.path) for one in exposures if with_nods and one is not exposure]
        made = from_list([exposure.path], others={"background": others}, stage=2)
        kind = "spec2" if with_nods else "alone_spec2"
        paths.append(directory / f"{OBSERVATION}_{exposure.number:05d}_{kind}_asn.json")
        write_observed(made.products, "spec2", "DMSLevel2bBase", paths[-1])
    return tuple(paths)


def _level3(directory, plan, exposures):
    optics = f"{plan.filter}-{plan.grating}".lower().strip("-")
    target = "{source_id}" if plan.configuration else "t001"
    instrument = "nirspec" if plan.grating else "miri"
    suffix, kind, rule = ("calints", "tso3", "Asn_Lv3TSO") if plan.series else ("cal", "spec3", "DMS_Level3_Base")
    made = from_list([one.product(suffix) for one in exposures], f"{OBSERVATION}_{target}_{instrument}_{optics}")
    path = directory / f"{OBSERVATION}_{instrument}_{optics}_{kind}_asn.json"
    write_observed(made.products, kind, rule, path)
    return path
