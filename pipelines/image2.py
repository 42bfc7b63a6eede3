"""Stage 2 of images: from count rates to calibrated images."""

from typing import ClassVar

from gpucal.core import Pipeline
from gpucal.data import Exposure, InputError
from gpucal.steps.images.bkg_subtract import BackgroundStep
from gpucal.steps.images.flat_field import FlatFieldStep
from gpucal.steps.images.photom import PhotomStep
from gpucal.steps.mosaics.resample import ResampleStep
from gpucal.steps.pointing.assign_wcs import AssignWcsStep

# The exposures that are resampled: images of the sky that are no series of integrations.
RESAMPLED_TYPES = ("FGS_IMAGE", "MIR_IMAGE", "NIS_IMAGE", "NRC_IMAGE")

# What the header names as the association of an exposure that comes without one.
SINGLE = "singleton"


class Image2Pipeline(Pipeline):
    """Calibrate images: background, world coordinates, flat field, units; and resample each of them.

    Products: ``cal`` (``calints`` of integrations), and ``i2d`` of images of the sky. Background exposures are members
    of that role in the association; without one, ``bkg_subtract`` does not run.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_image2.html.

    Examples
    --------
    >>> from gpucal.pipelines import Image2Pipeline
    >>> from gpucal.simulate import observe
    >>> observation = observe("observed", detectors=("NRCALONG",), subarray="SUB160", rates=True)
    >>> with observation.crds():
    ...     (image,) = Image2Pipeline.call(observation.exposures[0].path)
    >>> image.meta.bunit_data, image.meta.cal_step.photom
    ('MJy/sr', 'COMPLETE')
    """

    class_alias = "calwebb_image2"
    spec = """
        save_bsub = boolean(default=False)  # save what bkg_subtract makes; its own save_results does the same
    """
    stage = 2
    input_types = ("ImageModel", "CubeModel")
    uses_other_members = True
    returns_list = True
    required_keywords: ClassVar = {
        "INSTRUME": "instrument.name",
        "DETECTOR": "instrument.detector",
        "EXP_TYPE": "exposure.type",
    }
    product_steps = ("resample",)
    step_defs: ClassVar = {
        "bkg_subtract": BackgroundStep,
        "assign_wcs": AssignWcsStep,
        "flat_field": FlatFieldStep,
        "photom": PhotomStep,
        "resample": ResampleStep,
    }

    def order(self, exposure: Exposure) -> tuple[str, ...]:
        """The names of the steps for the exposure, in order."""
        has_background = bool(exposure.membership.of_role("background"))
        is_resampled = exposure.meta.exposure.type in RESAMPLED_TYPES and exposure.model_type == "ImageModel"
        steps = ("bkg_subtract",) if has_background else ()
        return (*steps, "assign_wcs", "flat_field", "photom", *(("resample",) if is_resampled else ()))

    def product_suffix(self, exposure: Exposure) -> str:
        """``cal``, or ``calints`` of integrations; unless the user chose another."""
        return self.suffix or ("calints" if exposure.model_type == "CubeModel" else "cal")

    def process(self, exposure: Exposure, references) -> Exposure:
        """Calibrate an image or integrations.

        Returns
        -------
        Exposure
            The calibrated exposure; what is resampled of it is a product beside it.
        """
        done = [name for name in ("flat_field", "photom") if getattr(exposure.meta.cal_step, name) == "COMPLETE"]
        if done:
            raise InputError(f"{exposure.source}: is calibrated already ({' and '.join(done)} are COMPLETE)")
        asn, membership = exposure.meta.asn, exposure.membership
        asn.table_name, asn.pool_name = membership.table or SINGLE, membership.pool or SINGLE
        steps = self.order(exposure)
        if "bkg_subtract" in steps:
            exposure = self.run_step("bkg_subtract", exposure, references)
            if self.save_bsub and not self.bkg_subtract.saves:
                self.bkg_subtract.save(exposure)
        exposure = self.run_steps(("assign_wcs", "flat_field", "photom"), exposure, references)
        if "resample" in steps:
            with self.kept_on_failure(exposure):
                self.run_beside("resample", exposure, references)
        return exposure
