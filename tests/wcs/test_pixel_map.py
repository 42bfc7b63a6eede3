"""Which rows of a grid the rows of an exposure reach."""

import numpy as np
import pytest

from gpucal.kernels.wcs.instructions import AFFINE_2D
from gpucal.wcs.pixel_map import PixelMap
from gpucal.wcs.program import Instruction, assembled


def turned(degrees, shape, section):
    turn = np.deg2rad(degrees)
    affine = np.cos(turn), -np.sin(turn), np.sin(turn), np.cos(turn), 50.0, 70.0
    return PixelMap(assembled([Instruction(AFFINE_2D, (2, 3), (0, 1), affine)], 2, (2, 3)), section, shape)


@pytest.mark.parametrize("degrees", [0, 3, 30, 90, 177])
@pytest.mark.parametrize("rows", [slice(60, 80), slice(100, 103), slice(0, 400)])
def test_all_rows_that_reach_rows_of_the_grid(degrees, rows):
    shape, section = (150, 200), (4, 190, 2, 140)
    reach = turned(degrees, shape, section).reach_of_rows(1.0)
    y, x = np.mgrid[section[2] : section[3] + 1, section[0] : section[1] + 1]
    placed = np.sin(np.deg2rad(degrees)) * x + np.cos(np.deg2rad(degrees)) * y + 70
    there = y[(placed > rows.start - 1) & (placed < rows.stop)]
    found = reach.to(rows)
    assert not there.size or (found.start <= there.min() and there.max() < found.stop)
    assert section[2] <= found.start < found.stop <= section[3] + 1 or found == slice(0, 0)
    assert reach.slant == pytest.approx(abs(np.sin(np.deg2rad(degrees))) * 187)


def test_rows_that_nothing_reaches():
    assert turned(0, (150, 200), (0, 199, 0, 149)).reach_of_rows(1.0).to(slice(300, 320)) == slice(0, 0)


def test_some_rows_alone():
    assert turned(0, (150, 200), (0, 199, 0, 149)).reach_of_rows(1.0).to(slice(80, 90)) == slice(0, 32)


def test_an_exposure_without_coordinates_reaches_nothing():
    assert turned(0, (150, 200), (0, -1, 0, -1)).reach_of_rows(1.0).to(slice(0, 400)) == slice(0, 0)
