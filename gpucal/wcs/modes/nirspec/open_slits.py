"""The open slits of NIRSpec in the world coordinates of an exposure, and those of one slit."""

from typing import NamedTuple

from gpucal.errors import GpucalError
from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.nodes import (
    beside,
    bounding_box,
    chain,
    identity,
    kind_of,
    number_of_inputs,
    number_of_outputs,
    remap,
    with_names,
)
from gpucal.wcs.world import Wcs

Box = tuple[tuple[float, float], tuple[float, float]]

# The number of a fixed slit is that of `FIXED_SLITS` below this.
_BELOW = -100
_NO_NUMBER = -9999

FIXED_SLITS = {"S200A1": 1, "S200A2": 2, "S400A1": 3, "S1600A1": 4, "S200B1": 5}

class NoSuchSlitError(GpucalError):
    """A WCS does not have a slit."""


def number_of_fixed_slit(name: str) -> int:
    """The number by which the WCS of an exposure knows a fixed slit."""
    return _BELOW - FIXED_SLITS[name]


class OpenSlit(NamedTuple):
    """A slit, or slitlet of shutters, through which light falls on the detector.

    Attributes
    ----------
    name : str or int
        The name of a fixed slit, or the number of a slitlet of the MSA.
    shutter_id : int
        Number of the main shutter in its quadrant, from 1; of a fixed slit its place, from 0.
    dither_position : int
        Which point of the dither pattern.
    xcen, ycen : int
        Row and column of the main shutter, as the MSA counts; 0 for a fixed slit.
    ymin, ymax : float
        Extents along the slit, in units of the open height of a shutter or of the length of the slit, from its centre.
    quadrant : int
        1 to 4 of the MSA, 5 for a fixed slit.
    source_id : int
        Number of the source.
    shutter_state : str
        A character for each shutter: 0 closed, 1 open, x the main one.
    source_name, source_alias : str
        Names of the source.
    stellarity : float
        From 0, extended, to 1, a point; negative where it is not known.
    source_xpos, source_ypos : float
        Place of the source in the main shutter, from its centre.
    source_ra, source_dec : float
        Place of the source on the sky, degrees.
    slit_xscale, slit_yscale : float
        Pitch of shutters over their open width and height.
    slit_id : int
        The number by which the WCS of the exposure knows the slit: that of the slitlet, -101 to -105 for fixed slits.
    bounding_box : tuple of tuple of float or None
        Intervals of x and y in the pixels of the exposure, None where the WCS has none.
    """

    name: str | int = ""
    shutter_id: int = 0
    dither_position: int = 0
    xcen: int = 0
    ycen: int = 0
    ymin: float = 0.0
    ymax: float = 0.0
    quadrant: int = 0
    source_id: int = 0
    shutter_state: str = ""
    source_name: str = ""
    source_alias: str = ""
    stellarity: float = 0.0
    source_xpos: float = 0.0
    source_ypos: float = 0.0
    source_ra: float = 0.0
    source_dec: float = 0.0
    slit_xscale: float = 1.0
    slit_yscale: float = 1.0
    slit_id: int = _NO_NUMBER
    bounding_box: Box | None = None

    def as_row(self) -> list:
        """The values that transforms of all slits hold: all but the bounding box."""
        return list(self[:-1])


def open_slits(exposure_wcs: Wcs) -> list[OpenSlit]:
    """The open slits of an exposure, in the order in which its WCS has them.

    Parameters
    ----------
    exposure_wcs : Wcs
        As assign_wcs makes it: from detector pixels and the number of a slit to the sky.

    Returns
    -------
    list of OpenSlit
        With their bounding boxes.

    Raises
    ------
    NoSuchSlitError
        If it is not the WCS of an exposure with slits.
    """
    boxes = boxes_in(exposure_wcs)
    return [slit._replace(bounding_box=boxes.get(slit.slit_id)) for slit in _slits_in(exposure_wcs)]


def slit_wcs(exposure_wcs: Wcs, slit: OpenSlit | str | int) -> Wcs:
    """The WCS of one slit: from detector pixels alone to the sky and the wavelength.

    Parameters
    ----------
    exposure_wcs : Wcs
        As for `open_slits`.
    slit : OpenSlit, str or int
        The slit, or its name, or its number.

    Returns
    -------
    Wcs
        With the bounding box of the slit. It shares arrays and transforms with that of the exposure.

    Raises
    ------
    NoSuchSlitError
        If the WCS has no such slit.
    """
    if not isinstance(slit, OpenSlit):
        slit = _found(open_slits(exposure_wcs), slit)
    place = _place_of(exposure_wcs, slit.slit_id)
    first, *rest = (of_one_slit(transform, place) for transform in exposure_wcs.transforms)
    if slit.bounding_box is not None:
        first["bounding_box"] = bounding_box(**dict(zip(first["inputs"], slit.bounding_box, strict=True)))
    return Wcs(exposure_wcs.frames, (first, *rest))


def _found(slits: list[OpenSlit], wanted: str | int) -> OpenSlit:
    for slit in slits:
        if str(wanted).upper() in (str(slit.name), str(slit.slit_id)):
            return slit
    raise NoSuchSlitError(f"there is no open slit {wanted}; there are {', '.join(str(slit.name) for slit in slits)}")


def _slits_in(wcs: Wcs) -> list[OpenSlit]:
    """The slits, without bounding boxes; older files know a slit by its name."""
    slits = (OpenSlit(*row) for row in _rows_in(wcs))
    return [slit._replace(slit_id=slit.name) if slit.slit_id == _NO_NUMBER else slit for slit in slits]


def _place_of(wcs: Wcs, number: int | str) -> int:
    """Which of the slits has a number."""
    for place, row in enumerate(_rows_in(wcs)):
        if number in (row[0], row[-1]):
            return place
    raise NoSuchSlitError(f"there is no open slit {number}")


def _rows_in(wcs: Wcs) -> list:
    """The slits as the transform from the wheel has them."""
    for transform in wcs.transforms:
        if kind_of(transform) == "gwa_to_slit":
            return transform["slits"]
    raise NoSuchSlitError(f"it is not the WCS of an exposure with slits; its frames are {', '.join(wcs.frame_names)}")


def boxes_in(wcs: Wcs) -> dict[int, Box]:
    """The bounding boxes by the numbers of slits."""
    held = wcs.transforms[0].get("bounding_box")
    if held is None or kind_of(held) != "compound_bounding_box":
        return {}
    intervals = {box["key"][0]: box["bbox"]["intervals"] for box in held["cbbox"]}
    return {
        number: tuple(tuple(map(float, one[name])) for name in ("x", "y")) for number, one in intervals.items()
    }


def of_one_slit(transform, place: int):
    """A transform without the number of the slit, which it is handed first or last.

    Parameters
    ----------
    transform : node
        Of an exposure with slits.
    place : int
        Which of the slits.
    """
    inputs, outputs = ([name for name in transform[which] if name != "name"] for which in ("inputs", "outputs"))
    name = transform.get("name")
    if name == "gwa2slit":
        inner = transform["models"][place]
    elif name in ("slit2msa", "slit2slicer"):
        inner = beside(transform["forward"][0]["forward"][0]["models"][place], identity(1))
    else:
        inner = _without_last(transform)
    return with_names(inner, inputs, outputs, name=name)


def _without_last(transform):
    """What is done to all coordinates but the last, which is handed on."""
    if kind_of(transform) == "compose" and kind_of(transform["forward"][0]) == "remap_axes":
        return _without_last_of_both_ways(transform)
    if kind_of(transform) == "compose":
        return _without_last(transform["forward"][0])
    inner, handed_on = transform["forward"]
    count = number_of_inputs(handed_on)
    return inner if count == 1 else beside(inner, identity(count - 1))


def _without_last_of_both_ways(transform):
    """The transform with another coordinate in place of the last one, which is left out of what it gives."""
    made, back = (
        chain(
            remap((*range(number_of_inputs(one) - 1), 0)),
            one,
            remap(range(number_of_outputs(one) - 1), number_of_outputs(one)),
        )
        for one in (transform, inverse_of(transform))
    )
    made["inverse"] = back
    return made
