"""Stage 3 of images: from calibrated exposures to a mosaic and its sources."""

import logging
from typing import ClassVar

from gpucal.core import Pipeline
from gpucal.data import Exposure, Members
from gpucal.steps.mosaics.outlier_detection import OutlierDetectionStep
from gpucal.steps.mosaics.resample import ResampleStep
from gpucal.steps.mosaics.skymatch import SkyMatchStep
from gpucal.steps.mosaics.source_catalog import SourceCatalogStep
from gpucal.steps.parts.alike import check_alike, check_calibrated
from gpucal.steps.pointing.assign_mtwcs import AssignMTWcsStep
from gpucal.steps.pointing.tweakreg import TweakRegStep

log = logging.getLogger(__name__)


class Image3Pipeline(Pipeline):
    """Combine exposures of a field: align them, match their skies, flag outliers, resample, and find sources.

    Exposures of a moving target are aligned on it. Products: ``crf``, the exposures with their outliers flagged;
    ``i2d``, the mosaic; ``cat`` and ``segm``, its sources.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_image3.html.
    """

    class_alias = "calwebb_image3"
    spec = """
        in_memory = boolean(default=True)  # hold pixels of as many exposures as fit; else of those in work alone
    """
    over_members = True
    stage = 3
    input_types = ("ImageModel",)
    required_keywords: ClassVar = {"INSTRUME": "instrument.name", "EXP_TYPE": "exposure.type"}
    product_steps = ("outlier_detection", "resample", "source_catalog")
    steps_save_all = True
    step_defs: ClassVar = {
        "assign_mtwcs": AssignMTWcsStep,
        "tweakreg": TweakRegStep,
        "skymatch": SkyMatchStep,
        "outlier_detection": OutlierDetectionStep,
        "resample": ResampleStep,
        "source_catalog": SourceCatalogStep,
    }

    def order(self, members: Members) -> tuple[str, ...]:
        """The names of the steps for the exposures, in order; the first exposure tells whether the target moves."""
        is_moving = str(members.meta.target.type).upper() == "MOVING"
        pointing = "assign_mtwcs" if is_moving else "tweakreg"
        return pointing, "skymatch", "outlier_detection", "resample", "source_catalog"

    def product_suffix(self, exposure: Exposure) -> str:
        """``i2d``, unless the user chose another."""
        return self.suffix or "i2d"

    def process(self, members: Members, references) -> Exposure | Members:
        """Make a mosaic and its catalog.

        Returns
        -------
        Exposure or Members
            The mosaic, or those of groups if ``resample`` makes single ones; the exposures, if it is skipped.

        Raises
        ------
        InputError
            If an exposure is not calibrated, or they cannot be combined.
        """
        check_calibrated(members)
        check_alike(members)
        pointing, *_ = self.order(members)
        members = self.run_steps((pointing, "skymatch", "outlier_detection"), members, references)
        mosaic = self.run_step("resample", members, references)
        if isinstance(mosaic, Exposure):
            self.run_beside("source_catalog", mosaic, references)
        elif not self.source_catalog.skip:
            log.info("There is no catalog, as there is no mosaic of all exposures")
        return mosaic
