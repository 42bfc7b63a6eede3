"""World coordinates of integral fields of MIRI, and the keywords that tell of them."""

from gpucal.reference import ReferenceFileError
from gpucal.reference.trees import tree_of
from gpucal.steps.parts.coordinates.field_types import MRS_REFERENCES
from gpucal.wcs.footprint import box_on_sky, s_region
from gpucal.wcs.modes.mrs.exposures import mrs_wcs
from gpucal.wcs.modes.mrs.optics import UnknownBandError, optics_of


def give_mrs(exposure, references, step) -> None:
    """Give an exposure its coordinates, and keywords.

    Parameters
    ----------
    exposure : Exposure
        Edited in place.
    references : StepReferences
        `MRS_REFERENCES` of it are used.
    step : Step
        Has no parameters for such exposures.

    Raises
    ------
    ReferenceFileError
        If a reference lacks the channels or the band of the exposure, or something else that is needed.
    GpucalError
        If the header lacks the pointing.
    """
    used = {name: references[name] for name in MRS_REFERENCES}
    try:
        optics = optics_of(exposure.meta, *map(tree_of, used.values()))
    except KeyError as error:
        labels = ", ".join(reference.label for reference in used.values())
        raise ReferenceFileError(f"one of these references of assign_wcs holds no {error}: {labels}") from error
    except UnknownBandError as error:
        raise ReferenceFileError(f"{exposure.source}: {error}") from error
    if optics.labels.shape != exposure.shape_of("data"):
        raise ReferenceFileError(
            f"regions reference {used['regions'].label}: its planes have shape {optics.labels.shape}, and "
            f"{exposure.source} has {exposure.shape_of('data')}; both have to be full frames"
        )
    exposure.set_wcs(mrs_wcs(exposure, optics).to_tree())
    keywords = exposure.meta.wcsinfo
    keywords.specsys, keywords.dispersion_direction = "BARYCENT", 2
    corners, wavelengths = box_on_sky(exposure.ifu_slices.world)
    keywords.s_region, keywords.spectral_region = s_region(corners), list(wavelengths)
