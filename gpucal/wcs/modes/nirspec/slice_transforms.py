"""From the grating wheel to a place in a slice of the IFU and the wavelength, and from there to the plane of the slits.

The slicer cuts the field into slices; the optics behind it, which have colours of their own, put each where a slit
would be. The rest is as for slits, see `gpucal.wcs.modes.nirspec.slit_transforms`, but that the table of heights of a
slice is made for the wavelength in the middle of the range.

Sources: the description of the NIRSpec transforms in the documentation of assign_wcs,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/assign_wcs, and of its references ifufore, ifuslicer and ifupost.
"""

from typing import NamedTuple

import numpy as np

from gpucal.wcs.lowering import program_of
from gpucal.wcs.modes.nirspec.optics import Optics
from gpucal.wcs.modes.nirspec.slit_transforms import NHEIGHTS
from gpucal.wcs.modes.nirspec.wheel_parts import SharedParts
from gpucal.wcs.nodes import (
    arithmetic,
    beside,
    chain,
    constant,
    identity,
    node,
    remap,
    scale,
    shift,
    tabular,
    with_names,
)

# Slices of the IFU.
NSLICES = 30


class Slicer(NamedTuple):
    """The image slicer, and the optics about it.

    Attributes
    ----------
    planes : tuple of node
        For each slice, from a place in it, in units of its width and height, to the plane of the slicer, metres.
    behind : tuple of node
        For each slice, from the plane of the slicer and the wavelength to that of the slits.
    before : node
        From the plane of the slicer and the wavelength to that of the field, where the slits are.
    """

    planes: tuple
    behind: tuple
    before: object


def slicer_of(trees) -> Slicer:
    """The slicer as references tell of it.

    Parameters
    ----------
    trees : mapping
        Trees of references by their types: ``ifuslicer``, ``ifupost``, ``ifufore``.
    """
    slicer, behind = trees["ifuslicer"], trees["ifupost"]
    places = ([float(value) for value in list(row)[1:]] for row in slicer["data"])
    planes = (
        chain(beside(scale(width), scale(height)), beside(shift(x), shift(y)), slicer["model"])
        for x, y, width, height in places
    )
    return Slicer(
        planes=tuple(planes),
        behind=tuple(_behind(behind[f"slice_{number}"]) for number in range(NSLICES)),
        before=trees["ifufore"]["model"],
    )


def _behind(part):
    """A linear transform, and polynomials of the place, each with one that is multiplied by the wavelength."""
    place = remap((0, 1), 3)
    along = (
        arithmetic(
            "add",
            chain(place, part[f"{axis}poly"]),
            arithmetic("multiply", chain(place, part[f"{axis}poly_distortion"]), remap((2,), 3)),
        )
        for axis in "xy"
    )
    return chain(beside(part["linear"], identity(1)), remap((0, 1, 2, 0, 1, 2)), beside(*along))


def wheel_to_slice(optics: Optics, slicer: Slicer, ends: tuple[float, float], correction=None, unit: float = 1.0):
    """From the number of a slice and a direction behind the disperser to the place in the slice and the wavelength.

    Parameters
    ----------
    optics : Optics
    slicer : Slicer
    ends : tuple of float
        Of all slices, in units of their height from the centre.
    correction : node, optional
        Of wavelengths, for the velocity of the telescope.
    unit : float
        What a metre is in the unit of wavelengths.
    """
    shared = SharedParts(optics, correction, unit)
    _, shortest, longest = optics.spectral_range
    middle = 0.5 * (longest - shortest) + shortest
    heights = np.linspace(*ends, NHEIGHTS)
    models = []
    for plane, behind in zip(slicer.planes, slicer.behind, strict=True):
        at_middle = chain(remap((0, 1, 1)), beside(plane, constant(middle)), behind, optics.slits_to_wheel)
        anywhere = chain(beside(plane, identity(1)), behind, optics.slits_to_wheel)
        found = program_of(at_middle).at(0.0 * heights, heights)[1]
        back = chain(remap((0, 1, 2, 2)), beside(anywhere, identity(1)))
        models.append(shared.model_of(at_middle, back, tabular(found, heights, name="tabular"), ends))
    return node(
        "gwa_to_slit",
        inputs=["name", "angle1", "angle2", "angle3"],
        models=models,
        name="gwa2slit",
        outputs=["name", "x_slit", "y_slit", "lam"],
        slits=list(range(NSLICES)),
    )


def slice_to_slicer(slicer: Slicer):
    """From the number of a slice, a place in it and the wavelength to the plane of the slicer."""
    to_plane = node(
        "slit_to_msa",
        inputs=["name", "x_slit", "y_slit"],
        models=list(slicer.planes),
        outputs=["x_msa", "y_msa", "name"],
        slits=list(range(NSLICES)),
    )
    name_last = remap((0, 1, 3, 2), inverse=remap((0, 1, 3, 2)))
    return with_names(
        chain(beside(to_plane, identity(1)), name_last),
        ["name", "x_slit", "y_slit", "lam"],
        ["x_slice", "y_slice", "lam", "name"],
        name="slit2slicer",
    )
