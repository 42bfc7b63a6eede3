"""Stage 2 of spectra: from count rates to calibrated slits, and spectra of each exposure."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from gpucal.core import GpucalError, Pipeline
from gpucal.core.run.references import RunReferences
from gpucal.core.run.results import products_of, save_results
from gpucal.data import Exposure, InputError, Members
from gpucal.pipelines import spec2_modes as modes
from gpucal.pipelines.spec2_fields import save_electron_rates
from gpucal.pipelines.spec2_fixed_slits import calibrate_slits
from gpucal.pipelines.spec2_members import clean_members
from gpucal.steps.parts.coordinates.open_slits import check_open
from gpucal.steps.parts.grism_types import FIELD_TYPES, GRISM_TYPES
from gpucal.steps.parts.slitless.companions import keep_companions
from gpucal.steps.parts.whole_frame_slit import as_slit

log = logging.getLogger(__name__)

# What the header names as the association of an exposure that comes without one.
SINGLE = "singleton"

# Exposures of integral fields.
FIELD_UNIT_MODEL = "IFUImageModel"

# All steps, in the order of most modes.
STEPS = (
    "assign_wcs", "badpix_selfcal", "msa_flagging", "clean_flicker_noise", "bkg_subtract", "imprint_subtract",
    "extract_2d", "master_background_mos", "targ_centroid", "wavecorr", "flat_field", "srctype", "straylight", "fringe",
    "residual_fringe", "pathloss", "barshadow", "wfss_contam", "photom", "adaptive_trace_model", "pixel_replace",
    "resample_spec", "cube_build", "extract_1d",
)  # fmt: skip


class Spec2Pipeline(Pipeline):
    """Calibrate spectra: coordinates, background, slits, flat field, losses and units; resample and extract them.

    Which steps run, and in which order, depends on the type of the exposure: see `gpucal.pipelines.spec2_modes`.
    Products: ``cal`` (``calints`` of integrations), ``s2d`` of slits, ``s3d`` of integral fields, and ``x1d``
    (``x1dints``). Background exposures are members of that role in the association; without one, ``bkg_subtract`` does
    not run. Fields without slits need a catalog of the direct image: a member ``sourcecat``, or SCATFILE of the header.
    In cubes of one exposure, holes in the field are not looked for, unless the user asks for that.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_spec2.html.
    """

    class_alias = "calwebb_spec2"
    spec = """
        save_bsub = boolean(default=False)  # save what bkg_subtract makes; its own save_results does the same
        fail_on_exception = boolean(default=True)  # end with an error if a product cannot be made
        save_wfss_esec = boolean(default=False)  # slitless fields: save the image in electrons per second
    """
    stage = 2
    input_types = ("ImageModel", "CubeModel", "IFUImageModel")
    uses_other_members = True
    returns_list = True
    required_keywords: ClassVar = {
        "INSTRUME": "instrument.name",
        "DETECTOR": "instrument.detector",
        "EXP_TYPE": "exposure.type",
    }
    product_steps = ("resample_spec", "cube_build", "extract_1d")
    step_defs: ClassVar = {
        name: modes.entry_of(name).load() for name in STEPS if modes.entry_of(name).module is not None
    }

    def __init__(self, name=None, parent=None, config_file=None, steps=None, **parameters):
        steps = {**(steps or {})}
        if "cube_build" in self.step_defs:
            steps["cube_build"] = {"skip_dqflagging": True, **steps.get("cube_build", {})}
        super().__init__(name, parent, config_file, steps, **parameters)

    @property
    def ends_on_failure(self) -> bool:
        """Whether a product that cannot be made ends the run with an error."""
        return self.fail_on_exception

    def order(self, exposure: Exposure | Members) -> tuple[str, ...]:
        """The names of the steps for the exposure, or for the cubes that are made of it, in order.

        Raises
        ------
        GpucalError
            If one of them is not a part of gpucal yet.
        """
        exposure = products_of(exposure)[0]
        names = (*modes.calls(exposure), *modes.PRODUCTS, *modes.calls_on_spectra(exposure))
        wanted = [name for name in names if modes.applies(name, exposure)]
        missing = [name for name in wanted if name not in self.step_defs]
        if needed := [name for name in missing if name not in (*modes.OPTIONAL, *modes.GOES_ON_WITHOUT)]:
            kind = exposure.meta.exposure.type
            raise GpucalError(
                f"{exposure.source}: exposures of type {kind} need {', '.join(needed)}, which gpucal does not have yet"
            )
        return tuple(name for name in wanted if name in self.step_defs)

    def product_suffix(self, exposure: Exposure) -> str:
        """``cal``, or ``calints`` of integrations; unless the user chose another."""
        return self.suffix or ("calints" if len(exposure.shape_of("data") or ()) == 3 else "cal")

    def process(self, exposure: Exposure, references) -> Exposure:
        """Calibrate an exposure.

        Returns
        -------
        Exposure
            The calibrated exposure; what is resampled and extracted of it are products beside it.
        """
        self.check(exposure)
        if modes.kind_of(exposure) in FIELD_TYPES:
            keep_companions(exposure)
        tell_association(exposure, None, None)
        steps = self.order(exposure)
        tell_left_out(set(modes.BEFORE).difference(steps), exposure)
        before = [name for name in steps if name in modes.BEFORE]
        later = (*modes.AFTER, *modes.PRODUCTS, *modes.calls_on_spectra(exposure))
        middle = [name for name in steps if name not in (*modes.BEFORE, *later)]
        flagging = [name for name in before if name in modes.BEFORE_MEMBERS]  # it flags members, too
        exposure = self.run_steps(flagging, exposure, references)
        clean_members(self, before, exposure, references)
        exposure = self.run_steps([name for name in before if name not in flagging], exposure, references)
        if "bkg_subtract" in before and self.save_bsub and not self.bkg_subtract.saves:
            self.bkg_subtract.save(exposure)
        if modes.kind_of(exposure) in modes.LRS_TYPES:
            exposure = as_slit(exposure)
        exposure = self.calibrate(middle, exposure, references)
        tell_left_out(set(modes.calls(exposure)).difference(steps, modes.BEFORE, modes.AFTER), exposure)
        tell_association(exposure, exposure.membership.table or SINGLE, exposure.membership.pool or SINGLE)
        if modes.kind_of(exposure) in FIELD_TYPES:  # tables of spectra tell it
            exposure.meta.filename = self.output_path(exposure, ext=exposure.extension).name
        self.make_spectra(steps, exposure, references)
        return exposure

    def calibrate(self, steps: list[str], exposure: Exposure, references) -> Exposure:
        """Run the steps between the background and the products; on fixed slits beside shutters, as on such."""
        cut = steps.index("srctype") + 1 if "srctype" in steps else 0
        kind = modes.kind_of(exposure)
        if self.save_wfss_esec and kind in modes.ELECTRONS_BEFORE:
            cut = steps.index(modes.ELECTRONS_BEFORE[kind])
            exposure, steps = self.run_steps(steps[:cut], exposure, references), steps[cut:]
            save_electron_rates(self, exposure, references)
        if "wfss_contam" in steps:  # its products tell of the steps before it
            cut = steps.index("wfss_contam")
            exposure = self.run_steps(steps[:cut], exposure, references)
            tell_left_out(set(modes.MIDDLES[kind]).difference(self.order(exposure)), exposure)
            steps = steps[cut:]
        if kind != "NRS_MSASPEC":
            return self.run_steps(steps, exposure, references)
        exposure = self.run_steps(steps[:cut], exposure, references)
        return calibrate_slits(steps[cut:], exposure, references, self.run_steps, self.find_references)

    def find_references(self, names: list[str], exposure: Exposure) -> RunReferences:
        """The references of steps for an exposure that is of another type than the run began with."""
        return RunReferences.find([step for step in (getattr(self, name) for name in names) if not step.skip], exposure)

    def check(self, exposure: Exposure) -> None:
        """See that an exposure can be calibrated.

        Raises
        ------
        InputError
            If it is calibrated already, is of an integral field but no such image, is of the sky but was taken without
            its light, or if a step is to be left out without which nothing can be calibrated.
        """
        done = [name for name in ("flat_field", "photom") if getattr(exposure.meta.cal_step, name) == "COMPLETE"]
        if done:
            raise InputError(f"{exposure.source}: is calibrated already ({' and '.join(done)} are COMPLETE)")
        if modes.is_of_field_unit(exposure) and exposure.model_type != FIELD_UNIT_MODEL:
            kind, model = modes.kind_of(exposure), exposure.model_type
            raise InputError(
                f"{exposure.source}: EXP_TYPE is {kind}, but DATAMODL is {model}: give the rates (rate) that "
                f"calwebb_detector1 makes of integral fields, which are of type {FIELD_UNIT_MODEL}"
            )
        if modes.kind_of(exposure) in modes.SKY_TYPES:
            check_open(exposure)
        cut_out = (*modes.NIRSPEC_SLIT_TYPES, *GRISM_TYPES)
        has_slits = modes.kind_of(exposure) in cut_out and not modes.is_lamp_on_slicer(exposure)
        for name in ("assign_wcs", *(("extract_2d",) if has_slits else ())):
            if getattr(self, name).skip:
                raise InputError(f"{exposure.source}: without {name} nothing can be calibrated; do not skip it")

    def make_spectra(self, steps, exposure: Exposure, references) -> None:
        """Make what is resampled and extracted of a calibrated exposure, which stays as it is."""
        for name in modes.GOES_ON_WITHOUT:
            if modes.applies(name, exposure) and name not in self.step_defs:
                log.warning("%s: gpucal does not have %s yet, and goes on without it", exposure.source, name)
        with self.kept_on_failure(exposure), statuses_of(exposure):
            tell_left_out(set(modes.AFTER), exposure)
            spectrum = self.prepared(steps, exposure, references)
            for name in ("resample_spec", "cube_build"):
                if name in steps:
                    spectrum = self.run_beside(name, spectrum, references) or spectrum
            if products_of(spectrum)[0].model_type == FIELD_UNIT_MODEL:
                log.info("There is no spectrum, as there is no cube")
            elif "extract_1d" in steps:
                self.extract(spectrum, references)

    def extract(self, exposure: Exposure | Members, references) -> None:
        """Extract spectra and, of types whose pixels stay in DN/s, calibrate these."""
        later = modes.calls_on_spectra(products_of(exposure)[0])
        spectra = self.run_beside("extract_1d", exposure, references, saves=not later)
        if later and spectra is not None:
            save_results(self.extract_1d, self.run_steps(later, spectra, references))

    def prepared(self, steps, exposure: Exposure, references) -> Exposure:
        """What is resampled and extracted: the exposure or, if pixels are to be estimated, a copy of it with those."""
        wanted = [name for name in modes.AFTER if name in steps and not getattr(self, name).skip]
        return self.run_steps(wanted, exposure.copy(), references) if wanted else exposure


def tell_association(exposure: Exposure, table: str | None, pool: str | None) -> None:
    """Write into the header which association an exposure is of: not before slits are cut out, which do not tell it."""
    exposure.meta.asn.table_name, exposure.meta.asn.pool_name = table, pool


def tell_left_out(names: set[str], exposure: Exposure) -> None:
    """Write into the header that steps were left out, as they are not for such an exposure."""
    statuses = exposure.model._instance["meta"].setdefault("cal_step", {})  # its schema does not list all steps
    statuses.update((modes.ALIASES.get(name, name), "SKIPPED") for name in names)


@contextmanager
def statuses_of(exposure: Exposure) -> Iterator[None]:
    """Let the header of an exposure tell of the steps before a ``with`` block alone: others make other products."""
    meta = exposure.model._instance["meta"]
    kept = dict(meta.get("cal_step", {}))
    try:
        yield
    finally:
        meta["cal_step"] = kept
