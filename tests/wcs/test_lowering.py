"""Programs give what the transforms of astropy and gwcs give."""

import asdf
import numpy as np
import pytest
from asdf.tagged import TaggedDict
from astropy.modeling import models
from gwcs.geometry import CartesianToSpherical, SphericalToCartesian

from gpucal.wcs.inverses import NoInverseError, inverse_of
from gpucal.wcs.lowering import UnknownTransformError, program_of
from gpucal.wcs.nodes import arithmetic, chain, number_of_inputs, number_of_outputs, remap, tabular

RNG = np.random.default_rng(4)
Shift, Scale, Const, Mapping, Identity = (
    models.Shift, models.Scale, models.Const1D, models.Mapping, models.Identity,
)  # fmt: skip


def polynomial(degree):
    names = models.Polynomial2D(degree).param_names
    return models.Polynomial2D(degree, **dict(zip(names, RNG.normal(size=len(names)), strict=True)))


def rotation(angles, axes):
    return models.RotationSequence3D(angles, axes)


def table(order=1, **beyond):
    points = np.sort(np.random.default_rng(8).uniform(-1.0, 1.0, 40))[::order]
    values = np.sort(np.random.default_rng(9).normal(size=40))
    return models.Tabular1D(points=points, lookup_table=values, bounds_error=False, **beyond)


# Transforms, how many coordinates they take, and how near a program comes: 0 is equal to the last bit.
EXACT = {
    "shift": (Shift(1.5), 1),
    "scale": (Scale(0.3), 1),
    "constant": (Const(4.25), 1),
    "chain": (Shift(1.5) | Scale(0.3) | Shift(-2.0), 1),
    "beside": (Shift(1.5) & Scale(0.3) & Identity(1), 3),
    "mapping": (Mapping((1, 0, 1)), 2),
    "mapping that drops": (Mapping((2, 0), n_inputs=3), 3),
    "identity": (Identity(2), 2),
    "sum": (Shift(1.0) + Scale(2.0), 1),
    "difference": (Shift(1.0) - Scale(2.0), 1),
    "product": (Shift(1.0) * Scale(2.0), 1),
    "quotient": (Shift(1.0) / Scale(2.0), 1),
    "polynomial 1": (models.Polynomial1D(4, c0=1.0, c1=-2.0, c2=0.5, c3=1e-3, c4=-7.0), 1),
    "polynomial 1 of degree 0": (models.Polynomial1D(0, c0=1.25), 1),
    "table": (table(fill_value=np.nan), 1),
    "table that falls": (table(-1, fill_value=-7.5), 1),
    "table that goes on": (table(fill_value=None), 1),
    "table of two points": (models.Tabular1D(points=[-0.5, 0.5], lookup_table=[2.0, 3.1], bounds_error=False), 1),
    **{f"polynomial 2 of degree {degree}": (polynomial(degree), 2) for degree in (1, 2, 3, 5, 9)},
    "distortion": (
        Shift(-3.0) & Shift(2.0) | Mapping((0, 1, 0, 1)) | polynomial(5) & polynomial(5) | Shift(1.0) & Scale(2.0), 2,
    ),
}  # fmt: skip

NEAR = {
    "power": (Shift(3.0) ** Const(2.5), 1),
    "affine": (models.AffineTransformation2D([[1.0, 0.2], [-0.3, 0.9]], [5.0, -6.0]), 2),
    "rotation": (rotation([10.0, -20.0, 30.0, 40.0, -50.0], "zyxyz"), 3),
    "rotation on the sphere": (models.RotationSequence3D([10.0, 20.0], "xz") | Identity(3), 3),
    "to directions": (SphericalToCartesian(wrap_lon_at=360), 2),
    "to a sphere": (CartesianToSpherical(wrap_lon_at=360), 3),
    "to a sphere about zero": (CartesianToSpherical(wrap_lon_at=180), 3),
    "to the sky": (models.Pix2Sky_TAN() | models.RotateNative2Celestial(53.1, -27.8, 180.0), 2),
    "to the sky at the pole": (models.Pix2Sky_TAN() | models.RotateNative2Celestial(10.0, 89.9, 120.0), 2),
}


def coordinates(count):
    return np.random.default_rng(4).uniform(-1.2, 1.2, size=(count, 7, 5))


@pytest.mark.parametrize("name", EXACT)
def test_equal_to_the_last_bit(name, noded, backend):
    model, count = EXACT[name]
    points = coordinates(count)
    expected = np.atleast_2d(np.array(model(*points)).reshape(model.n_outputs, *points.shape[1:]))
    np.testing.assert_array_equal(program_of(noded(model)).at(*points), expected)


@pytest.mark.parametrize("name", NEAR)
def test_equal_but_for_rounding(name, noded, backend):
    model, count = NEAR[name]
    points = coordinates(count)
    expected = np.array(model(*points)).reshape(model.n_outputs, *points.shape[1:])
    difference = np.abs(program_of(noded(model)).at(*points) - expected)
    if name.startswith("to the sky"):  # near a pole, longitudes are far apart where places are not
        difference[0] *= np.cos(np.deg2rad(expected[1]))
    assert difference.max() < 3e-13


@pytest.mark.parametrize("name", [*EXACT, *NEAR])
def test_a_node_says_how_many_coordinates_it_takes_and_gives(name, noded):
    model, count = (EXACT | NEAR)[name]
    node = noded(model)
    for _ in range(2):
        assert (number_of_inputs(node), number_of_outputs(node)) == (count, model.n_outputs)
        node.pop("inputs", None)
        node.pop("outputs", None)


INVERTIBLE = ["shift", "scale", "chain", "beside", "identity", "affine", "rotation", "to directions", "to a sphere",
              "to the sky", "to the sky at the pole", "table", "table that falls", "table that goes on"]  # fmt: skip


@pytest.mark.parametrize("name", INVERTIBLE)
def test_the_inverse_is_that_of_astropy(name, noded):
    model, count = (EXACT | NEAR)[name]
    points = np.array(model(*coordinates(count))).reshape(model.n_outputs, 7, 5)
    expected = np.array(model.inverse(*points)).reshape(count, 7, 5)
    np.testing.assert_allclose(program_of(inverse_of(noded(model))).at(*points), expected, rtol=0, atol=1e-10)


def test_an_inverse_that_is_named_is_taken(noded):
    model = polynomial(2)
    model.inverse = Shift(7.0)
    np.testing.assert_array_equal(program_of(inverse_of(noded(model))).at([1.0, 2.0]), [[8.0, 9.0]])


def test_what_has_no_inverse_is_refused(noded):
    with pytest.raises(NoInverseError, match="kind polynomial names no inverse"):
        inverse_of(noded(polynomial(2)))
    with pytest.raises(NoInverseError, match=r"drops the axes \[1\]"):
        inverse_of(noded(Mapping((0, 0), n_inputs=2)))
    with pytest.raises(NoInverseError, match="neither increase nor decrease"):
        inverse_of(noded(models.Tabular1D(points=[0.0, 1.0, 2.0], lookup_table=[0.0, 1.0, 0.5])))


def test_what_is_not_known_is_named(noded):
    with pytest.raises(UnknownTransformError, match="kind wobble are not known"):
        program_of(TaggedDict({"inputs": ["x"]}, "tag:stsci.edu:asdf/transform/wobble-1.0.0"))
    with pytest.raises(UnknownTransformError, match="a domain or window of their own"):
        program_of(noded(models.Polynomial1D(1, c0=1.0, c1=1.0, domain=[0, 5])))
    with pytest.raises(UnknownTransformError, match="tables those of one coordinate, linear"):
        program_of(noded(models.Tabular1D(points=[0.0, 1.0], lookup_table=[0.0, 1.0], method="nearest")))


@pytest.mark.parametrize("wrap", [180, 360])
def test_longitudes_begin_where_they_are_said_to(wrap, noded, backend):
    directions = np.array([[-1, -1, 1, 0, 0, 0], [0.0, -0.0, 0, 1, -1, 0], [0, 0, 0, 0, 0, 1.0]])
    model = CartesianToSpherical(wrap_lon_at=wrap)
    np.testing.assert_array_equal(program_of(noded(model)).at(*directions), model(*directions))


def test_a_grid_and_its_points_are_the_same(noded, backend):
    model, _ = EXACT["distortion"]
    program = program_of(noded(model))
    y, x = np.indices((5, 700), float)
    on_grid = backend.asnumpy(program.on_grid((5, 700), (0.25, -3.0)))
    np.testing.assert_array_equal(on_grid, program.at(x + 0.25, y - 3.0))


def test_new_nodes_are_what_astropy_writes(noded):
    points, values = np.array([1.0, 2.5, 4.0]), np.array([3.0, 2.0, 7.0])
    made = arithmetic("subtract", remap([1], 2), chain(remap([0], 2), tabular(points, values, "bent")))
    model = Mapping([1], n_inputs=2) - (
        Mapping([0], n_inputs=2)
        | models.Tabular1D(points=points, lookup_table=values, name="bent", bounds_error=False, fill_value=np.nan)
    )
    opened = asdf.yamlutil.tagged_tree_to_custom_tree(made, asdf.AsdfFile())
    x = np.array([0.0, 1.0, 1.25, 2.5, 3.9, 4.0, 4.1])
    np.testing.assert_array_equal(opened(x, x), model(x, x))
    np.testing.assert_array_equal(program_of(made).at(x, x), program_of(noded(model)).at(x, x))


def test_registers_are_used_again(noded):
    model = Shift(0.0)
    for offset in range(30):
        model = model | Shift(float(offset))
    program = program_of(noded(model))
    assert program.nregisters <= 3
    assert program.at([1.0])[0] == 1.0 + sum(range(30))


def test_wrong_numbers_of_coordinates_are_refused(noded):
    program = program_of(noded(Shift(1.0)))
    with pytest.raises(ValueError, match="takes 1 coordinates, not 2"):
        program.at([1.0], [2.0])
    with pytest.raises(ValueError, match="a grid has two coordinates"):
        program.on_grid((2, 2))
