"""Which references an exposure's world coordinates are made of, and what makes them: a table by mode."""

from collections.abc import Callable
from typing import NamedTuple

from gpucal.errors import GpucalError
from gpucal.reference.trees import part_of
from gpucal.steps.parts.coordinates.field_types import (
    MRS_REFERENCES,
    MRS_TYPE,
    NIRSPEC_IFU,
    NIRSPEC_IFU_REFERENCES,
)
from gpucal.steps.parts.coordinates.images import keep_coordinates, sip_options
from gpucal.steps.parts.coordinates.nirspec import (
    NIRSPEC_REFERENCES,
    SPECTRUM_TYPES,
    give_nirspec_image,
    give_slits,
    kind_of_nirspec,
)
from gpucal.steps.parts.grism_types import FIELD_TYPES, SERIES_TYPE, SOSS_TYPE
from gpucal.steps.parts.image_types import IMAGE_TYPES, NIRSPEC_IMAGE_TYPES
from gpucal.steps.parts.lrs_types import LRS_TYPES
from gpucal.wcs.modes.imaging import imaging_wcs


class CoordinateMode(NamedTuple):
    """How exposures of one mode get their coordinates.

    Attributes
    ----------
    references : tuple of str
        The types of references that are used.
    give : callable
        ``give(exposure, references, step)`` edits the exposure in place: its WCS, and the keywords that tell of it.
        ``references`` are those of the step, ``step`` has its parameters.
    """

    references: tuple[str, ...]
    give: Callable


def mode_of(exposure) -> CoordinateMode:
    """The mode of an exposure.

    Raises
    ------
    GpucalError
        If there is none for its type.
    """
    kind = kind_of(exposure)
    if kind not in MODES:
        raise GpucalError(f"{exposure.source}: exposures of type {exposure.meta.exposure.type} have no WCS yet")
    return MODES[kind]


def kind_of(exposure) -> str:
    """The type of exposures whose coordinates an exposure has; its own, but for lamps and images of NIRSpec."""
    is_nirspec = str(exposure.meta.instrument.name).upper() == "NIRSPEC"
    return kind_of_nirspec(exposure.meta) if is_nirspec else str(exposure.meta.exposure.type).upper()


def _image(exposure, references, step) -> None:
    offsets = references["filteroffset"]
    rows = offsets and part_of(offsets, "filters")
    wcs = imaging_wcs(exposure, part_of(references["distortion"], "model"), rows)
    keep_coordinates(exposure, wcs, sip_options(step))


def _lrs(exposure, references, step) -> None:
    from gpucal.steps.parts.coordinates.lrs import give_lrs  # of no use to other modes

    give_lrs(exposure, references, step)


def _mrs(exposure, references, step) -> None:
    from gpucal.steps.parts.coordinates.mrs import give_mrs  # of no use to other modes

    give_mrs(exposure, references, step)


def _nirspec_ifu(exposure, references, step) -> None:
    from gpucal.steps.parts.coordinates.nirspec_ifu import give_ifu  # of no use to other modes

    give_ifu(exposure, references, step)


def _grism(exposure, references, step) -> None:
    from gpucal.steps.parts.coordinates.grisms import give_grism  # of no use to other modes

    give_grism(exposure, references, step)


def _grism_series(exposure, references, step) -> None:
    from gpucal.steps.parts.coordinates.grisms import give_grism_series  # of no use to other modes

    give_grism_series(exposure, references, step)


def _soss(exposure, references, step) -> None:
    from gpucal.steps.parts.coordinates.soss import give_soss  # of no use to other modes

    give_soss(exposure, references, step)


# jwst 3.0.0 names the ranges of wavelengths among those used, too; extract_2d does use them.
_GRISM_REFERENCES = ("distortion", "filteroffset", "specwcs", "wavelengthrange")

MODES: dict[str, CoordinateMode] = {
    **dict.fromkeys(IMAGE_TYPES, CoordinateMode(("distortion", "filteroffset"), _image)),
    **dict.fromkeys(NIRSPEC_IMAGE_TYPES, CoordinateMode(NIRSPEC_REFERENCES, give_nirspec_image)),
    **dict.fromkeys(SPECTRUM_TYPES, CoordinateMode(NIRSPEC_REFERENCES, give_slits)),
    NIRSPEC_IFU: CoordinateMode(NIRSPEC_IFU_REFERENCES, _nirspec_ifu),
    **dict.fromkeys(LRS_TYPES, CoordinateMode(("distortion", "specwcs"), _lrs)),
    MRS_TYPE: CoordinateMode(MRS_REFERENCES, _mrs),
    **dict.fromkeys(FIELD_TYPES, CoordinateMode(_GRISM_REFERENCES, _grism)),
    SERIES_TYPE: CoordinateMode(_GRISM_REFERENCES, _grism_series),
    SOSS_TYPE: CoordinateMode(("specwcs", "wavelengthrange"), _soss),
}

# Types of exposures that have no coordinates: darks, and lamps that light no slit.
WITHOUT_COORDINATES = (
    "NRC_DARK", "NRC_FLAT", "NRC_LED", "NRC_GRISM", "NIS_DARK", "NIS_LAMP", "FGS_DARK", "FGS_INTFLAT", "FGS_SKYFLAT",
    "MIR_DARK", "MIR_FLATIMAGE", "MIR_FLATMRS", "MIR_FLAT-IMAGE", "MIR_FLAT-MRS",
    "NRS_DARK", "NRS_LAMP", "NRS_AUTOWAVE",
)  # fmt: skip
