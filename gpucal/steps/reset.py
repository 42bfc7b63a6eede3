"""The reset step."""

from gpucal.core import Step
from gpucal.kernels.reset import subtract_reset_anomaly
from gpucal.steps.miri import check_detector, first_integration


class ResetStep(Step):
    """Subtract the reset anomaly from the first groups of each integration (MIRI).

    The reference has an anomaly for each of the first integrations of an exposure; the last one serves all
    later integrations. Its flags are added to PIXELDQ.

    Notes
    -----
    The algorithm is described in `gpucal.kernels.reset`.
    """

    class_alias = "reset"
    reference_file_types = ("reset",)
    input_types = ("RampModel",)
    by_integration = True

    def process(self, exposure, references):
        """Correct the ramps; raises `SkipStep` for other instruments."""
        check_detector(exposure)
        reference = references["reset"]
        held = reference.meta.exposure
        anomaly = reference.array("data", exposure)[: held.nints, : held.ngroups]
        subtract_reset_anomaly(
            exposure.data,
            exposure.pixeldq,
            anomaly,
            reference.array("dq", exposure),
            first_integration(exposure),
        )
        return exposure
