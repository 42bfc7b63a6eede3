"""What is told of each open slit of NIRSpec that is cut out of an exposure."""

import logging
import math
from collections.abc import Sequence

import numpy as np

from gpucal.data import Exposure, InputError
from gpucal.data.slits import Slit
from gpucal.errors import NoScienceData
from gpucal.wcs.footprint import s_region
from gpucal.wcs.modes.nirspec.open_slits import OpenSlit
from gpucal.wcs.modes.nirspec.wavelength_range import OPAQUE
from gpucal.wcs.nodes import beside, bounding_box, chain, shift
from gpucal.wcs.telescope import to_telescope
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

# Where it matters little at which wavelength a place is asked for: micron in the field of view, metres in a slit.
SOME_MICRON = 2.0
SOME_METRES = 2e-6

# Exposures whose slits are shutters of the MSA, by their type or, of lamps, by what the lamp was for.
SHUTTER_TYPES = ("NRS_MSASPEC", "NRS_AUTOFLAT")
SHUTTER_LAMP = "MSASPEC"


def selected(slits: Sequence[OpenSlit], names: Sequence | None, sources: Sequence | None) -> list[OpenSlit]:
    """The slits that a user wants: first those of the names, then those of the sources.

    Parameters
    ----------
    slits : sequence of OpenSlit
        All open ones.
    names, sources : sequence or None
        Names of slits, and numbers of sources; without both all slits are taken.

    Raises
    ------
    NoScienceData
        If none is left.
    """
    if names is None and sources is None:
        chosen = list(slits)
    else:
        by_name = _matching(slits, [str(slit.name) for slit in slits], names or (), "slit")
        by_source = _matching(slits, [str(slit.source_id) for slit in slits], sources or (), "source")
        chosen = by_name + [slit for slit in by_source if slit not in by_name]
    if not chosen:
        raise NoScienceData("no open slit is left: none of those asked for is open, or on the detector")
    return chosen


def _matching(slits: Sequence[OpenSlit], labels: list[str], wanted: Sequence, what: str) -> list[OpenSlit]:
    wanted = [str(one).strip() for one in wanted]
    for one in wanted:
        if one not in labels:
            log.warning("No open slit is that of %s %s; open are %s", what, one, ", ".join(dict.fromkeys(labels)))
    return [slit for slit, label in zip(slits, labels, strict=True) if label in wanted]


def box_of(wcs: Wcs) -> tuple[int, int, int, int]:
    """The pixels in the bounding box of a slit: first row and column, rows, and columns."""
    (left, right), (low, high) = (tuple(math.floor(end + 0.5) for end in ends) for ends in wcs.bounding_box)
    return low, left, high - low, right - left


def cut_wcs(wcs: Wcs, box: tuple[int, int, int, int]) -> Wcs:
    """The WCS of a slit in the pixels of its rectangle, which is its bounding box from then on."""
    y, x, ny, nx = box
    moved = chain(beside(shift(float(x)), shift(float(y))), wcs.transforms[0], name="dms2sca")
    columns, rows = moved["inputs"]
    moved["bounding_box"] = bounding_box(**{columns: (-0.5, nx - 0.5), rows: (-0.5, ny - 0.5)})
    return Wcs(wcs.frames, (moved, *wcs.transforms[1:]), wcs.name)


def describe(slit: Slit, opened: OpenSlit, box: tuple[int, int, int, int], exposure: Exposure) -> None:
    """Write into the values of a slit where it is, and what is in it."""
    y, x, ny, nx = box
    slit.values.update(
        name=str(opened.name),
        xstart=x + 1,
        xsize=nx,
        ystart=y + 1,
        ysize=ny,
        source_id=int(opened.source_id),
        slit_ymin=float(opened.ymin),
        slit_ymax=float(opened.ymax),
        shutter_id=int(opened.shutter_id),
    )
    if of_shutters(exposure):
        slit.values.update(_of_shutters(opened))


def of_shutters(exposure: Exposure) -> bool:
    """Whether the slits of an exposure are shutters of the MSA."""
    instrument = exposure.meta.instrument
    is_lamp = str(instrument.lamp_mode).upper() == SHUTTER_LAMP
    return is_lamp or str(exposure.meta.exposure.type).upper() in SHUTTER_TYPES


def _of_shutters(opened: OpenSlit) -> dict:
    name = str(opened.name)
    return {
        "source_name": opened.source_name,
        "source_alias": opened.source_alias,
        "stellarity": float(opened.stellarity),
        "source_xpos": float(opened.source_xpos),
        "source_ypos": float(opened.source_ypos),
        "slitlet_id": int(name) if name.isdecimal() else int(opened.shutter_id),  # a fixed slit beside shutters
        "quadrant": int(opened.quadrant),
        "xcen": int(opened.xcen),
        "ycen": int(opened.ycen),
        "dither_position": int(opened.dither_position),
        "source_ra": float(opened.source_ra),
        "source_dec": float(opened.source_dec),
        "slit_xscale": float(opened.slit_xscale),
        "slit_yscale": float(opened.slit_yscale),
        "shutter_state": opened.shutter_state,
    }


def check_cut_out(exposure: Exposure) -> None:
    """See that the slits of an exposure are cut out.

    Raises
    ------
    InputError
        If they are not.
    """
    if exposure.model_type not in ("MultiSlitModel", "SlitModel"):
        raise InputError(f"{exposure.source}: its slits are not cut out yet; run extract_2d on it first")


def check_open(exposure: Exposure) -> None:
    """See that the light of the sky was not shut out of an exposure of it.

    Raises
    ------
    InputError
        If it was, so that its coordinates end at the slits.
    """
    if exposure.meta.instrument.filter == OPAQUE:
        raise InputError(
            f"{exposure.source}: EXP_TYPE is {exposure.meta.exposure.type}, but FILTER is {OPAQUE}: no light of the "
            "sky comes to its slits. Exposures of a lamp are of type NRS_LAMP, NRS_AUTOWAVE or NRS_AUTOFLAT; correct "
            "the header"
        )


def place_source(slit: Slit, wcs: Wcs, exposure: Exposure) -> None:
    """Write where the target is in its fixed slit: by the offset of the dither from the reference point.

    Raises
    ------
    InputError
        If the light of the sky was shut out.
    """
    check_open(exposure)
    dither = exposure.meta.dither
    if dither.x_offset is None or dither.y_offset is None:
        log.warning(
            "%s: keywords XOFFSET and YOFFSET are missing; the source counts as centred in slit %s",
            exposure.source, slit.name,
        )  # fmt: skip
        x = y = 0.0
    else:
        place = to_telescope(dither.x_offset, dither.y_offset, exposure.meta.wcsinfo)
        x, y, _ = wcs.program("v2v3", "slit_frame").at(*place, SOME_MICRON)
    slit["source_xpos"], slit["source_ypos"] = float(x), float(y)
    log.info("The source is at x %.4f, y %.4f of slit %s", x, y, slit.name)


def tell_region(slit: Slit, wcs: Wcs) -> None:
    """Write the corners of a slit on the sky, where its WCS leads there."""
    if "world" not in wcs.frame_names:
        return
    low, high = slit["slit_ymin"], slit["slit_ymax"]
    corners = [-0.5, -0.5, 0.5, 0.5], [low, high, high, low]
    right_ascension, declination, wavelength = wcs.program("slit_frame", "world").at(*corners, [SOME_METRES] * 4)
    if np.isfinite(right_ascension).all() and np.isfinite(declination).all():
        slit["meta.wcsinfo.s_region"] = s_region(np.stack([right_ascension, declination], axis=1))
    slit["meta.wcsinfo.spectral_region"] = [float(np.nanmin(wavelength)), float(np.nanmax(wavelength))]
