"""The msa_flagging step."""

import logging

from gpucal.core import Step
from gpucal.kernels.flags.dqflags import MSA_FAILED_OPEN
from gpucal.steps.parts.calibration.stuck_shutters import pixels_of, stuck_open

log = logging.getLogger(__name__)


class MSAFlagOpenStep(Step):
    """Flag the pixels on which light falls through shutters of NIRSpec that are stuck open.

    Which these are tells the reference. Where their light falls is found as that of any slitlet, with the references
    that the WCS of the exposure was made of. They get the flag MSA_FAILED_OPEN.
    """

    class_alias = "msa_flagging"
    spec = ""
    reference_file_types = ("msaoper",)
    input_types = ("ImageModel", "CubeModel", "IFUImageModel")

    def process(self, exposure, references):
        """Flag pixels.

        Raises
        ------
        ReferenceFileError
            If a reference cannot be used, or the header does not tell those that the WCS was made of.
        """
        slits = stuck_open(references["msaoper"])
        log.info("%d shutters are stuck open", len(slits))
        for window, is_lit in pixels_of(exposure, slits):
            exposure.dq[(..., *window)] |= is_lit * exposure.dq.dtype.type(MSA_FAILED_OPEN)
        return exposure
