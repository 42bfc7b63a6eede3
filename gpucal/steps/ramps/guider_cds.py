"""The guider_cds step."""

from typing import ClassVar

from gpucal.core import Step
from gpucal.data import InputError
from gpucal.kernels.ramps.guider_cds import (
    group_difference,
    least_difference,
    mean_difference,
    rates_with_errors,
)
from gpucal.reference import ReferenceFileError

# What is subtracted from what, in the exposures of each guide star function, and the integrations it needs.
DIFFERENCES = {
    "FGS_ID-IMAGE": (least_difference, 2),
    "FGS_ID-STACK": (least_difference, 2),
    "FGS_ACQ1": (group_difference, 1),
    "FGS_ACQ2": (group_difference, 1),
    "FGS_TRACK": (group_difference, 1),
    "FGS_FINEGUIDE": (mean_difference, 1),
}
FEWEST_GROUPS = 2

# Overlapping strips of the detector are stacked into an image larger than the detector. Its pixels have no single
# pixel of a reference that belongs to them: the mean of the reference is used for all.
STACKED = "FGS_ID-STACK"

TABLES = ("planned_star_table", "flight_star_table", "pointing_table", "centroid_table", "track_sub_table")


class GuiderCdsStep(Step):
    """Count rates of guide star data, from the difference of reads.

    The result is a ``GuiderCalModel`` with a rate image of each integration, or of both together in the
    identification functions. The tables of the raw exposure stay with it.

    Notes
    -----
    The algorithm is described in `gpucal.kernels.ramps.guider_cds`.
    """

    class_alias = "guider_cds"
    reference_file_types = ("gain", "readnoise")
    input_types = ("GuiderRawModel",)
    timing_keywords = ("TGROUP",)
    required_keywords: ClassVar = {"EXP_TYPE": "exposure.type", "TGROUP": "exposure.group_time"}

    def process(self, exposure, references):
        """Make the rates; raises `InputError` if there are too few reads."""
        difference = differences(exposure)
        gain, read_noise = (detector_map(references[kind], exposure) for kind in self.reference_file_types)
        rate, err = rates_with_errors(difference, gain, read_noise, exposure.meta.exposure.group_time)
        product = exposure.blank("GuiderCalModel", data=rate, err=err, dq=exposure.dq)
        for name in TABLES:
            if exposure.has(name):
                setattr(product, name, getattr(exposure, name))
        product.meta.bunit_data = "DN/s"
        return product


def differences(exposure):
    """The differences of reads that the exposure's guide star function asks for, DN."""
    kind = exposure.meta.exposure.type.upper()
    if kind not in DIFFERENCES:
        raise InputError(f"{exposure.source}: EXP_TYPE is {kind}, which is no guide star function")
    subtract, fewest_integrations = DIFFERENCES[kind]
    nints, ngroups = exposure.data.shape[:2]
    if nints < fewest_integrations or ngroups < FEWEST_GROUPS:
        raise InputError(
            f"{exposure.source}: has {nints} integrations of {ngroups} groups; {kind} needs "
            f"{fewest_integrations} of {FEWEST_GROUPS} at least"
        )
    return subtract(exposure.data)


def detector_map(reference, exposure):
    """A reference cut to the exposure; its mean where the exposure is a stack that it does not cover."""
    try:
        return reference.array("data", exposure)
    except ReferenceFileError:
        whole = reference.array("data")
        if exposure.meta.exposure.type.upper() != STACKED or whole.shape == exposure.data.shape[-2:]:
            raise
        return whole.mean(dtype="float64").astype(whole.dtype)
