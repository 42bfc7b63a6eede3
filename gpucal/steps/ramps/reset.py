"""The reset step."""

from gpucal.core import Step
from gpucal.data.segments import first_integration
from gpucal.kernels.ramps.reset import subtract_reset_anomaly
from gpucal.readouts.miri import check_detector


class ResetStep(Step):
    """Subtract the reset anomaly from the first groups of each integration (MIRI).

    The reference has an anomaly for each of the first integrations of an exposure; the last one serves all
    later integrations. Its flags are added to PIXELDQ.

    Notes
    -----
    The algorithm is described in `gpucal.kernels.ramps.reset`.
    """

    class_alias = "reset"
    reference_file_types = ("reset",)
    input_types = ("RampModel",)
    by_integration = True

    def check_applies(self, exposure):
        """Only for MIRI."""
        check_detector(exposure)

    def process(self, exposure, references):
        reference = references["reset"]
        held = reference.meta.exposure
        exposure.pixeldq |= reference.array("dq", exposure)
        for rows, anomaly in reference.parts("data", exposure, counts=(held.nints, held.ngroups)):
            subtract_reset_anomaly(exposure.data, anomaly, first_integration(exposure), rows.start or 0)
        return exposure
