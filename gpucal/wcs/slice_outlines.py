"""The outlines of pixels of an integral field: corners on a plane that touches the sky, and extents in wavelength.

A pixel is as long as itself along its slice, and as wide as the slice across it. Its corners are found in one launch,
by programs without longitudes and latitudes.

Source: the ``cube_build`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/cube_build/main.html.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

from gpucal.backend import current_backend
from gpucal.kernels.wcs import instructions as op
from gpucal.wcs.fusing import fused
from gpucal.wcs.lowering import Lowering, Registers
from gpucal.wcs.nodes import affine, beside, chain, shift, to_cartesian, to_plane_of, to_spherical
from gpucal.wcs.program import Program, assembled
from gpucal.wcs.slices import Slices
from gpucal.wcs.world import Wcs

ARCSEC = 3600.0  # in a degree

# The corners, one after another round the pixel: to which side along the slice, and across.
ROUND = ((-1, -1), (-1, 1), (1, 1), (1, -1))


class PixelOutline(NamedTuple):
    """What the outline of a pixel is made of: pixels along the slice, the slice's width across.

    Attributes
    ----------
    frame, axis : str, int
        The frame of slices, and which of its coordinates is that across them.
    to_corner, to_edge : tuple of float
        How far from the center to the corners, along the slice, and to the edges, along wavelength; x and y, pixels.
        Less than half a pixel, so that rounding does not lead to the next one.
    """

    frame: str
    axis: int
    to_corner: tuple[float, float]
    to_edge: tuple[float, float]


class Plane(NamedTuple):
    """A plane that touches the sky.

    Attributes
    ----------
    center : tuple of float
        Right ascension and declination of the point where it touches, degrees.
    turn : float
        By how much its axes are turned, degrees: without, x increases to the west, y to the north.
    offset : tuple of float
        By how much points are moved to the east and to the north, arcsec, as seen from each of them.
    """

    center: tuple[float, float]
    turn: float = 0.0
    offset: tuple[float, float] = (0.0, 0.0)


def corners_on_plane(
    slices: Slices, numbers: Iterable[int], outline: PixelOutline, width: float, plane: Plane, pixels
):
    """The corners of pixels.

    Parameters
    ----------
    slices : Slices
        Of the exposure.
    numbers : iterable of int
        The slices that the pixels are in.
    outline : PixelOutline
        What the outline is made of.
    width : float
        Of a slice, in the coordinate across.
    plane : Plane
        Where to.
    pixels : (npixels,) integer array
        Counted row by row; on the backend.

    Returns
    -------
    (8, npixels) float64 array
        On the backend: x of the four corners, one after another round the pixel, and their y, arcsec. NaN where a
        corner has no coordinates.
    """
    programs = {number: _corners(slices.slice_wcs(number), outline, width / 2, plane) for number in numbers}
    return slices.evaluate_at(slices.packed(programs), pixels)


def widths(slices: Slices, numbers: Iterable[int], outline: PixelOutline):
    """How wide pixels are in wavelength.

    Parameters
    ----------
    slices, numbers, outline
        See `corners_on_plane`.

    Returns
    -------
    (ny, nx) float64 array
        On the backend, in the units of the last frame; NaN at the pixels of other slices.
    """
    programs = {number: _edges(slices.slice_wcs(number), outline) for number in numbers}
    first, second = slices.evaluate(slices.packed(programs))
    return current_backend().xp.abs(first - second)


def _corners(wcs: Wcs, outline: PixelOutline, half: float, plane: Plane) -> Program:
    """From a pixel to its corners on a plane."""
    lowering, place = Lowering(2), wcs.index_of(outline.frame)
    ends = {}
    for side in (-1, 1):
        pixel = _beside(lowering, wcs, [side * step for step in outline.to_corner])
        ends[side] = _through(lowering, wcs.transforms[:place], pixel)
    corners = []
    for side, across in ROUND:
        (moved,) = lowering.lower(shift(across * half), (ends[side][outline.axis],))
        corner = (*ends[side][: outline.axis], moved, *ends[side][outline.axis + 1 :])
        sky = _through(lowering, wcs.transforms[place:], corner)[:2]
        corners.append(lowering.lower(_onto(plane), _moved_on_sky(lowering, sky, plane.offset)))
    x, y = zip(*corners, strict=True)
    return assembled(*fused(lowering.instructions, 2, (*x, *y)))


def _edges(wcs: Wcs, outline: PixelOutline) -> Program:
    """From a pixel to the wavelengths of its edges."""
    lowering = Lowering(2)
    results: Registers = ()
    for side in (-1, 1):
        pixel = _beside(lowering, wcs, [side * step for step in outline.to_edge])
        results += _through(lowering, wcs.transforms, pixel)[2:3]
    return assembled(*fused(lowering.instructions, 2, results))


def _through(lowering: Lowering, transforms, registers: Registers) -> Registers:
    for transform in transforms:
        registers = lowering.lower(transform, registers)
    return registers


def _beside(lowering: Lowering, wcs: Wcs, steps) -> Registers:
    """A place beside the center of the pixel; unknown outside of the bounding box."""
    registers = lowering.lower(beside(*map(shift, steps)), (0, 1))
    if wcs.bounding_box is None:
        return registers
    (unknown,) = lowering.add(op.CONSTANT, 1, (), (math.nan,))
    return tuple(
        lowering.add(op.WITHIN, 1, (register, register, unknown), ends)[0]
        for register, ends in zip(registers, wcs.bounding_box, strict=True)
    )


def _onto(plane: Plane):
    """From the sky to a plane."""
    turn = math.radians(plane.turn)
    cosine, sine = ARCSEC * math.cos(turn), ARCSEC * math.sin(turn)
    return chain(to_plane_of(*plane.center), affine([[-cosine, sine], [sine, cosine]], [0.0, 0.0]))


def _moved_on_sky(lowering: Lowering, sky: Registers, offset: tuple[float, float]) -> Registers:
    """A place moved on the sky: a sum of its direction, and of those to the east and to the north of it."""
    if offset == (0.0, 0.0):
        return sky
    east, north = (math.radians(value / ARCSEC) for value in offset)
    ahead, aside, upward = math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)
    x, y, z = lowering.lower(to_cartesian(360), sky)
    (none,) = lowering.add(op.CONSTANT, 1, (), (0.0,))
    (radius,) = lowering.add(op.LENGTH, 1, (x, y, none))
    (cosine,), (sine,) = (lowering.add(op.DIVIDE, 1, (one, radius)) for one in (x, y))
    # In the meridian of the place: how far from the axis, and how far along it.
    (outward,) = _sum(lowering, (ahead, radius), (-upward, z))
    (along,) = _sum(lowering, (ahead, z), (upward, radius))
    parts = ((cosine, outward), (sine, aside)), ((sine, outward), (cosine, -aside))
    made = []
    for (first, out), (second, step) in parts:
        (left,) = lowering.add(op.MULTIPLY, 1, (first, out))
        (right,) = lowering.add(op.SCALE, 1, (second,), (step,))
        made += lowering.add(op.SUBTRACT, 1, (left, right))
    return lowering.lower(to_spherical(360), (*made, along))


def _sum(lowering: Lowering, *terms: tuple[float, int]) -> Registers:
    """Two registers times constants, added."""
    return lowering.add(op.ADD, 1, tuple(lowering.add(op.SCALE, 1, (one,), (factor,))[0] for factor, one in terms))
