"""Which references an exposure's world coordinates are made of, and what makes them: a table by mode."""

from collections.abc import Callable
from typing import NamedTuple

from gpucal.errors import GpucalError
from gpucal.reference import ReferenceFileError
from gpucal.steps.parts.coordinates import keep_coordinates
from gpucal.steps.parts.image_types import IMAGE_TYPES
from gpucal.wcs.documents import read_document, tree_of_model
from gpucal.wcs.modes.imaging import imaging_wcs
from gpucal.wcs.sip import SipOptions


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
    kind = str(exposure.meta.exposure.type).upper()
    if kind not in MODES:
        raise GpucalError(f"{exposure.source}: exposures of type {exposure.meta.exposure.type} have no WCS yet")
    return MODES[kind]


def part_of(reference, name: str):
    """A part of the tree of a reference.

    Raises
    ------
    ReferenceFileError
        If the reference does not hold it.
    """
    tree = tree_of_model(reference.model) if reference.path is None else read_document(reference.path)
    if name not in tree:
        raise ReferenceFileError(f"{reference.label} holds no {name}")
    return tree[name]


def _image(exposure, references, step) -> None:
    offsets = references["filteroffset"]
    rows = offsets and part_of(offsets, "filters")
    wcs = imaging_wcs(exposure, part_of(references["distortion"], "model"), rows)
    keep_coordinates(exposure, wcs, sip_options(step))


def sip_options(step) -> SipOptions | None:
    """How a step is asked to approximate coordinates by FITS keywords; None where it is not."""
    if not step.sip_approx:
        return None
    return SipOptions(
        step.sip_max_pix_error, step.sip_max_inv_pix_error, step.sip_degree, step.sip_inv_degree, step.sip_npoints
    )


MODES: dict[str, CoordinateMode] = {
    **dict.fromkeys(IMAGE_TYPES, CoordinateMode(("distortion", "filteroffset"), _image)),
}
