"""The order of stage 2 of spectra, for each type of exposure: tables.

Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_spec2.html.
"""

from gpucal.data import Exposure
from gpucal.names.steps import STEPS, Entry
from gpucal.steps.parts.grism_types import FIELD_TYPES

NIRSPEC_SLIT_TYPES = (
    "NRS_FIXEDSLIT", "NRS_MSASPEC", "NRS_BRIGHTOBJ", "NRS_LAMP", "NRS_AUTOWAVE", "NRS_AUTOFLAT",
)  # fmt: skip
SKY_TYPES = (*NIRSPEC_SLIT_TYPES[:3], "NRS_IFU")
FIELD_UNIT_TYPES = ("MIR_MRS", "NRS_IFU")
LAMP_TYPES = ("NRS_LAMP", "NRS_AUTOWAVE")
LRS_TYPES = ("MIR_LRS-FIXEDSLIT", "MIR_LRS-SLITLESS")

# Steps that have another name in the pipeline than alone.
ALIASES = {"imprint_subtract": "imprint"}

BEFORE = ("assign_wcs", "badpix_selfcal", "msa_flagging", "clean_flicker_noise", "imprint_subtract", "bkg_subtract")
BEFORE_MEMBERS = BEFORE[:2]
AFTER = ("adaptive_trace_model", "pixel_replace")
PRODUCTS = ("resample_spec", "cube_build", "extract_1d")

_SLITS = (
    "extract_2d", "srctype", "master_background_mos", "wavecorr", "flat_field", "pathloss", "barshadow", "photom",
)  # fmt: skip
_GRISM = (
    "flat_field", "extract_2d", "srctype", "straylight", "fringe", "pathloss", "barshadow", "wfss_contam", "photom",
)  # fmt: skip
_WHOLE = (
    "srctype", "targ_centroid", "straylight", "flat_field", "fringe", "pathloss", "barshadow", "photom",
    "residual_fringe",
)  # fmt: skip

# What stands between the background and the products.
MIDDLES = {
    **dict.fromkeys(NIRSPEC_SLIT_TYPES, _SLITS),
    **dict.fromkeys(("NRC_TSGRISM", "NRC_WFSS", "NRC_GRISM", "NIS_WFSS"), _GRISM),
    "MIR_WFSS": ("flat_field", "extract_2d", "srctype", "pathloss", "photom"),
    "NIS_SOSS": ("srctype", "flat_field", "straylight", "fringe", "pathloss", "barshadow"),
    **dict.fromkeys((*LRS_TYPES, "MIR_MRS", "NRS_IFU"), _WHOLE),
}

# What is done to the spectra of types whose pixels stay in DN/s.
OF_SPECTRA = {"NIS_SOSS": ("photom",)}

# Steps that are for some types alone.
ONLY_FOR = {
    "msa_flagging": ("NRS_MSASPEC", "NRS_IFU", "NRS_LAMP", "NRS_AUTOFLAT", "NRS_AUTOWAVE"),
    "clean_flicker_noise": ("NRS_MSASPEC", "NRS_IFU", "NRS_FIXEDSLIT", "NRS_BRIGHTOBJ"),
    "master_background_mos": ("NRS_MSASPEC",),
    "targ_centroid": LRS_TYPES,
    "straylight": ("MIR_MRS",),
    "fringe": ("MIR_MRS",),
    "residual_fringe": ("MIR_MRS",),
    "pathloss": ("MIR_LRS-FIXEDSLIT", "NRS_FIXEDSLIT", "NRS_MSASPEC", "NRS_IFU", "NIS_SOSS"),
    "barshadow": ("NRS_MSASPEC",),
    "wfss_contam": FIELD_TYPES,
}

# Steps that are left out unless the user asks for them.
OPTIONAL = ("badpix_selfcal", "targ_centroid", "residual_fringe", "wfss_contam", *AFTER)

# Steps that others can go on without, if gpucal does not have them yet.
GOES_ON_WITHOUT = ("master_background_mos", *PRODUCTS)

# Where spectra without slits are saved in electrons per second, if they are to be: before this step.
ELECTRONS_BEFORE = {
    **dict.fromkeys(("NRC_TSGRISM", "NRC_WFSS", "NRC_GRISM", "NIS_WFSS"), "extract_2d"),
    "MIR_WFSS": "flat_field",
}

# Exposures whose background comes from a reference.
BACKGROUND_IN_REFERENCE = (*FIELD_TYPES, "NIS_SOSS")


def entry_of(step: str) -> Entry:
    """The entry of a step of the pipeline in the table of all steps."""
    return STEPS[ALIASES.get(step, step)]


def kind_of(exposure: Exposure) -> str:
    """The type of an exposure."""
    return str(exposure.meta.exposure.type).upper()


def calls(exposure: Exposure) -> tuple[str, ...]:
    """The steps whose fate the header of an exposure tells, in order; products beside it excepted."""
    return *BEFORE, *(_WHOLE if is_lamp_on_slicer(exposure) else MIDDLES.get(kind_of(exposure), _WHOLE)), *AFTER


def calls_on_spectra(exposure: Exposure) -> tuple[str, ...]:
    """The steps for what is extracted of an exposure, in order."""
    return OF_SPECTRA.get(kind_of(exposure), ())


def is_lamp_on_slicer(exposure: Exposure) -> bool:
    """Whether a lamp shines on the slicer of NIRSpec: an integral field, whose type is that of other lamps."""
    return kind_of(exposure) in LAMP_TYPES and _lamp_mode(exposure) == "ifu"


def applies(step: str, exposure: Exposure) -> bool:
    """Whether a step is for such an exposure, with the members of its product."""
    kind, others = kind_of(exposure), exposure.membership
    if step == "bkg_subtract":
        return kind in BACKGROUND_IN_REFERENCE or bool(others.of_role("background"))
    if step == "imprint_subtract":
        return bool(others.of_role("imprint")) and (kind in ("NRS_MSASPEC", "NRS_IFU") or _is_lamp(exposure, "flat"))
    if step == "resample_spec":
        is_image = exposure.model_type != "CubeModel"
        return kind in ("NRS_FIXEDSLIT", "NRS_MSASPEC", "MIR_LRS-FIXEDSLIT") and is_image or _has_lines(exposure)
    if step == "cube_build":
        return kind in FIELD_UNIT_TYPES or _is_lamp(exposure, "lin", "ref")
    return kind in ONLY_FOR.get(step, (kind,))


def is_of_field_unit(exposure: Exposure) -> bool:
    """Whether light came through an integral field unit, by the type of an exposure."""
    return kind_of(exposure) in FIELD_UNIT_TYPES or kind_of(exposure) in LAMP_TYPES and _lamp_mode(exposure) == "ifu"


def _is_lamp(exposure: Exposure, *states: str) -> bool:
    """Whether a lamp in such a state shines on the slicer of NIRSpec."""
    return _lamp_mode(exposure) == "ifu" and _lamp_state(exposure).startswith(states)


def _has_lines(exposure: Exposure) -> bool:
    """Whether a lamp with lines shines on slits of NIRSpec."""
    is_slit = _lamp_mode(exposure) in ("msaspec", "fixedslit", "brightobj")
    return kind_of(exposure) in LAMP_TYPES and is_slit and _lamp_state(exposure).startswith(("lin", "ref"))


def _lamp_mode(exposure: Exposure) -> str:
    return str(exposure.meta.instrument.lamp_mode).lower()


def _lamp_state(exposure: Exposure) -> str:
    return str(exposure.meta.instrument.lamp_state).lower()
