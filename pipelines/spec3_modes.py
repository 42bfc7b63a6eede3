"""The order of stage 3 of spectra, for each type of exposure: tables.

Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_spec3.html.
"""

from gpucal.steps.parts.grism_types import FIELD_TYPES

IFU_TYPES = ("MIR_MRS", "NRS_IFU")

_OF_SLITS = ("outlier_detection", "adaptive_trace_model", "pixel_replace", "resample_spec", "extract_1d", "combine_1d")
_OF_FIELDS = ("pixel_replace", "extract_1d", "combine_1d")

# What is done to the exposures of each source.
BY_SOURCE = {
    "NIS_SOSS": ("pixel_replace", "extract_1d", "photom", "combine_1d"),
    **dict.fromkeys(FIELD_TYPES, _OF_FIELDS),
    "MIR_MRS": (
        "outlier_detection", "adaptive_trace_model", "pixel_replace", "cube_build", "extract_1d", "spectral_leak",
    ),
    "NRS_IFU": ("outlier_detection", "adaptive_trace_model", "pixel_replace", "cube_build", "extract_1d"),
}  # fmt: skip

# Steps that are left out unless the user asks for them.
OPTIONAL = ("adaptive_trace_model", "pixel_replace")


def steps_by_source(kind: str) -> tuple[str, ...]:
    """The steps for the exposures of each source, in order."""
    return BY_SOURCE.get(kind, _OF_SLITS)
