"""Fused programs give the same with fewer instructions."""

import numpy as np
import pytest
from astropy.modeling import models

from gpucal.kernels.wcs import instructions as op
from gpucal.wcs.lowering import program_of
from gpucal.wcs.nodes import beside, chain, rotation, scale, shift, to_cartesian, to_plane_of, to_spherical

POINTING = chain(
    beside(scale(1 / 3600), scale(1 / 3600)), to_cartesian(180), rotation((0.1, -0.2, 33.0, -27.8, -53.1), "zyxyz"),
    to_spherical(360),
)  # fmt: skip


def operations(program):
    return [int(row[op.OPERATION]) for row in program.code]


def compared(*transforms, points, atol):
    """Both programs, after their results were compared."""
    plain, short = program_of(*transforms), program_of(*transforms, fuse=True)
    np.testing.assert_allclose(short.at(*points), plain.at(*points), rtol=0, atol=atol)
    return plain, short


def test_from_the_field_of_view_to_a_plane_there_are_no_angles_left(backend):
    points = np.random.default_rng(8).uniform(-600, 600, size=(2, 500))
    plain, short = compared(POINTING, to_plane_of(53.1, -27.8), points=points, atol=1e-13)
    assert len(plain.code) == 9
    assert operations(short) == [op.SCALE, op.SCALE, op.TO_CARTESIAN_NEAR, op.MATRIX_3D, op.PROJECT]


def test_and_back(noded, backend):
    from_plane = models.Pix2Sky_TAN() | models.RotateNative2Celestial(53.1, -27.8, 180.0)
    points = np.random.default_rng(8).uniform(-0.2, 0.2, size=(2, 500))
    _, short = compared(noded(from_plane), to_plane_of(53.0, -27.7), points=points, atol=1e-13)
    assert operations(short) == [op.UNPROJECT, op.MATRIX_3D, op.PROJECT]


def test_shifts_and_scales_are_joined():
    _, short = compared(shift(1.0), shift(2.5), scale(3.0), scale(0.25), points=[np.arange(5.0)], atol=0)
    assert operations(short) == [op.SHIFT, op.SCALE]


def test_what_nothing_reads_is_left_out(noded):
    model = models.Mapping((0, 1, 0)) | models.Shift(1.0) & models.Scale(2.0) & models.Shift(3.0) | models.Mapping(
        (2, 1), n_inputs=3
    )
    _, short = compared(noded(model), points=np.random.default_rng(8).normal(size=(2, 9)), atol=0)
    assert operations(short) == [op.SCALE, op.SHIFT]


def test_what_is_read_twice_is_kept(noded):
    model = models.Shift(1.0) | models.Mapping((0, 0)) | models.Shift(2.0) & models.Identity(1)
    _, short = compared(noded(model), points=[np.arange(5.0)], atol=0)
    assert operations(short) == [op.SHIFT, op.SHIFT]


@pytest.mark.parametrize("degrees", [0.0, 0.5, 3.4, 3.5, 90.0, 180.0])
def test_angles_large_and_small(degrees, backend):
    points = np.random.default_rng(8).uniform(-degrees, degrees, size=(2, 700)) * [[1.0], [0.5]]
    plain, short = program_of(to_cartesian(180)), program_of(to_cartesian(180), fuse=True)
    np.testing.assert_allclose(short.at(*points), plain.at(*points), rtol=4e-16, atol=3e-16)


def test_the_far_side_of_a_plane_is_nowhere(backend):
    for fuse in (False, True):
        program = program_of(to_cartesian(180), to_spherical(360), to_plane_of(10.0, 20.0), fuse=fuse)
        assert np.isnan(program.at([190.0, 100.0], [-20.0, -80.0])).all()
