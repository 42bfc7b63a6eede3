"""The correction of a pointing: a linear change in the plane that touches the sky where the telescope looked.

It stands between the field of view of the telescope and the sky, in a frame of its own, ``v2v3corr``. Points of the
field of view are projected on the plane, moved by a matrix and a shift, and projected back; the node is built of the
parts, with the names, that tweakwcs looks for, so that it can go on from there.

Source: ``JWSTWCSCorrector`` of tweakwcs, https://tweakwcs.readthedocs.io.
"""

from typing import NamedTuple

import numpy as np

from gpucal.errors import GpucalError
from gpucal.wcs.lowering import program_of
from gpucal.wcs.matrices import sequence
from gpucal.wcs.nodes import affine, beside, chain, node, rotation, scale, to_cartesian, to_spherical
from gpucal.wcs.telescope import Pointing
from gpucal.wcs.world import Wcs

NAME = "JWST tangent-plane linear correction. v1"
FRAME = "v2v3corr"
ARCSEC = 180.0 * 3600.0 / np.pi  # of a radian

_DEGREE = 1 / 3600  # of an arc second


class CorrectionError(GpucalError):
    """A WCS cannot be corrected."""


class TangentPlane(NamedTuple):
    """A plane that touches the sky.

    Attributes
    ----------
    matrix : (3, 3) float64 array
        From a direction on the sky to one whose second and third coordinates, divided by the first, are the point of
        the plane, radians.
    """

    matrix: np.ndarray

    def at(self, directions: np.ndarray) -> np.ndarray:
        """Points of the plane, arcsec: (n, 2) for (n, 3) directions on the sky."""
        depth, x, y = self.matrix @ np.transpose(directions)
        return np.stack([x / depth, y / depth], axis=-1) * ARCSEC

    def sees(self, directions: np.ndarray) -> np.ndarray:
        """Which directions are on the side of the sky that the plane touches."""
        return directions @ self.matrix[0] > 0

    def linear_map_to(self, other: "TangentPlane") -> tuple[np.ndarray, np.ndarray]:
        """Matrix and shift, arcsec, that lead from this plane to another one, exact at the origin of this one."""
        between = other.matrix @ np.linalg.inv(self.matrix)
        point = between[1:, 0] / between[0, 0]
        return (between[1:, 1:] - np.outer(point, between[0, 1:])) / between[0, 0], point * ARCSEC


def tangent_plane(wcs: Wcs, pointing: Pointing) -> TangentPlane:
    """The plane in which a WCS is corrected.

    Parameters
    ----------
    wcs : Wcs
        With a frame ``v2v3``.
    pointing : Pointing
        Where the plane touches, if the WCS has not been corrected before.

    Returns
    -------
    TangentPlane
        If the WCS was corrected before, points of the plane are moved by that correction once more, as tweakwcs has it.

    Raises
    ------
    CorrectionError
        If the WCS has no field of view of the telescope, or a correction of another kind.
    """
    known = _correction(wcs)
    if known is None:
        return TangentPlane(sequence(_angles(pointing), "zyx") @ _sky_matrix(wcs).T)
    turn = part_named(known, "det_to_optic_axis")
    plane = sequence(turn["angles"], turn["axes_order"]) @ _sky_matrix(wcs).T
    return TangentPlane(_projective(*_linear(known)) @ plane)


def corrected(wcs: Wcs, pointing: Pointing, matrix: np.ndarray, shift: np.ndarray) -> Wcs:
    """A WCS with a correction, after one that it may have already.

    Parameters
    ----------
    wcs : Wcs
        With a frame ``v2v3``.
    pointing : Pointing
        Where the plane touches, if the WCS has not been corrected before.
    matrix : (2, 2) array
        Turns and stretches points of the plane.
    shift : (2,) array
        Moves them then, arcsec.

    Returns
    -------
    Wcs
        With a frame `FRAME`.

    Raises
    ------
    CorrectionError
        As of `tangent_plane`.
    """
    matrix, shift = np.asarray(matrix, float), np.asarray(shift, float) / ARCSEC
    known = _correction(wcs)
    if known is None:
        place = _place(wcs)
        frame = type(wcs.frames[place])(dict(wcs.frames[place]), wcs.frames[place]._tag)
        frame["name"] = FRAME
        made = correction_node(_angles(pointing), matrix, shift)
        frames = (*wcs.frames[: place + 1], frame, *wcs.frames[place + 1 :])
        return Wcs(frames, (*wcs.transforms[:place], made, *wcs.transforms[place:]), wcs.name)
    place = wcs.frame_names.index(FRAME) - 1
    before, moved = _linear(known)
    angles = part_named(known, "det_to_optic_axis")["angles"]
    made = correction_node(angles, matrix @ before, matrix @ moved + shift)
    return Wcs(wcs.frames, (*wcs.transforms[:place], made, *wcs.transforms[place + 1 :]), wcs.name)


def correction_node(angles, matrix: np.ndarray, translation: np.ndarray):
    """The node of a correction, from V2 and V3, arcsec, to these, with its inverse.

    Parameters
    ----------
    angles : sequence of float
        V2, minus V3 and roll of the point where the plane touches, degrees.
    matrix : (2, 2) float64 array
        Of the plane.
    translation : (2,) float64 array
        Of the plane, radians.
    """
    back = np.linalg.inv(matrix)
    forward = _through_plane(angles, affine(matrix, translation, "tp_affine"), NAME)
    inverse = _through_plane(angles, affine(back, -back @ translation, "tp_affine_inv"), f"Inverse {NAME}")
    forward["inverse"] = inverse
    return forward


def _through_plane(angles, change, name: str):
    """From the field of view to the plane, a change there, and back."""
    turn, turned_back = rotation(angles, "zyx"), rotation([-angle for angle in angles[::-1]], "xyz")
    turn["name"], turned_back["name"] = "det_to_optic_axis", "optic_axis_to_det"
    first, last = to_cartesian(180), to_spherical(180)
    first["name"], last["name"] = "s2c", "c2s"
    return chain(
        _twice(_DEGREE, "arcsec_to_deg"), first, turn, _to_plane(), change, _from_plane(), turned_back, last,
        _twice(3600.0, "deg_to_arcsec"), name=name,
    )  # fmt: skip


def _twice(factor: float, name: str):
    return beside(scale(factor, f"{name}_1D"), scale(factor, f"{name}_1D"), name=f"{name}_2D")


def _to_plane():
    """From a direction (x, y, z) to (y / x, z / x)."""
    axes = ["x0", "x1", "x2"]
    whole = node("remap_axes", inputs=axes, mapping=[0, 1, 2], name="xyz", outputs=axes)
    depth = node("remap_axes", inputs=axes, mapping=[0, 0, 0], n_inputs=3, name="xxx", outputs=axes)
    quotient = node("divide", forward=[whole, depth], inputs=axes, outputs=axes)
    point = node("remap_axes", inputs=axes, mapping=[1, 2], name="xtyt", outputs=axes[:2])
    return chain(quotient, point, name="Cartesian 3D to TAN")


def _from_plane():
    """From a point (x, y) to the direction (1, x, y)."""
    axes = ["x0", "x1"]
    places = node("remap_axes", inputs=axes, mapping=[0, 0, 1], name="xtyt2xyz", outputs=["x0", "x1", "x2"])
    one = node("constant", dimensions=1, inputs=["x"], name="one", outputs=["y"], value=1.0)
    same = node("identity", inputs=axes, n_dims=2, name="I(2D)", outputs=axes)
    return chain(places, beside(one, same), name="TAN to cartesian 3D")


def part_named(transform, name: str):
    """The part of a transform that has this name.

    Raises
    ------
    CorrectionError
        If there is none.
    """
    found = _found(transform, name)
    if found is None:
        raise CorrectionError(f"the correction of the WCS has no part {name!r}")
    return found


def _found(transform, name: str):
    if transform.get("name") == name:
        return transform
    for part in transform.get("forward", ()):
        if (found := _found(part, name)) is not None:
            return found
    return None


def _correction(wcs: Wcs):
    """The correction that a WCS has; None where it has none."""
    names = wcs.frame_names
    if FRAME not in names:
        return None
    place = names.index(FRAME) - 1
    if place < 0 or wcs.transforms[place].get("name") != NAME:
        raise CorrectionError(f"what leads to the frame {FRAME} of the WCS is not the correction that is known")
    return wcs.transforms[place]


def _linear(correction) -> tuple[np.ndarray, np.ndarray]:
    """Matrix and translation, radians, of a correction."""
    change = part_named(correction, "tp_affine")
    return np.asarray(change["matrix"], float), np.asarray(change["translation"], float)


def _projective(matrix: np.ndarray, translation: np.ndarray) -> np.ndarray:
    """A linear change of points of a plane as a matrix on directions."""
    made = np.eye(3)
    made[1:, 0], made[1:, 1:] = translation, matrix
    return made


def _place(wcs: Wcs) -> int:
    """The index of the frame that a correction follows."""
    for name in ("v2v3vacorr", "v2v3"):
        if name in wcs.frame_names[1:-1]:
            return wcs.frame_names.index(name)
    raise CorrectionError("the WCS has no frame v2v3, the field of view of the telescope, so it cannot be corrected")


def _angles(pointing: Pointing) -> list[float]:
    return [pointing.v2_ref * _DEGREE, -pointing.v3_ref * _DEGREE, pointing.roll_ref]


def _sky_matrix(wcs: Wcs) -> np.ndarray:
    """The rotation from directions of the telescope to those on the sky: its columns are where the axes go."""
    first = wcs.frame_names.index(FRAME) if FRAME in wcs.frame_names else _place(wcs)
    right_angle = 90.0 * 3600.0
    sky = program_of(*wcs.transforms[first:]).at([0.0, right_angle, 0.0], [0.0, 0.0, right_angle])
    return directions(*sky).T


def directions(longitude, latitude) -> np.ndarray:
    """Unit vectors, (n, 3), of longitudes and latitudes, degrees."""
    longitude, latitude = np.deg2rad(longitude), np.deg2rad(latitude)
    in_plane = np.cos(latitude)
    return np.stack([np.cos(longitude) * in_plane, np.sin(longitude) * in_plane, np.sin(latitude)], axis=-1)
