"""The targ_centroid step."""

import logging

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.core import GpucalError, SkipStep, Step
from gpucal.core.run.inner import run_inside
from gpucal.core.run.references import RunReferences
from gpucal.data import Exposure, open_exposure
from gpucal.data.reading import expand
from gpucal.reference.trees import part_of
from gpucal.steps.parts.extraction.target_image import centroid, expected_place
from gpucal.steps.parts.lrs_types import LRS_TYPES
from gpucal.steps.pointing.assign_wcs import AssignWcsStep

log = logging.getLogger(__name__)

IMAGE_TYPE = "MIR_TACONFIRM"


class TargCentroidStep(Step):
    """Find where the source of a low resolution spectrum of MIRI is, by the image that verified its acquisition.

    The image is ``ta_file``, or the member of the association with the role ``target_acquisition``. The source's place
    is kept as ``source_xpos`` and ``source_ypos``: `pathloss` and `extract_1d` take it from there.

    Notes
    -----
    The algorithm is described in `gpucal.steps.parts.extraction.target_image`.
    """

    class_alias = "targ_centroid"
    spec = """
        ta_file = string(default=None)  # image that verified the acquisition of the target
        skip = boolean(default=True)  # leave this step out
    """
    reference_file_types = ("filteroffset",)
    input_types = ("SlitModel", "ImageModel", "CubeModel")
    uses_other_members = True

    def check_applies(self, exposure):
        """Skip exposures of other types."""
        kind = str(exposure.meta.exposure.type).upper()
        if kind not in LRS_TYPES:
            raise SkipStep(f"exposures of type {kind} are not centered by an image")

    def process(self, exposure, references):
        """Keep where the source is.

        Raises
        ------
        SkipStep
            If there is no image, or it does not tell where the source is.
        """
        image = self.image_of(exposure)
        if exposure.meta.target.source_type != "POINT":
            log.warning("%s: its source is no point; the center of a Gaussian may mislead", exposure.source)
        there, here = self.placed(image), expected_place(exposure)
        seen = centroid(current_backend().asnumpy(image.data, TABLES), there.place)
        exposure.ta_xpos, exposure.ta_ypos = map(float, seen)
        log.info("%s shows the source at (%.2f, %.2f)", image.source, *seen)
        corner = image if as_peer() else exposure
        moved = seen + first_pixel(image) - first_pixel(corner) - there.dither + here.dither
        moved = moved + filter_offset(references["filteroffset"], image.meta.instrument.filter)
        exposure.source_xpos, exposure.source_ypos = map(float, moved)
        log.info("The source of the spectrum is at (%.2f, %.2f)", *moved)
        return exposure

    def image_of(self, exposure) -> Exposure:
        """The image that verified the acquisition, opened."""
        members = exposure.membership.of_role("target_acquisition")
        if self.ta_file is not None and self.ta_file.lower() != "none":
            members = [expand(self.ta_file)]
        if not members:
            raise SkipStep("there is no image of the target: neither ta_file nor a member target_acquisition names one")
        image = open_exposure(members[0])
        kind = image.meta.exposure.type
        if image.model_type != "ImageModel" or kind != IMAGE_TYPE:
            raise SkipStep(f"{members[0]} is of type {image.model_type}, {kind}, and not an image, {IMAGE_TYPE}")
        return image

    def placed(self, image: Exposure):
        """Where the source is to be in the image, which is given coordinates if it has none."""
        if image.model._instance["meta"].get("wcs") is None:
            step = AssignWcsStep(sip_approx=False, **self.overrides())
            try:
                run_inside(step, image, RunReferences.find([step], image))
            except GpucalError as reason:
                raise SkipStep(f"the image of the target has no coordinates: {reason}") from reason
        return expected_place(image)

    def overrides(self) -> dict:
        """References that the user named for the pipeline's assign_wcs, or for this step, for the image, too."""
        placing = getattr(self.parent, "assign_wcs", None)
        distortion = placing and placing.override("distortion")
        given = {"override_distortion": distortion, "override_filteroffset": self.override("filteroffset")}
        return {name: source for name, source in given.items() if source is not None}


def first_pixel(exposure) -> np.ndarray:
    """x and y of the first pixel in the full frame, from 0."""
    subarray = exposure.meta.subarray
    return np.array([(subarray.xstart or 1) - 1, (subarray.ystart or 1) - 1])


def filter_offset(reference, name: str) -> np.ndarray:
    """How far a filter moves the image, pixels.

    Raises
    ------
    SkipStep
        If the reference does not tell.
    """
    for row in part_of(reference, "filters"):
        if row["filter"] == name:
            return np.array([row["column_offset"], row["row_offset"]])
    raise SkipStep(f"{reference.label} does not tell how far the filter {name} moves an image")
