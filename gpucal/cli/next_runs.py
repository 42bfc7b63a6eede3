"""What a product is called in words, and what can be run on it next: tables."""

from gpucal.cli.product_headers import Product
from gpucal.data.reading import GUIDE_STAR_TYPES
from gpucal.names.steps import written
from gpucal.steps.parts.image_types import IMAGE_TYPES, NIRSPEC_IMAGE_TYPES

WORDS = {
    "Level1bModel": "raw ramps",
    "RampModel": "ramps",
    "GuiderRawModel": "raw reads of a guide star",
    "GuiderCalModel": "calibrated images of a guide star",
    "ImageModel": "an image",
    "CubeModel": "images of integrations",
    "SlitModel": "a slit",
    "MultiSlitModel": "slits",
    "IFUImageModel": "the slices of an integral field",
    "IFUCubeModel": "a cube of an integral field",
    "SegmentationMapModel": "which pixels belong to which source",
    "AmiOIModel": "fringes of interferometry (OIFITS)",
    "AmiLgFitModel": "images of interferometry and their model",
}
SPECTRA = (
    "MultiSpecModel",
    "TSOMultiSpecModel",
    "MRSMultiSpecModel",
    "WFSSMultiSpecModel",
    "MultiCombinedSpecModel",
)
EXPOSURES = ("ImageModel", "CubeModel", "SlitModel", "MultiSlitModel", "IFUImageModel")

# Stage 3 of images, by type of exposure; of all others it is calwebb_image3.
STAGE3 = {"NIS_AMI": "calwebb_ami3"} | dict.fromkeys(
    ("NRC_CORON", "MIR_LYOT", "MIR_4QPM", "MIR_CORONCAL"), "calwebb_coron3"
)


def words_for(product: Product) -> str:
    """What a product is, in words."""
    state = "count rates, " if is_rate(product) else "combined, " if "resample" in product.done else ""
    named = "spectra" if product.model in SPECTRA else WORDS.get(product.model, product.model)
    kind = f", {product.exp_type}" if product.exp_type else ""
    return f"{state}{named} ({product.model}{kind})"


def is_rate(product: Product) -> bool:
    """Whether it comes from stage 1 and not from stage 2."""
    return product.model in EXPOSURES and "ramp_fit" in product.done and "assign_wcs" not in product.done


def next_runs(product: Product) -> list[str]:
    """Commands, in the order in which one would think of them."""
    aliases = [alias for alias in _aliases(product) if alias in written()]
    commands = [_command(alias, product) for alias in aliases]
    if product.model == "AmiOIModel":
        commands.append(f"gpucal ami-search {product.path}")
    if product.model in EXPOSURES or product.model in SPECTRA or product.model == "IFUCubeModel":
        commands.append(f"gpucal picture {product.path}")
    return commands


def _aliases(product: Product) -> list[str]:
    """Steps and pipelines that take such a product."""
    is_image = product.exp_type in (*IMAGE_TYPES, *NIRSPEC_IMAGE_TYPES)
    if product.model in ("Level1bModel", "RampModel"):
        return [_stage1(product)]
    if product.model == "AmiOIModel":
        return [] if "ami_normalize" in product.done else ["ami_normalize", "ami_average"]
    if product.model in SPECTRA:
        return ["combine_1d"] if product.model == "MultiSpecModel" else []
    if product.model == "IFUCubeModel":
        return ["extract_1d"]
    if product.model not in EXPOSURES:
        return []
    if "resample" in product.done:
        return ["source_catalog"] if is_image else ["extract_1d"]
    if "assign_wcs" not in product.done:
        return ["calwebb_image2" if is_image else "calwebb_spec2"]
    if product.is_series:
        return ["calwebb_tso3"]
    return [STAGE3.get(product.exp_type, "calwebb_image3") if is_image else "calwebb_spec3"]


def _stage1(product: Product) -> str:
    if product.exp_type in GUIDE_STAR_TYPES:
        return "calwebb_guider"
    return "calwebb_dark" if product.exp_type.endswith("_DARK") else "calwebb_detector1"


def _command(alias: str, product: Product) -> str:
    """The command that runs it; stage 3 and pairs need more than one file."""
    more = {"ami_normalize": " REFERENCE_STAR", "ami_average": " OTHERS"}.get(alias, "")
    if alias.endswith("3"):
        return f"gpucal strun {alias} ASSOCIATION, with this and others (gpucal asn-from-list makes one)"
    return f"gpucal strun {alias} {product.path}{more}"
