"""Stage 3 of spectra: from calibrated exposures to one spectrum of each source."""

import logging
from typing import ClassVar

from gpucal.core import GpucalError, Pipeline
from gpucal.core.run.references import RunReferences
from gpucal.core.run.results import products_of, save_results
from gpucal.data import Exposure, InputError, Members
from gpucal.data.members import tell_membership
from gpucal.names.steps import STEPS as ALL_STEPS
from gpucal.pipelines import spec3_modes as modes
from gpucal.pipelines.spec3_fields import combine_fields
from gpucal.steps.parts.alike import check_alike
from gpucal.steps.parts.exp_to_source import by_source
from gpucal.steps.parts.grism_types import FIELD_TYPES

log = logging.getLogger(__name__)

# All steps, in the order of most modes.
STEPS = (
    "assign_mtwcs", "master_background", "outlier_detection", "adaptive_trace_model", "pixel_replace", "resample_spec",
    "cube_build", "extract_1d", "photom", "combine_1d", "spectral_leak",
)  # fmt: skip


class Spec3Pipeline(Pipeline):
    """Combine exposures of spectra: flag outliers, resample all exposures of each source together, and extract it.

    Which steps run depends on the type of the exposures: see `gpucal.pipelines.spec3_modes`. Products: ``crf``, the
    exposures with their outliers flagged; ``s2d``, what is combined of slits, or ``s3d``, the cubes of integral fields;
    and ``x1d``, their spectra. Slits of many sources are sorted by source, and each source has products of its own;
    ``cal``, a file with its slits in all exposures, is one of them. Exposures of a moving target are aligned on it.
    Background exposures are members of that role in the association; without one, ``master_background`` does not run.
    The sources of fields without slits are in one ``x1d`` and one ``c1d``, with a row for each source.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_spec3.html.
    """

    class_alias = "calwebb_spec3"
    spec = ""
    over_members = True
    uses_other_members = True
    stage = 3
    input_types = ("MultiSlitModel", "SlitModel", "ImageModel", "IFUImageModel")
    required_keywords: ClassVar = {"INSTRUME": "instrument.name", "EXP_TYPE": "exposure.type"}
    product_steps = ("outlier_detection", "resample_spec", "cube_build", "extract_1d", "combine_1d", "spectral_leak")
    steps_save_all = True
    step_defs: ClassVar = {name: ALL_STEPS[name].load() for name in STEPS if ALL_STEPS[name].module is not None}

    def order(self, members: Members) -> tuple[str, ...]:
        """The names of the steps for the exposures, in order; the first exposure tells of which type they are.

        Raises
        ------
        GpucalError
            If one of them is not a part of gpucal yet.
        """
        kind = str(members.meta.exposure.type).upper()
        is_moving = str(members.meta.target.type).upper() == "MOVING"
        wanted = (
            *(("assign_mtwcs",) if is_moving else ()),
            *(("master_background",) if members.membership.of_role("background") else ()),
            *modes.steps_by_source(kind),
        )
        missing = [name for name in wanted if name not in self.step_defs and name not in modes.OPTIONAL]
        if missing:
            raise GpucalError(
                f"{members.source}: exposures of type {kind} need {', '.join(missing)}, which gpucal does not have yet"
            )
        return tuple(name for name in wanted if name in self.step_defs)

    def product_suffix(self, exposure: Exposure) -> str:
        """``s2d``, or ``s3d`` of cubes, unless the user chose another."""
        return self.suffix or ("s3d" if exposure.model_type == "IFUCubeModel" else "s2d")

    def process(self, members: Members, references) -> Exposure | Members | None:
        """Make the spectrum of each source.

        Returns
        -------
        Exposure, Members or None
            What is resampled of exposures of one source; these, if ``resample_spec`` is skipped. None of exposures of
            many slits, whose products are saved source by source.
        """
        check_calibrated(members)
        check_alike(members)
        steps = self.order(members)
        first = [name for name in steps if name in ("assign_mtwcs", "master_background")]
        members = self.run_steps(first, members, references)
        if members[0].model_type != "MultiSlitModel":
            return self.combine(members, steps, references)
        if str(members.meta.exposure.type).upper() in FIELD_TYPES:
            combine_fields(self, members, steps, references)
            return None
        for source in by_source(members):
            if self.saves:
                self.save(source.joined(source), "cal")
            for exposure in source:
                tell_membership(exposure, exposure.meta.asn.exptype)
            self.combine(source, steps, self.references_of(source, members, references))
            source.release()
        return None

    def references_of(self, source: Members, members: Members, references: RunReferences) -> RunReferences:
        """The references for a source: a fixed slit beside shutters has others than these."""
        if self.extract_1d.skip or source.meta.exposure.type == members.meta.exposure.type:
            return references
        return RunReferences.find([self.extract_1d], source[0])

    def combine(self, members: Members, steps: tuple[str, ...], references) -> Exposure | Members:
        """Combine the exposures of one source, and extract it."""
        flagged = [name for name in steps if name in ("outlier_detection", *modes.OPTIONAL)]
        members = self.run_steps(flagged, members, references)
        if "cube_build" in steps:
            return self.extracted_cubes(self.run_step("cube_build", members, references), steps, references)
        if "photom" in steps:
            self.extract_and_calibrate(members, references)
            return members
        combined = self.run_step("resample_spec", members, references)
        spectra = self.run_beside("extract_1d", combined, references)
        if isinstance(spectra, Members):
            self.run_beside("combine_1d", spectra, references)
        return combined

    def extract_and_calibrate(self, members: Members, references) -> None:
        """Extract exposures whose pixels are in DN/s, calibrate their spectra, and combine these."""
        spectra = self.run_beside("extract_1d", members, references, saves=False)
        if spectra is not None:
            spectra = self.run_step("photom", spectra, references)
            save_results(self.extract_1d, spectra)
            self.run_beside("combine_1d", spectra, references)

    def extracted_cubes(self, cubes: Exposure | Members, steps: tuple[str, ...], references) -> Exposure | Members:
        """The cubes, after they are extracted."""
        if products_of(cubes)[0].model_type == "IFUImageModel":
            log.info("There is no spectrum, as there is no cube")
            return cubes
        corrects = "spectral_leak" in steps and not self.spectral_leak.skip
        spectra = self.run_beside("extract_1d", cubes, references, saves=not corrects)
        if spectra is not None and corrects:
            self.run_beside("spectral_leak", spectra, references, saves=False)
            save_results(self.spectral_leak, spectra)
        return cubes


def check_calibrated(members: Members) -> None:
    """See that exposures went through stage 2.

    Raises
    ------
    InputError
        If one has no world coordinates.
    """
    for exposure in members:
        if exposure.meta.cal_step.assign_wcs in (None, "SKIPPED"):
            made = "has no world coordinates: calwebb_spec3 combines what calwebb_spec2 makes (cal)"
            raise InputError(f"{exposure.source}: {made}; run that on it first")
