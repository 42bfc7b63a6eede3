"""Programs give what the transforms of spectra of stdatamodels and gwcs give."""

import numpy as np
import pytest
from astropy.modeling import fix_inputs, models
from gwcs.spectroscopy import AnglesFromGratingEquation3D
from gwcs.spectroscopy import WavelengthFromGratingEquation as WavelengthOfGwcs
from stdatamodels.jwst.transforms.models import (
    AngleFromGratingEquation,
    DirCos2Unitless,
    Logical,
    RefractionIndexFromPrism,
    Rotation3DToGWA,
    Snell,
    Unitless2DirCos,
    WavelengthFromGratingEquation,
)

from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.nodes import number_of_inputs, number_of_outputs

RNG = np.random.default_rng(6)
KCOEF, LCOEF = [0.58339748, 0.46085267, 3.8915394], [0.00252643, 0.010078333, 1200.556]
TCOEF = [-2.66e-5, 1e-8, -2e-11, 3e-7, 1e-10, 0.2]


def prism(temperature, pressure=0.0):
    return Snell(-16.5, KCOEF, LCOEF, TCOEF, 35.0, pressure, temperature, pressure)


SURFACE = models.Polynomial2D(2, c0_0=1.0, c1_0=0.3, c0_1=-2.0, c1_1=0.7, c2_0=5.0, c0_2=-1.5)

# Transforms, and the ranges of their inputs.
WAVELENGTHS, COSINES, PLANE = (6e-7, 5.3e-6), (-0.4, 0.4), (-1.0, 1.0)
TRANSFORMS = {
    "to directions": (Unitless2DirCos(), (PLANE, PLANE)),
    "from directions": (DirCos2Unitless(), (COSINES, COSINES, (0.5, 1.0))),
    "at the wheel": (Rotation3DToGWA([0.02, -0.04, -0.43, -8.8], "xyzy"), (COSINES, COSINES, (0.5, 1.0))),
    "grating, the way out": (AnglesFromGratingEquation3D(89408.7, -1), (WAVELENGTHS, COSINES, COSINES)),
    "grating, wavelength": (WavelengthOfGwcs(89408.7, -1), (COSINES, COSINES)),
    "older grating, the way out": (AngleFromGratingEquation(89408.7, -1), (WAVELENGTHS, COSINES, COSINES, COSINES)),
    "older grating, wavelength": (WavelengthFromGratingEquation(89408.7, -1), (COSINES, COSINES, COSINES)),
    "prism": (prism(37.06), (WAVELENGTHS, COSINES, COSINES, (0.8, 1.0))),
    "warm prism": (prism(293.0), (WAVELENGTHS, COSINES, COSINES, (0.8, 1.0))),
    "warm prism in air": (prism(293.0, 0.9), (WAVELENGTHS, COSINES, COSINES, (0.8, 1.0))),
    "index of refraction": (RefractionIndexFromPrism(-16.5), (COSINES, COSINES, COSINES)),
    "rotation of a plane": (models.Rotation2D(31.0), (PLANE, PLANE)),
    **{
        f"replaced where {condition}": (Logical(condition, 0.25, np.nan), (PLANE,))
        for condition in ("GT", "LT", "EQ", "NE")
    },
    "fixed inputs by name": (fix_inputs(SURFACE, {"x": 0.5}), (PLANE,)),
    "fixed inputs by number": (fix_inputs(models.Mapping((0, 1), n_inputs=3) | SURFACE, {1: -1}), (PLANE, PLANE)),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_program_gives_what_the_transform_gives(name, noded):
    model, ranges = TRANSFORMS[name]
    points = [RNG.uniform(*ends, 50) for ends in ranges]
    points[0][0] = 0.25 if ranges[0] == PLANE else points[0][0]
    expected = np.atleast_2d(model(*points))
    transform = noded(model)
    assert (number_of_inputs(transform), number_of_outputs(transform)) == (len(ranges), len(expected))
    np.testing.assert_allclose(program_of(transform).at(*points), expected, rtol=1e-13, atol=1e-19)


@pytest.mark.parametrize("name", ["to directions", "at the wheel", "rotation of a plane"])
def test_inverses_are_those_of_the_transforms(name, noded):
    model, ranges = TRANSFORMS[name]
    points = [RNG.uniform(*ends, 50) for ends in ranges]
    if len(points) == 3:
        points[2] = np.sqrt(1 - points[0] ** 2 - points[1] ** 2)
    back = program_of(inverse_of(noded(model))).at(*model(*points))
    np.testing.assert_allclose(back, points, rtol=0, atol=1e-14)


def test_nothing_is_outside_of_the_unit_sphere(noded):
    grating = noded(AnglesFromGratingEquation3D(89408.7, -1))
    alpha, beta, gamma = program_of(grating).at(np.array([1e-6, 2e-5]), np.array([0.1, 0.1]), np.array([0.0, 0.0]))
    np.testing.assert_allclose(alpha, 0.1 + 89408.7 * np.array([1e-6, 2e-5]), rtol=1e-15)
    np.testing.assert_array_equal(beta, -0.0)
    np.testing.assert_allclose(gamma, [np.sqrt(1 - alpha[0] ** 2), np.nan], rtol=1e-15)


def test_nan_is_not_replaced(noded):
    points = np.array([np.nan, 0.5])
    for condition in ("GT", "LT", "EQ", "NE"):
        (found,) = program_of(noded(Logical(condition, 0.25, 7.0))).at(points)
        np.testing.assert_array_equal(found, [np.nan, 7.0 if condition in ("GT", "NE") else 0.5])
