"""Programs give what the grism transforms of stdatamodels give."""

import numpy as np
import pytest
from astropy.modeling.models import Polynomial1D, Polynomial2D
from stdatamodels.jwst.transforms import models

from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.lowering_grisms import UnknownOrderError
from gpucal.wcs.nodes import beside, chain, constant, identity

RNG = np.random.default_rng(12)


def by_place(*coefficients):
    return [Polynomial2D(1, c0_0=one, c1_0=x, c0_1=y) for one, x, y in coefficients]


ORDERS = [1, 0, -1]
SPATIAL = {
    "xmodels": [
        by_place((-30.0, 1e-3, 2e-3), (4.0, 1e-3, 0), (0.4, 0, 0)),
        by_place((1.0, 0, 0), (2.0, 0, 1e-3), (0, 0, 0)),
        by_place((8.0, 0, 1e-3), (-3.0, 1e-3, 0), (0.1, 0, 0)),
    ],
    "ymodels": [
        by_place((40.0, -2e-3, 1e-3), (-210.0, 2e-3, 3e-3), (3.0, 0, 1e-3)),
        by_place((-10.0, 0, 0), (5.0, 1e-3, 0), (0.5, 0, 0)),
        by_place((100.0, 0, 0), (90.0, 2e-3, 1e-3), (2.0, 0, 0)),
    ],
}
LINES = {"lmodels": [Polynomial1D(1, c0=1.7, c1=slope) for slope in (0.6, 0.5, 0.55)]}
PARAMETERS = {"lmodels": [Polynomial1D(2, c0=-2.9, c1=1.7, c2=slope) for slope in (0.01, 0.0, -0.01)]}
WAVES = {"lmodels": [by_place((2.4, 1e-5, 0), (2.5, 0, 1e-5)), by_place((2.4, 0, 0), (1.2, 1e-5, 0))]}
LONG = {axis: [SPATIAL[axis][0], SPATIAL[axis][2]] for axis in SPATIAL}
OF_T = {
    "xmodels": [Polynomial1D(1, c0=-1100.0, c1=2200.0), Polynomial1D(1, c0=900.0, c1=2600.0)],
    "ymodels": [Polynomial1D(1, c0=0.5, c1=-2.0), Polynomial1D(1, c0=1.5, c1=0.0)],
    "lmodels": [Polynomial1D(2, c0=2.4, c1=2.5, c2=0.1), Polynomial1D(1, c0=1.2, c1=1.3)],
}

TOWARDS_IMAGE = {
    "NIRISS along rows": (models.NIRISSForwardRowGrismDispersion, {**SPATIAL, **LINES, "theta": 0.3}),
    "NIRISS along columns": (models.NIRISSForwardColumnGrismDispersion, {**SPATIAL, **LINES, "theta": -0.2}),
    "MIRI": (models.MIRIWFSSForwardDispersion, {**SPATIAL, **LINES}),
    "NIRCam along rows": (models.NIRCAMForwardRowGrismDispersion, {**LONG, **WAVES}),
    "NIRCam along columns": (models.NIRCAMForwardColumnGrismDispersion, {**LONG, **WAVES}),
    "NIRCam, older": (models.NIRCAMForwardRowGrismDispersion, OF_T),
}
FROM_IMAGE = {
    "NIRISS": (models.NIRISSBackwardGrismDispersion, {**SPATIAL, **PARAMETERS, "theta": 0.3}),
    "MIRI": (models.MIRIWFSSBackwardDispersion, {**SPATIAL, **PARAMETERS}),
    "NIRCam": (models.NIRCAMBackwardGrismDispersion, {**LONG, **WAVES}),
    "NIRCam, older": (models.NIRCAMBackwardGrismDispersion, OF_T),
}


def made(table, name):
    kind, content = table[name]
    return kind(ORDERS[: len(content["xmodels"])], **content)


@pytest.mark.parametrize("order", [1, 0])
@pytest.mark.parametrize("name", TOWARDS_IMAGE)
def test_wavelengths_are_those_of_the_transform(name, order, noded):
    transform, source = made(TOWARDS_IMAGE, name), (700.0, 300.0)
    x, y = source[0] + np.linspace(-150, 250, 41), source[1] + np.linspace(-260, 230, 41)
    places = [np.float64([one]) for one in (*source, order)]
    expected = np.ravel(transform.evaluate(x, y, *places)[2])
    given = [np.full(41, one) for one in (*source, order)]
    found = program_of(noded(transform)).at(x, y, *given)
    np.testing.assert_allclose(found[2], expected, rtol=1e-12)
    np.testing.assert_array_equal(found[[0, 1, 3]], given)


@pytest.mark.parametrize("order", [1, 0])
@pytest.mark.parametrize("name", FROM_IMAGE)
def test_places_are_those_of_the_transform(name, order, noded):
    transform = made(FROM_IMAGE, name)
    x, y = RNG.uniform(0, 2047, (2, 60))
    wavelengths = np.linspace(1.2, 5.2, 60)
    expected = np.hstack(
        [np.vstack([np.ravel(one) for one in transform.evaluate(*np.float64([[a], [b], [c], [order]]))])
         for a, b, c in zip(x, y, wavelengths, strict=True)]
    )  # fmt: skip
    found = program_of(noded(transform)).at(x, y, wavelengths, np.full(60, order))
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-10)


@pytest.mark.parametrize("name", ["NIRISS along rows", "NIRCam along rows"])
def test_there_is_nothing_for_other_orders(name, noded):
    transform = noded(made(TOWARDS_IMAGE, name))
    assert np.isnan(program_of(transform).at(*[[700.0]] * 4, [5.0])[2])
    with pytest.raises(UnknownOrderError, match="no order 5; it has 1, 0"):
        program_of(chain(beside(identity(4), constant(5.0)), transform))


@pytest.mark.parametrize("name", ["NIRISS along columns", "NIRCam along rows"])
def test_an_order_that_is_constant_gives_the_same_with_fewer_instructions(name, noded):
    transform = noded(made(TOWARDS_IMAGE, name))
    points = [RNG.uniform(600, 700, 20) for _ in range(4)]
    short = program_of(chain(beside(identity(4), constant(1.0)), transform))
    np.testing.assert_array_equal(
        short.at(*points, np.zeros(20)), program_of(transform).at(*points, np.ones(20))
    )
    assert len(short.code) < len(program_of(transform).code)


def test_an_inverse_that_the_node_keeps_is_taken(noded):
    kind, content = FROM_IMAGE["NIRCam, older"]
    node = noded(kind(ORDERS[:2], **content))
    kept = noded(kind(ORDERS[:2], **{**content, "lmodels": PARAMETERS["lmodels"][:2]}))["lmodels"]
    node = type(node)({**node, "inv_lmodels": kept}, node._tag)
    found = program_of(node).at([100.0], [200.0], [3.0], [1.0])
    t = -2.9 + 1.7 * 3.0 + 0.01 * 9.0
    np.testing.assert_allclose(found[0], 100 - 1100 + 2200 * t, rtol=1e-13)


def test_there_and_back_again(noded):
    transform = models.NIRISSForwardColumnGrismDispersion(ORDERS, **SPATIAL, **LINES, theta=0.0)
    inverse = [Polynomial1D(1, c0=-1.7 / one.c1.value, c1=1 / one.c1.value) for one in LINES["lmodels"]]
    transform.inverse = models.NIRISSBackwardGrismDispersion(ORDERS, **SPATIAL, lmodels=inverse, theta=0.0)
    node = noded(transform)
    start = np.array([RNG.uniform(0, 2000, 30), RNG.uniform(0, 2000, 30), RNG.uniform(1.75, 2.2, 30), np.ones(30)])
    there = program_of(inverse_of(node)).at(*start)
    np.testing.assert_allclose(program_of(node).at(*there), start, rtol=1e-4)  # as near as ten samples are
