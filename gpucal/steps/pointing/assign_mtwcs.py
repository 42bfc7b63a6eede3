"""The assign_mtwcs step."""

import logging

from gpucal.core import SkipStep, Step
from gpucal.steps.parts.image_types import IMAGE_TYPES
from gpucal.wcs.footprint import footprint, s_region
from gpucal.wcs.moving_target import MeanPlace, with_moving_target

log = logging.getLogger(__name__)


class AssignMTWcsStep(Step):
    """Give exposures of a moving target coordinates in which it stands still: at the mean of its places.

    The coordinates get a last frame, ``moving_target``. The header gets the mean place (MT_AVRA, MT_AVDEC) and the
    footprint in that frame (S_REGION).

    Notes
    -----
    See `gpucal.wcs.moving_target`.
    """

    class_alias = "assign_mtwcs"
    spec = """
        suffix = string(default='assign_mtwcs')  # last part of the names of products
        output_use_model = boolean(default=True)  # name products after the files in the headers of exposures
    """
    over_members = True
    input_types = ("ImageModel", "CubeModel")

    def process(self, members, references):
        """Add the frame to all exposures.

        Raises
        ------
        SkipStep
            If the header of one does not tell where the target was.
        GpucalError
            If an exposure has no world coordinates.
        """
        about = [exposure.meta.wcsinfo for exposure in members]
        missing = [
            exposure.source
            for exposure, one in zip(members, about, strict=True)
            if one.mt_ra is None or one.mt_dec is None
        ]
        if missing:
            log.warning("The target will not stand still: MT_RA or MT_DEC is missing from %s", ", ".join(missing))
            raise SkipStep("the place of the target is not known in all exposures")
        mean = MeanPlace.of([one.mt_ra for one in about], [one.mt_dec for one in about])
        log.info("The mean place of the target is %.7f, %.7f degrees", mean.longitude, mean.latitude)
        for exposure, one, shift in zip(members, about, mean.shifts, strict=True):
            wcs = with_moving_target(exposure.get_wcs(), shift)
            exposure.set_wcs(wcs.to_tree())
            one.mt_avra, one.mt_avdec = mean.longitude, mean.latitude
            if str(exposure.meta.exposure.type).upper() in IMAGE_TYPES:
                one.s_region = s_region(footprint(wcs))
        return members
