"""The superbias step."""

from gpucal.core import Step
from gpucal.kernels.ramps.superbias import subtract_superbias, subtract_superbias_zeroframe
from gpucal.readouts.stripes import detector_regions


class SuperBiasStep(Step):
    """Subtract the fixed bias of the detector from all groups, and from the zero frames.

    The flags of the reference are added to PIXELDQ.
    """

    class_alias = "superbias"
    reference_file_types = ("superbias",)
    input_types = ("RampModel", "SuperstripeRampModel")
    by_integration = True

    def process(self, exposure, references):
        superbias, flags = (references["superbias"].array(name, exposure) for name in ("data", "dq"))
        zero_frames = exposure.meta.exposure.zero_frame and exposure.has("zeroframe")
        for region, integrations in detector_regions(exposure):
            subtract_superbias(
                exposure.data[integrations],
                exposure.pixeldq[region],
                superbias[region],
                None if flags is None else flags[region],
            )
            if zero_frames:
                subtract_superbias_zeroframe(exposure.zeroframe[integrations], superbias[region])
        return exposure
