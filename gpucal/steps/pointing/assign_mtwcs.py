"""The assign_mtwcs step."""

import logging

from gpucal.core import SkipStep, Step
from gpucal.data.slits import slits_of
from gpucal.steps.parts.image_types import IMAGE_TYPES
from gpucal.wcs.footprint import footprint, s_region
from gpucal.wcs.moving_target import MeanPlace, with_moving_target

log = logging.getLogger(__name__)


class AssignMTWcsStep(Step):
    """Give exposures of a moving target coordinates in which it stands still: at the mean of its places.

    The coordinates, of each slit where there are such, get a last frame, ``moving_target``. The header gets the mean
    place (MT_AVRA, MT_AVDEC) and, that of images, the footprint in that frame (S_REGION).

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
    input_types = ("ImageModel", "CubeModel", "IFUImageModel", "SlitModel", "MultiSlitModel")

    def process(self, members, references):
        """Add the frame to all exposures.

        Raises
        ------
        SkipStep
            If the header of one does not tell where the target was.
        GpucalError
            If an exposure has no world coordinates.
        """
        places = [[_place(slit) for slit in slits_of(exposure)] for exposure in members]
        missing = [one.source for one, found in zip(members, places, strict=True) if None in sum(found, ())]
        if missing:
            log.warning("The target will not stand still: MT_RA or MT_DEC is missing from %s", ", ".join(missing))
            raise SkipStep("the place of the target is not known in all exposures")
        mean = MeanPlace.of(*zip(*(found[0] for found in places), strict=True))
        log.info("The mean place of the target is %.7f, %.7f degrees", mean.longitude, mean.latitude)
        for exposure, found in zip(members, places, strict=True):
            for slit, place in zip(slits_of(exposure), found, strict=True):
                wcs = with_moving_target(slit.get_wcs(), mean.shift_from(*place))
                slit.set_wcs(wcs.to_tree())
                slit["meta.wcsinfo.mt_avra"], slit["meta.wcsinfo.mt_avdec"] = mean.longitude, mean.latitude
            if str(exposure.meta.exposure.type).upper() in IMAGE_TYPES:
                exposure.meta.wcsinfo.s_region = s_region(footprint(wcs))
        return members


def _place(slit) -> tuple[float | None, float | None]:
    """Where the target was, degrees."""
    return slit["meta.wcsinfo.mt_ra"], slit["meta.wcsinfo.mt_dec"]
