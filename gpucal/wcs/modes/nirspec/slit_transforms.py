"""From the grating wheel to a place in a slit and the wavelength, and from there to the plane of the slits.

A pixel sees light of one direction behind the disperser. Where in a slit it came from is looked up in a table, made for
the middle of the slit, of its height by that of its direction in front of the disperser: heights do not depend on the
wavelength. Both directions tell the wavelength.
"""

from collections.abc import Sequence

import numpy as np

from gpucal.wcs.lowering import program_of
from gpucal.wcs.modes.nirspec.open_slits import OpenSlit
from gpucal.wcs.modes.nirspec.optics import Optics
from gpucal.wcs.modes.nirspec.wheel_parts import SharedParts
from gpucal.wcs.nodes import beside, chain, identity, node, remap, scale, shift, tabular, with_names

# Quadrants of shutters, and the one in which fixed slits are listed.
SHUTTER_QUADRANTS, FIXED_SLITS = (1, 2, 3, 4), 5

# Heights in a table.
NHEIGHTS = 1000


def quadrants_of(slits: Sequence[OpenSlit]) -> dict[int, list[OpenSlit]]:
    """Slits by quadrant, in the order of the quadrants."""
    quadrants = (*SHUTTER_QUADRANTS, FIXED_SLITS)
    found = {quadrant: [slit for slit in slits if slit.quadrant == quadrant] for quadrant in quadrants}
    return {quadrant: members for quadrant, members in found.items() if members}


def place_of(optics: Optics, slit: OpenSlit) -> tuple[float, float, float, float]:
    """The center of a slit, or of its main shutter, in its quadrant, and its open width and height."""
    rows = optics.msa[f"Q{slit.quadrant}"]["data"]
    # Shutters are numbered from 1.
    row = rows[slit.shutter_id - (slit.quadrant in SHUTTER_QUADRANTS)]
    return tuple(float(value) for value in list(row)[1:])


def directions_at_wheel(optics: Optics, quadrant: int, slits: Sequence[OpenSlit], heights: np.ndarray) -> np.ndarray:
    """The directions in which light from the middle of slits comes to the disperser.

    Parameters
    ----------
    optics : Optics
    quadrant : int
        Of all slits.
    slits : sequence of OpenSlit
        Of one quadrant.
    heights : (nslits, n) float64 array
        In each slit, in units of its open height.

    Returns
    -------
    (3, nslits, n) float64 array
        Direction cosines.
    """
    x, y, width, height = np.transpose([place_of(optics, slit) for slit in slits])[:, :, None]
    program = program_of(optics.msa[f"Q{quadrant}"]["model"], optics.slits_to_wheel)
    return program.at(np.broadcast_to(0.0 * width + x, heights.shape), heights * height + y)


def wheel_to_slit(optics: Optics, slits: Sequence[OpenSlit], planes: Sequence, correction=None, unit: float = 1.0):
    """From the number of a slit and a direction behind the disperser to the place in the slit and the wavelength.

    Parameters
    ----------
    optics : Optics
    slits : sequence of OpenSlit
        In the order of `quadrants_of`.
    planes : sequence of node
        For each of them, `slit_in_plane`.
    correction : node, optional
        Of wavelengths, for the velocity of the telescope.
    unit : float
        What a metre is in the unit of wavelengths.
    """
    shared = SharedParts(optics, correction, unit)
    tables = []
    for quadrant, members in quadrants_of(slits).items():
        heights = np.linspace([slit.ymin for slit in members], [slit.ymax for slit in members], NHEIGHTS, axis=1)
        found = directions_at_wheel(optics, quadrant, members, heights)[1]
        tables += [tabular(*table, name="tabular") for table in zip(found, heights, strict=True)]
    models = [
        _of_slit(shared, optics, *parts) for parts in zip(slits, planes, tables, strict=True)
    ]
    return node(
        "gwa_to_slit",
        inputs=["name", "angle1", "angle2", "angle3"],
        models=models,
        name="gwa2slit",
        outputs=["name", "x_slit", "y_slit", "lam"],
        slits=[slit.as_row() for slit in slits],
    )


def _of_slit(shared: SharedParts, optics: Optics, slit: OpenSlit, plane, table):
    to_wheel = chain(plane, optics.slits_to_wheel)
    return shared.model_of(to_wheel, beside(to_wheel, identity(1)), table, (slit.ymin, slit.ymax))


def slit_to_plane(slits: Sequence[OpenSlit], planes: Sequence):
    """From the number of a slit, a place in it and the wavelength to the plane of the slits; see `wheel_to_slit`."""
    to_plane = node(
        "slit_to_msa",
        inputs=["name", "x_slit", "y_slit"],
        models=list(planes),
        outputs=["x_msa", "y_msa", "name"],
        slits=[slit.as_row() for slit in slits],
    )
    name_last = remap((0, 1, 3, 2), inverse=remap((0, 1, 3, 2)))
    return with_names(
        chain(beside(to_plane, identity(1)), name_last),
        ["name", "x_slit", "y_slit", "lam"],
        ["x_msa", "y_msa", "lam", "name"],
        name="slit2msa",
    )


def slit_in_plane(optics: Optics, slit: OpenSlit):
    """From a place in a slit, in units of its open width and height, to the plane of the slits, metres."""
    x, y, width, height = place_of(optics, slit)
    in_quadrant = chain(beside(scale(width), scale(height)), beside(shift(x), shift(y)))
    return chain(in_quadrant, optics.msa[f"Q{slit.quadrant}"]["model"])
