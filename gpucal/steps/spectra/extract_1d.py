"""The extract_1d step."""

import logging

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.core import SkipStep, Step
from gpucal.core.log.uncorrected import tell_uncorrected
from gpucal.data.slits import slits_of
from gpucal.data.spectra import Spectra
from gpucal.steps.parts.calibration.fixed_slits_beside import parts_of
from gpucal.steps.parts.extraction.aperture_correction import BY_SLIT, NoCorrectionError, correction_for
from gpucal.steps.parts.extraction.apertures import (
    NoApertureError,
    aperture_of,
    entries_of,
    entry_for,
    source_type_of,
)
from gpucal.steps.parts.extraction.cube_spectra import spectra_of_cube
from gpucal.steps.parts.extraction.field_spectra import MODEL as OF_FIELD
from gpucal.steps.parts.extraction.field_spectra import spectra_of_field
from gpucal.steps.parts.extraction.lines import SlitJob, extract, follow_sources, place, wavelengths_of
from gpucal.steps.parts.extraction.products import save_images
from gpucal.steps.parts.extraction.psf_fitting import PsfError, place_profiles
from gpucal.steps.parts.extraction.source_location import SlitGeometry, locate
from gpucal.steps.parts.extraction.spectrum_tables import (
    Calibration,
    columns_of,
    correct,
    fill_times,
    sky_of,
    spectrum_of,
    values_of,
)
from gpucal.steps.parts.extraction.spectrum_tables import (
    wavelengths_of as wavelengths_of_lines,
)
from gpucal.steps.parts.grism_types import FIELD_TYPES
from gpucal.steps.parts.limits import check_limits
from gpucal.steps.parts.soss.exposures import REFERENCE_TYPES as SOSS_REFERENCES
from gpucal.steps.parts.soss.exposures import check_soss, is_of_soss

log = logging.getLogger(__name__)

# The product of a series.
OF_SERIES = "TSOMultiSpecModel"

CUBE = "IFUCubeModel"

SERIES_TYPES = ("NRC_TSIMAGE", "NRC_TSGRISM", "NRS_BRIGHTOBJ")

# What parameters may be.
LIMITS = {
    "position_offset": (-1e6, 1e6),
    "bkg_sigma_clip": (0, 1e6),
    "ifu_rscale": (0.5, 3),
    "ifu_covar_scale": (0, 1e6),
    "soss_threshold": (0, 1),
    "soss_n_os": (1, 100),
    "soss_rtol": (1e-12, 1),
    "soss_max_grid_size": (2, 10_000_000),
    "soss_tikfac": (0, np.inf),
    "soss_width": (0.01, 2048),
}


class Extract1dStep(Step):
    """Extract the spectra of slits and cubes: sums over apertures, or amplitudes of profiles.

    Each slit has an aperture in the extract1d reference; for sources whose place is known it is moved there. The
    background is that of regions beside it. What an aperture leaves out of a point source is corrected. A cube has a
    circle about a point source, with an annulus for the background, or is extracted as a whole.

    Notes
    -----
    Beyond what jwst does, the extract1d reference may be a table (CSV or ECSV), and an aperture may be for one source
    alone: ``source_id``. Algorithms are described in `gpucal.kernels.spectra`, and apertures in
    `gpucal.steps.parts.extraction.apertures`; those of cubes in `gpucal.steps.parts.extraction.cube_spectra`. Of fields
    without slits the whole box of each source counts: `gpucal.steps.parts.extraction.field_spectra`. Orders of SOSS are
    told apart by a model of all: `gpucal.steps.parts.soss.modelling`; `soss_turn_profile` is gpucal's own.
    """

    class_alias = "extract_1d"
    suffix_in_pipeline = "x1d"
    spec = """
        subtract_background = boolean(default=None)  # subtract the background; by default where regions for it are told
        apply_apcorr = boolean(default=True)  # correct for what apertures leave out of point sources

        extraction_type = option("box", "optimal", None, default="box")  # sums, fitted profiles, or these where the place of the source is used
        use_source_posn = boolean(default=None)  # move apertures to the sources; by default those of point sources
        position_offset = float(default=0)  # move apertures across the dispersion by so many pixels
        model_nod_pair = boolean(default=True)  # optimal: fit the negative trace of the other nod of a pair, too
        optimize_psf_location = boolean(default=True)  # optimal: move profiles to where they fit best
        smoothing_length = integer(default=None)  # average the background over so many pixels along the dispersion
        bkg_fit = option("poly", "mean", "median", None, default=None)  # what the background across the dispersion is
        bkg_order = integer(default=None, min=0)  # order of the polynomial that it is
        log_increment = integer(default=50)  # of a series: say so each time that so many integrations are done
        save_profile = boolean(default=False)  # save what part of each pixel counts
        save_scene_model = boolean(default=False)  # save the model of the pixels
        save_residual_image = boolean(default=False)  # save the pixels without their model

        center_xy = float_list(min=2, max=2, default=None)  # cubes: x and y of the middle of the aperture
        ifu_autocen = boolean(default=False)  # cubes: look for the source
        bkg_sigma_clip = float(default=3.0)  # cubes: clip the background at so many standard deviations
        ifu_rfcorr = boolean(default=True)  # cubes of MIRI: remove residual fringes
        ifu_set_srctype = option("POINT", "EXTENDED", None, default=None)  # cubes of MIRI: the type of the source
        ifu_rscale = float(default=None, min=0.5, max=3)  # cubes of MIRI: radius in widths of a point source
        ifu_covar_scale = float(default=1.0)  # cubes: multiply errors, for covariance

        soss_atoca = boolean(default=True)  # SOSS: take orders apart
        soss_threshold = float(default=1e-2)  # SOSS: the faintest part of a trace that counts
        soss_n_os = integer(default=2)  # SOSS: oversampling of the wavelength grid
        soss_wave_grid_in = input_file(default = None)  # SOSS: a wavelength grid to use
        soss_wave_grid_out = string(default = None)  # SOSS: where to save the wavelength grid
        soss_estimate = input_file(default = None)  # SOSS: an estimate of the flux, for the grid
        soss_rtol = float(default=1.0e-4)  # SOSS: relative tolerance of a pixel
        soss_max_grid_size = integer(default=20000)  # SOSS: the most wavelengths of the grid
        soss_tikfac = float(default=None)  # SOSS: factor of the regularization
        soss_width = float(default=40.)  # SOSS: width of the aperture, pixels
        soss_bad_pix = option("model", "masking", default="masking")  # SOSS: what is for bad pixels
        soss_modelname = output_file(default = None)  # SOSS: where to save the model of traces
        soss_order_3 = boolean(default=True)  # SOSS: extract the third order
        soss_turn_profile = boolean(default=False)  # SOSS: turn the profiles of traces with the pupil wheel, as traces turn
    """  # noqa: E501
    own_parameters = ("soss_turn_profile",)
    reference_file_types = ("extract1d", "apcorr", "pastasoss", "specprofile", "speckernel", "psf")
    optional_references = reference_file_types
    input_types = ("ImageModel", "CubeModel", "SlitModel", "MultiSlitModel", CUBE)

    def uses(self, exposure):
        """Corrections if they are applied; no profiles for cubes, nor apertures for fields; of SOSS its own alone."""
        if is_of_soss(exposure):
            return SOSS_REFERENCES
        corrected = ("apcorr",) if self.apply_apcorr else ()
        if is_of_field(exposure):
            return corrected
        return ("extract1d", *corrected) if exposure.model_type == CUBE else ("extract1d", *corrected, "psf")

    def check_applies(self, exposure):
        """Numbers are within limits; SOSS has its filter and its subarrays."""
        check_limits(self, LIMITS)
        if is_of_soss(exposure):
            check_soss(exposure)

    def product_suffix(self, exposure):
        """In a pipeline ``x1d``, or ``x1dints`` of series; SOSS has the same model for what is none."""
        is_series = exposure.model_type == OF_SERIES and (exposure.meta.visit.tsovisit or not is_of_soss(exposure))
        if self.suffix or self.parent is None or not is_series:
            return super().product_suffix(exposure)
        return "x1dints"

    def process(self, exposure, references):
        """Extract all slits, or the cube.

        Returns
        -------
        Spectra

        Raises
        ------
        SkipStep
            If no slit can be extracted.
        """
        if exposure.model_type == CUBE:
            return spectra_of_cube(self, exposure, references)
        if is_of_field(exposure):
            return self.spectra_of_field(exposure, references)
        if is_of_soss(exposure):
            # SciPy's interpolation and sparse matrices are of no use to other exposures.
            from gpucal.steps.parts.soss.spectra import spectra_of_soss

            return spectra_of_soss(self, exposure, references)
        parts = parts_of(exposure, references, self)
        spectra = [spectrum for part, used in parts for spectrum in self.spectra_of(part, used)]
        if not spectra:
            raise SkipStep("no slit can be extracted")
        return self.product_of(exposure, spectra)

    def spectra_of_field(self, exposure, references) -> Spectra:
        """The spectra of all sources of a field without slits."""
        if self.extraction_type != "box":
            log.warning("Spectra are sums: of fields without slits there is no model of point sources")
        spectra = spectra_of_field(self, exposure, references["apcorr"] if self.apply_apcorr else None)
        if not spectra:
            raise SkipStep("no source can be extracted")
        return Spectra.like(exposure, OF_FIELD, spectra)

    def spectra_of(self, exposure, references) -> list:
        """The spectra of all slits that can be extracted, in order."""
        jobs = self.jobs_of(exposure, entries_of(references["extract1d"]))
        apcorr = references["apcorr"] if self.apply_apcorr else None
        self.choose_kinds(jobs, references["psf"])
        follow_sources(jobs)
        jobs = [job for job in jobs if self.has_profiles(job, references, exposure)]
        made, keeps_images = {}, self.save_scene_model or self.save_residual_image
        for kind in dict.fromkeys(job.kind for job in jobs):
            result = extract(place([job for job in jobs if job.kind == kind]), keeps_images)
            if result.nints > 1 and self.log_increment > 0:
                log.info("All %d integrations are done", result.nints)
            for number, job in enumerate(result.placed.jobs):
                spectrum = self.spectrum_of(result, number, exposure, apcorr)
                if spectrum is not None:
                    made[id(job)] = spectrum
            save_images(self, exposure, result)
        return [made[id(job)] for job in jobs if id(job) in made]

    def jobs_of(self, exposure, entries) -> list[SlitJob]:
        """The slits that can be extracted; of the others it is told why not."""
        jobs, kind = [], str(exposure.meta.exposure.type).upper()
        is_list = exposure.model_type == "MultiSlitModel"
        for slit in slits_of(exposure):
            name = slit.name if is_list else self.name_of(exposure, slit, kind)
            try:
                jobs.append(self.job_of(exposure, slit, name, kind, entries))
            except NoApertureError as error:
                tell_uncorrected("a spectrum", {name: str(error)})
        for job in jobs:
            if job.aperture.follows_source:
                job.location = locate(job.slit, exposure.meta, job.geometry)
                if job.location is None:
                    job.notes.append("the place of the source is not known: the aperture is where the reference has it")
        return jobs

    def name_of(self, exposure, slit, kind: str) -> str:
        """What an exposure is called that is one slit."""
        if exposure.model_type == "ImageModel" or kind == "NRS_BRIGHTOBJ":
            return slit["name"] or kind
        if kind == "NRS_FIXEDSLIT":
            return slit["name"] or exposure.meta.instrument.fixed_slit or kind
        return kind

    def job_of(self, exposure, slit, name: str, kind: str, entries) -> SlitJob:
        """A slit with its aperture, where the reference has it."""
        direction = slit["meta.wcsinfo.dispersion_direction"]
        order = slit["meta.wcsinfo.spectral_order"]
        if direction is None:
            raise NoApertureError("its header does not tell along which axis it is dispersed (DISPAXIS)")
        if order is None:
            log.info("Slit %s: the header does not tell the spectral order; it is taken for 1", name)
            order = 1
        if order == 0 and not is_prism(exposure.meta.instrument):
            raise NoApertureError("spectral order 0 is a direct image")
        entry = entry_for(entries, name, slit["source_id"], order)
        aperture = aperture_of(entry, slit, direction, kind, self)
        geometry = SlitGeometry(slit, direction)
        return SlitJob(slit, aperture, geometry, direction, order, entry, name)

    def choose_kinds(self, jobs: list[SlitJob], psf) -> None:
        """Whether profiles are fitted, for each slit."""
        if self.extraction_type != "box" and psf is None:
            log.warning("Spectra are sums: there is no model of point sources for this exposure")
            return
        for job in jobs:
            follows = job.aperture.follows_source if self.extraction_type is None else True
            job.aperture.is_optimal = self.extraction_type != "box" and follows and job.entry is not None

    def has_profiles(self, job: SlitJob, references, exposure) -> bool:
        """Make the profiles of a slit that needs them; whether it can be extracted."""
        if not job.aperture.is_optimal:
            return True
        wavelength = wavelengths_of([job]).reshape(job.geometry.shape)
        try:
            place_profiles(job, references["psf"], exposure.meta, wavelength, self)
        except PsfError as error:
            tell_uncorrected("a spectrum", {job.name: str(error)})
            return False
        return True

    def spectrum_of(self, result, number: int, exposure, apcorr):
        """The spectrum of a slit; None, with a warning, where it is empty."""
        job = result.placed.jobs[number]
        wavelength = wavelengths_of_lines(result, number)
        if not np.isfinite(wavelength).any():
            tell_uncorrected("a spectrum", {job.name: "no pixel of its aperture has a wavelength"})
            return None
        calibration = self.calibration_of(job, exposure)
        columns, sky = columns_of(result, number, calibration), sky_of(result, number)
        # A profile has all of the light; jwst 3.0.0 corrects it all the same where it chose to fit one by itself.
        is_sum = not job.aperture.is_optimal or (as_peer() and self.extraction_type is None)
        if apcorr is not None and source_type_of(job.slit) == "POINT" and is_sum:
            self.correct(result, number, columns, wavelength, sky, exposure, apcorr)
        for note in job.notes:
            log.warning("Slit %s: %s", job.name, note)
        values = values_of(result, number, sky, exposure.meta)
        return spectrum_of(result, number, columns, wavelength, sky, values, calibration.units())

    def calibration_of(self, job: SlitJob, exposure) -> Calibration:
        """What the pixels of a slit are."""
        if str(exposure.meta.cal_step.photom).upper() != "COMPLETE":
            job.notes.append("photom has not been run: fluxes are rates, DN/s")
            return Calibration(False, False, 1.0)
        area = job.slit["meta.photometry.pixelarea_steradians"]
        if area is None:
            job.notes.append("the area of a pixel is not known (PIXAR_SR): fluxes are not right")
        is_flux = source_type_of(job.slit) == "POINT" and str(exposure.meta.instrument.name).upper() == "NIRSPEC"
        return Calibration(True, is_flux, 1.0 if area is None else area)

    def correct(self, result, number: int, columns: dict, wavelength, sky, exposure, apcorr) -> None:
        """Correct for what the aperture leaves out; where that is not known, it is noted."""
        job = result.placed.jobs[number]
        known, kind = np.isfinite(wavelength), str(exposure.meta.exposure.type).upper()
        is_nirspec = str(exposure.meta.instrument.name).upper() == "NIRSPEC"
        middle = np.median(wavelength[known]) if is_nirspec else wavelength[known].min()
        place = (*(sky or (np.nan, np.nan)), middle)
        by_slit = kind in BY_SLIT and exposure.model_type != "ImageModel"
        try:
            correction = correction_for(apcorr, exposure.meta, job.slit, job.geometry, place, by_slit)
        except NoCorrectionError as error:
            job.notes.append(f"what the aperture leaves out is not corrected: {error}")
            return
        # As in jwst 3.0.0, the correction by phases is that of the pixels of the first integration.
        npixels = columns["NPIXELS"][:1] if not correction.beyond else columns["NPIXELS"]
        correct(columns, correction.at(np.where(known, wavelength, middle), npixels))

    def product_of(self, exposure, spectra) -> Spectra:
        """The product with these spectra."""
        is_table_of_integrations = spectra[0].table["WAVELENGTH"].ndim == 2
        product = Spectra.like(exposure, OF_SERIES if is_table_of_integrations else "MultiSpecModel", spectra)
        is_series = self.is_series(exposure)
        if is_table_of_integrations:
            fill_times(spectra, exposure, is_series)
        if is_series:
            for name in ("int_times", "int_times_stripe"):
                table = getattr(exposure.model, name, None)
                if table is not None:
                    product.model._instance[name] = np.array(table).view(type(table)).copy()
        return product

    def is_series(self, exposure) -> bool:
        """Whether the exposure is one of a series in time."""
        meta = exposure.meta
        told = meta.visit.tsovisit or str(meta.exposure.type).upper() in SERIES_TYPES
        return bool(told) and not (meta.exposure.nints is not None and meta.exposure.nints < 2)


def is_of_field(exposure) -> bool:
    """Whether an exposure has the spectra of the sources of a field without slits."""
    return str(exposure.meta.exposure.type).upper() in FIELD_TYPES


def is_prism(instrument) -> bool:
    """Whether the light of an exposure went through a prism."""
    if str(instrument.name).upper() == "MIRI":
        return "P750L" in str(instrument.filter).upper()
    return str(instrument.name).upper() == "NIRSPEC" and "PRISM" in str(instrument.grating).upper()
