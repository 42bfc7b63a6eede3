"""The charge_migration step."""

import logging

from gpucal.core import Step
from gpucal.kernels.ramps.charge_migration import flag_charge_migration
from gpucal.readouts.groups import check_groups

log = logging.getLogger(__name__)

MINIMUM_GROUPS = 3


class ChargeMigrationStep(Step):
    """Flag groups in which charge migrates from bright pixels to their neighbours.

    From the first group above the threshold on, a pixel and its four neighbours are flagged CHARGELOSS and
    DO_NOT_USE: no slope is fitted to these groups, but they count for the variance of the read noise.
    """

    class_alias = "charge_migration"
    spec = """
        signal_threshold = float(default=25000)  # signal above which charge migrates, DN
        skip = boolean(default=True)  # leave this step out
    """
    input_types = ("RampModel",)
    by_integration = True

    def check_applies(self, exposure):
        """Only if there are enough groups."""
        check_groups(exposure, MINIMUM_GROUPS)

    def process(self, exposure, references):
        log.info("Charge migrates above %g DN", self.signal_threshold)
        flag_charge_migration(exposure.data, exposure.groupdq, self.signal_threshold)
        return exposure
