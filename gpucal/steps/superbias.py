"""The superbias step."""

from gpucal.core import Step
from gpucal.kernels.superbias import subtract_superbias, subtract_superbias_zeroframe


class SuperBiasStep(Step):
    """Subtract the fixed bias of the detector from all groups, and from the zero frames.

    The flags of the reference are added to PIXELDQ.
    """

    class_alias = "superbias"
    reference_file_types = ("superbias",)
    input_types = ("RampModel",)

    def process(self, exposure, references):
        reference = references["superbias"]
        superbias = reference.array("data", exposure)
        subtract_superbias(exposure.data, exposure.pixeldq, superbias, reference.array("dq", exposure))
        if exposure.meta.exposure.zero_frame and exposure.has("zeroframe"):
            subtract_superbias_zeroframe(exposure.zeroframe, superbias)
        return exposure
