"""Corrections of a pointing: where they put the sky, one after another, and what they cost in a program."""

import numpy as np
import pytest

from gpucal.kernels.wcs import instructions as op
from gpucal.wcs import frames
from gpucal.wcs.correction import ARCSEC, CorrectionError, corrected, directions, tangent_plane
from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.nodes import beside, scale, to_cartesian, to_spherical
from gpucal.wcs.telescope import Pointing, aberration, to_sky
from gpucal.wcs.world import Wcs

RNG = np.random.default_rng(4)
POINTING = Pointing(90.1, -491.4, 0.01, -27.8, 33.0)
OTHER = Pointing(90.1, -491.4, 0.02, -27.81, 210.0)
PIXELS = RNG.uniform(-1000, 1000, size=(2, 400))


def wcs_of(pointing=POINTING, name="star field"):
    """Square pixels of 0.06 arcsec about the reference point."""
    to_telescope = beside(scale(0.06), scale(0.06))
    return Wcs(
        (
            frames.plane("detector", ("x", "y"), "pixel"),
            frames.plane("v2v3", ("v2", "v3"), "arcsec"),
            frames.plane("v2v3vacorr", ("v2", "v3"), "arcsec"),
            frames.sky(),
        ),
        (to_telescope, aberration(1.0, pointing), to_sky(pointing)),
        name,
    )


def turned(arcsec):
    cosine, sine = np.cos(arcsec / ARCSEC), np.sin(arcsec / ARCSEC)
    return np.array([[cosine, sine], [-sine, cosine]])


def on_plane(plane, wcs):
    return plane.at(directions(*wcs.program().at(*PIXELS)))


def test_points_of_the_plane_are_moved_as_told():
    wcs, plane = wcs_of(), tangent_plane(wcs_of(), POINTING)
    matrix, shift = turned(20.0) * 1.0001, np.array([0.3, -1.2])
    made = corrected(wcs, POINTING, matrix, shift)
    expected = on_plane(plane, wcs) @ matrix.T + shift
    np.testing.assert_allclose(on_plane(plane, made), expected, rtol=0, atol=2e-10)
    assert made.frame_names == ["detector", "v2v3", "v2v3vacorr", "v2v3corr", "world"] and made.name == "star field"
    assert wcs.frame_names == ["detector", "v2v3", "v2v3vacorr", "world"]


def test_the_plane_touches_the_sky_where_the_telescope_looked_and_north_is_up():
    plane, step = tangent_plane(wcs_of(), POINTING), 1e-4
    east, north = [0.01 + step / np.cos(np.deg2rad(27.8)), -27.8], [0.01, -27.8 + step]
    points = plane.at(directions(*np.transpose([[0.01, -27.8], east, north])))
    np.testing.assert_allclose(points, [[0, 0], [step * 3600, 0], [0, step * 3600]], rtol=0, atol=1e-6)


def test_a_second_correction_is_joined_with_the_first():
    first = turned(5.0), np.array([0.4, 0.1])
    second = turned(-3.0), np.array([-0.2, 0.3])
    twice = corrected(corrected(wcs_of(), POINTING, *first), POINTING, *second)
    once = corrected(wcs_of(), POINTING, second[0] @ first[0], second[0] @ first[1] + second[1])
    assert len(twice.transforms) == 4
    np.testing.assert_allclose(twice.program().at(*PIXELS), once.program().at(*PIXELS), rtol=0, atol=1e-13)


def test_the_way_back_is_that_of_the_correction():
    made = corrected(wcs_of(), POINTING, turned(20.0), [0.3, -1.2])
    sky = made.program().at(*PIXELS)
    np.testing.assert_allclose(made.program("world", "detector").at(*sky), PIXELS, rtol=0, atol=1e-8)


def test_a_change_is_told_in_another_plane():
    """A change in the plane of one image moves the sky of another by as much, near the place that it is told for."""
    matrix, shift = turned(0.0), np.array([0.3, -0.2])
    one, other = tangent_plane(wcs_of(), POINTING), tangent_plane(wcs_of(OTHER), OTHER)
    turn, offset = one.linear_map_to(other)
    made = corrected(wcs_of(OTHER), OTHER, turn @ matrix @ np.linalg.inv(turn), turn @ shift)
    before, after = on_plane(one, wcs_of(OTHER)), on_plane(one, made)
    np.testing.assert_allclose(after - before, np.broadcast_to(shift, before.shape), rtol=0, atol=2e-4)
    np.testing.assert_allclose(other.at(directions([0.01], [-27.8])), [offset], rtol=0, atol=1e-9)


def test_what_is_behind_a_plane_is_not_seen():
    plane = tangent_plane(wcs_of(), POINTING)
    assert plane.sees(directions([0.0, 180.0, 10.0], [-27.0, 27.8, 0.0])).tolist() == [True, False, True]


@pytest.mark.parametrize("fuse", [False, True])
def test_programs_give_the_same_corrected(fuse, backend):
    made = corrected(wcs_of(), POINTING, turned(20.0), [0.3, -1.2])
    sky = made.program(fuse=fuse).at(*PIXELS)
    np.testing.assert_allclose(sky, made.program().at(*PIXELS), rtol=0, atol=2e-13)


def test_from_image_to_image_corrections_cost_nothing(backend):
    """Two matrices and two planes become one matrix: as many instructions as without corrections."""
    plain = wcs_of(), wcs_of(OTHER)
    moved = [
        corrected(wcs, pointing, turned(20.0), [0.3, -1.2])
        for wcs, pointing in zip(plain, (POINTING, OTHER), strict=True)
    ]
    lengths = []
    for one, other in (plain, moved):
        back = [inverse_of(transform) for transform in other.transforms[::-1]]
        exact, short = program_of(*one.transforms, *back), program_of(*one.transforms, *back, fuse=True)
        np.testing.assert_allclose(short.at(*PIXELS), exact.at(*PIXELS), rtol=0, atol=2e-8)
        lengths.append(len(short.code))
        operations = [int(row[op.OPERATION]) for row in short.code]
        assert operations.count(op.MATRIX_3D) == operations.count(op.TO_SPHERICAL) == 1
        assert op.TO_CARTESIAN not in operations and op.DIVIDE not in operations
    assert lengths[0] == lengths[1]


def test_directions_are_made_anew_where_their_length_matters(backend):
    made = corrected(wcs_of(), POINTING, np.diag([2.0, 3.0]), [0.3, -1.2])
    to_directions = [*made.transforms, to_cartesian(180)]
    exact, short = program_of(*to_directions), program_of(*to_directions, fuse=True)
    np.testing.assert_allclose(short.at(*PIXELS), exact.at(*PIXELS), rtol=0, atol=1e-15)
    there_and_back = [*to_directions, to_spherical(360)]
    np.testing.assert_allclose(
        program_of(*there_and_back, fuse=True).at(*PIXELS), made.program().at(*PIXELS), rtol=0, atol=2e-13
    )


def test_what_cannot_be_corrected_is_told():
    plain = wcs_of()
    without = Wcs((plain.frames[0], plain.frames[3]), (plain.transforms[0],))
    with pytest.raises(CorrectionError, match="no frame v2v3"):
        corrected(without, POINTING, np.eye(2), [0, 0])
    made = corrected(plain, POINTING, np.eye(2), [0, 0])
    made.transforms[2]["name"] = "another"
    with pytest.raises(CorrectionError, match="not the correction that is known"):
        tangent_plane(made, POINTING)
