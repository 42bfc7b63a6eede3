"""Exposure types that are images of the sky, of the instruments whose images are calibrated so far."""

IMAGE_TYPES = (
    "NRC_IMAGE", "NRC_TSIMAGE", "NRC_CORON", "NRC_FOCUS", "NRC_TACQ", "NRC_TACONFIRM",
    "NIS_IMAGE", "NIS_AMI", "NIS_FOCUS", "NIS_TACQ", "NIS_TACONFIRM",
    "MIR_IMAGE", "MIR_LYOT", "MIR_4QPM", "MIR_CORONCAL", "MIR_TACQ", "MIR_TACONFIRM",
    "FGS_IMAGE", "FGS_FOCUS",
)  # fmt: skip

# Those of NIRSpec, with the mirror in the wheel.
NIRSPEC_IMAGE_TYPES = (
    "NRS_IMAGE", "NRS_FOCUS", "NRS_MIMF", "NRS_CONFIRM", "NRS_VERIFY",
    "NRS_TACQ", "NRS_TACONFIRM", "NRS_TASLIT", "NRS_WATA", "NRS_MSATA",
)  # fmt: skip
