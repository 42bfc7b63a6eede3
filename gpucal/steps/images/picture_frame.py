"""The picture_frame step."""

import logging
from typing import ClassVar

import numpy as np

from gpucal.core import SkipStep, Step
from gpucal.errors import NoScienceData
from gpucal.kernels.background.scene_mask import planes, scene_mask
from gpucal.kernels.flicker.picture_frame import Frame, subtract_from_ramp, subtract_from_rates
from gpucal.readouts.groups import check_groups
from gpucal.steps.parts.flicker.background_scene import beside, draft_rates, draft_steps, science_pixels
from gpucal.steps.parts.flicker.nirspec_scene import steps_of_scene

log = logging.getLogger(__name__)

MINIMUM_GROUPS = 2


class PictureFrameStep(Step):
    """Subtract the thermal pattern of the frame round the detector (NIRSpec, full frame).

    The pattern of the reference is scaled to the medians of each group, or rate, along the edges and in the middle of
    the detector, where the background shows. First groups stay as they are.

    With ``save_mask`` and ``save_correction``, the mask of the background and the difference that the step makes are
    saved in products of their own, with suffixes ``pctfrm_mask`` and ``pctfrm_correction``.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/picture_frame/main.html.
    """

    class_alias = "picture_frame"
    spec = """
        mask_science_regions = boolean(default=True)  # leave known science regions out of the fit
        n_sigma = float(default=2.0)  # clip signal this far above the background
        save_mask = boolean(default=False)  # save the mask of the background
        save_correction = boolean(default=False)  # save what is subtracted
        skip = boolean(default=True)  # leave this step out
    """
    reference_file_types = ("pictureframe",)
    input_types = ("RampModel", "ImageModel", "CubeModel", "IFUImageModel")
    required_keywords: ClassVar = {"INSTRUME": "instrument.name", "SUBARRAY": "subarray.name"}

    def check_applies(self, exposure):
        """Only for full frames of NIRSpec, and if there are enough groups."""
        if (exposure.meta.instrument.name, exposure.meta.subarray.name) != ("NIRSPEC", "FULL"):
            raise SkipStep("the picture frame is that of full frames of NIRSpec")
        if exposure.model_type == "RampModel":
            check_groups(exposure, MINIMUM_GROUPS)

    def inner_steps(self, exposure):
        """The fit of draft rates, for ramps; and the steps that find slits, if these are left out."""
        scene = steps_of_scene(exposure, True) if self.mask_science_regions else ()
        return (*draft_steps(exposure), *scene)

    def process(self, exposure, references):
        """Subtract the pattern.

        Raises
        ------
        SkipStep
            If no background shows in the middle or at the edges.
        GpucalError
            If the slices of the integral field unit are to be masked, which gpucal does not do yet.
        """
        rates = references["pictureframe"].array("data")
        draft = draft_rates(exposure, references, per_integration=False)
        science = self.science(draft, references) if self.mask_science_regions else None
        mask = planes(scene_mask(draft.data, science, self.n_sigma)).all(axis=0)
        if self.save_mask:
            self.save_beside(beside(draft, mask.astype(np.float32)), exposure, "pctfrm_mask")
        frame = Frame.of(rates, mask)
        if frame is None:
            raise SkipStep("no background pixel in the middle or at the edges to scale the picture frame by")

        data = exposure.data
        removed = data - data if self.save_correction else None
        if exposure.model_type == "RampModel":
            subtract_from_ramp(data, frame, removed)
        else:
            subtract_from_rates(planes(data), frame, None if removed is None else planes(removed))
        if removed is not None:
            self.save_beside(beside(exposure, removed), exposure, "pctfrm_correction")
        return exposure

    def science(self, draft, references):
        """The pixels that show no background; None where no slit is on the detector.

        Raises
        ------
        SkipStep
            If the metadata file of the shutters cannot be used.
        """
        from gpucal.wcs.modes.nirspec.msa_file import MsaFileError  # of no use to most of stage 1

        try:
            return science_pixels(draft, references, steps_of_scene(draft, True))
        except NoScienceData:
            log.warning("The light of no slit falls on the detector of %s: nothing is left out", draft.source)
            return None
        except MsaFileError as reason:
            raise SkipStep(str(reason), status="FAILED") from reason

    def save_beside(self, product, exposure, suffix):
        """Save a product that is named after the exposure."""
        self.save(product, suffix, output_file=exposure.source)
