"""Shutters of NIRSpec that are stuck open, and where their light falls.

Source: the msaoper reference files of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/msaflagopen/reference_files.html.
"""

import math
from collections.abc import Iterator, Sequence

from gpucal.data import Exposure
from gpucal.errors import NoScienceData
from gpucal.reference import Reference, ReferenceFileError
from gpucal.reference.lookup import NOT_APPLICABLE, paths_of_named
from gpucal.steps.parts.coordinates.nirspec import BEYOND_SLITS, NIRSPEC_REFERENCES, optics_from
from gpucal.wcs.modes.nirspec.open_slits import OpenSlit, open_slits, slit_wcs
from gpucal.wcs.modes.nirspec.slits import slits_wcs
from gpucal.wcs.modes.nirspec.wavelength_range import is_lit_by_lamp

SHUTTERS_IN_ROW = 365

# Where a reference tells that a shutter is open, and what it says then.
STATES, OPEN = ("Internal state", "TA state", "state"), "open"

# The ends of a shutter, in units of its open height.
LOW, HIGH = -0.5, 0.5


def stuck_open(reference: Reference) -> list[OpenSlit]:
    """The shutters that a reference lists as open in any of their states, each as a slit of its own.

    Raises
    ------
    ReferenceFileError
        If it is no list of shutters.
    """
    try:
        rows = reference.document["msaoper"]
        places = [
            (row["Q"], row["x"], row["y"]) for row in rows if any(row[state] == OPEN for state in STATES)
        ]
    except (KeyError, TypeError) as error:
        raise ReferenceFileError(f"{reference.label}: is no list of shutters with their states ({error})") from error
    return [
        OpenSlit(
            name=number,
            shutter_id=x + (y - 1) * SHUTTERS_IN_ROW,
            xcen=x,
            ycen=y,
            ymin=LOW,
            ymax=HIGH,
            quadrant=quadrant,
            shutter_state="x",
            slit_id=number,
        )
        for number, (quadrant, x, y) in enumerate(places, start=1)
    ]


def pixels_of(exposure: Exposure, slits: Sequence[OpenSlit]) -> Iterator[tuple[tuple[slice, slice], object]]:
    """Where the light of slits falls.

    Parameters
    ----------
    exposure : Exposure
        Its header names the references that its WCS was made of.
    slits : sequence of OpenSlit
        The slits.

    Yields
    ------
    tuple of slice
        Rows and columns of the exposure.
    (ny, nx) bool array
        On the backend: which of their pixels have coordinates. Of slits whose light misses the detector nothing is
        yielded.
    """
    if not slits:
        return
    unused = BEYOND_SLITS if is_lit_by_lamp(exposure.meta) else ()
    optics = optics_from(exposure, references_of_wcs(exposure), unused)
    try:
        wcs = slits_wcs(exposure, optics, slits)
    except NoScienceData:
        return
    shape = exposure.shape_of("data")[-2:]
    for slit in open_slits(wcs):
        (columns, rows) = (
            slice(max(0, math.ceil(low)), min(count, math.floor(high) + 1))
            for (low, high), count in zip(slit.bounding_box, shape[::-1], strict=True)
        )
        size = rows.stop - rows.start, columns.stop - columns.start
        if min(size) > 0:
            first = slit_wcs(wcs, slit).program().on_grid(size, (columns.start, rows.start))[0]
            yield (rows, columns), first == first  # noqa: PLR0124  NaN is not itself, on any backend


def references_of_wcs(exposure: Exposure) -> dict[str, Reference | None]:
    """The references that the WCS of an exposure was made of, as its header names them.

    Raises
    ------
    ReferenceFileError
        If it names none, or one cannot be found.
    """
    names = {kind: getattr(exposure.meta.ref_file, kind).name for kind in NIRSPEC_REFERENCES}
    if None in names.values():
        missing = ", ".join(kind for kind, name in names.items() if name is None)
        raise ReferenceFileError(
            f"{exposure.source}: the header does not name the references ({missing}) of its WCS; run assign_wcs first"
        )
    told = {kind: name for kind, name in names.items() if name.strip() != NOT_APPLICABLE}
    return dict.fromkeys(names) | {kind: Reference(kind, path) for kind, path in paths_of_named(told).items()}
