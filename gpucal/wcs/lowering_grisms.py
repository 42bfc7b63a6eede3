"""Instructions of grisms: from the dispersed image to the direct one and the wavelength, and back.

Where light of a wavelength falls is told by the parameter t of the trace, 0 to 1 from one end to the other: offsets
from the place of the source, and the wavelength, are polynomials of t, whose coefficients may be polynomials of that
place. The way back is a polynomial of its own, or looked up: see `gpucal.kernels.wcs.traces`.

Sources: the grism dispersion transforms of stdatamodels,
https://stdatamodels.readthedocs.io/en/latest/jwst/transforms; the assign_wcs page of the JWST pipeline documentation.
"""

from collections.abc import Callable

import numpy as np

from gpucal.errors import GpucalError
from gpucal.kernels.wcs import instructions as op
from gpucal.wcs.nodes import linear, node, number_of_inputs, tabular

# Samples of a trace that is looked up: of MIRI and NIRISS, and of NIRCam.
FEW_SAMPLES, MANY_SAMPLES = 10, 40


class UnknownOrderError(GpucalError):
    """A grism has no trace of this spectral order."""


def _towards_image(samples: int, goes_on: bool, theta: Callable) -> Callable:
    """Lowering of (x, y, x0, y0, order) to (x0, y0, wavelength, order)."""

    def lower(lowering, transform, inputs):
        x, y, x0, y0, order = inputs
        along_rows = "Row" in transform["model_type"]
        (distance,) = lowering.add(op.SUBTRACT, 1, (x, x0) if along_rows else (y, y0))

        def wavelength(number: int) -> tuple[int, ...]:
            inverses = transform.get("inv_xmodels" if along_rows else "inv_ymodels")
            if inverses:
                (t,) = lowering.lower(inverses[number], (distance,))
            else:
                trace = _along(transform, number, along_rows, theta(transform))
                t = _looked_up(lowering, trace, (distance, x0, y0), samples, goes_on)
            return (_polynomial(lowering, _terms(transform["lmodels"][number]), t, (x0, y0)),)

        return x0, y0, *_of_order(lowering, transform, order, wavelength, 1), order

    return lower


def _from_image(parameter: Callable, theta: Callable) -> Callable:
    """Lowering of (x, y, wavelength, order) to (x, y, x0, y0, order): the first two in the dispersed image."""

    def lower(lowering, transform, inputs):
        x0, y0, wavelength, order = inputs

        def offsets(number: int) -> tuple[int, ...]:
            t = parameter(lowering, transform, number, (wavelength, x0, y0))
            made = tuple(
                _polynomial(lowering, _terms(transform[axis][number]), t, (x0, y0)) for axis in ("xmodels", "ymodels")
            )
            angle = theta(transform)
            return lowering.lower(_turn(angle), made) if angle else made

        dx, dy = _of_order(lowering, transform, order, offsets, 2)
        (x,), (y,) = lowering.add(op.ADD, 1, (x0, dx)), lowering.add(op.ADD, 1, (y0, dy))
        return x, y, x0, y0, order

    return lower


def _by_inverse(lowering, transform, number: int, inputs) -> int:
    """The parameter of a wavelength: NIRISS and MIRI keep the inverse of the wavelength."""
    return lowering.lower(transform["lmodels"][number], inputs[:1])[0]


def _by_inverse_or_samples(lowering, transform, number: int, inputs) -> int:
    """The parameter of a wavelength: NIRCam has an inverse in old references, and samples in new ones."""
    inverses = transform.get("inv_lmodels")
    if inverses:
        return _polynomial(lowering, _terms(inverses[number]), inputs[0], inputs[1:])
    terms = _terms(transform["lmodels"][number])
    if len(terms) > 1:
        constants = _samples(lowering, terms, MANY_SAMPLES, goes_on=False)
        return lowering.add(op.PARAMETER_NEAREST, 1, inputs, constants)[0]
    return _inverse_of_sampled(lowering, terms[0], inputs[0])


def _looked_up(lowering, trace: list, inputs, samples: int, goes_on: bool) -> int:
    """The parameter at which a trace has a value; one that does not depend on the source is a line of t."""
    if len(trace) == 1 and number_of_inputs(trace[0]) == 1:
        intercept, slope = np.asarray(trace[0]["coefficients"], float)[:2]
        return lowering.lower(linear(1 / slope, -intercept / slope), inputs[:1])[0]
    return lowering.add(op.PARAMETER_AT, 1, inputs, _samples(lowering, trace, samples, goes_on))[0]


def _inverse_of_sampled(lowering, model, wavelength: int) -> int:
    """The parameter at which a polynomial of t has a value, linear between samples, and that of the end beyond."""
    t = np.linspace(0, 1, MANY_SAMPLES)
    values = np.polynomial.polynomial.polyval(t, np.asarray(model["coefficients"], float))
    (parameter,) = lowering.lower(tabular(values, t, beyond=None), (wavelength,))
    for limit, sign in ((0.0, -1.0), (1.0, 1.0)):
        (beyond,) = lowering.add(op.SCALE, 1, (parameter,), (sign,))
        (beyond,) = lowering.add(op.REPLACE, 1, (beyond,), (0.0, sign * limit, sign * limit))
        (parameter,) = lowering.add(op.SCALE, 1, (beyond,), (sign,))
    return parameter


def _of_order(lowering, transform, order: int, lower: Callable, count: int) -> tuple[int, ...]:
    """What is made for the order that a register holds: one of those that the grism has, NaN for any other.

    Where the order is a constant, nothing is made for others.

    Raises
    ------
    UnknownOrderError
        If it is a constant, and the grism has no such order.
    """
    orders = [int(one) for one in transform["orders"]]
    known = lowering.constant_in(order)
    if known is not None:
        if int(known) not in orders:
            raise UnknownOrderError(f"the grism has no order {int(known)}; it has {', '.join(map(str, orders))}")
        return lower(len(orders) - 1 - orders[::-1].index(int(known)))
    chosen = lowering.add(op.CONSTANT, 1, (), (np.nan,)) * count
    for number, one in enumerate(orders):
        pairs = zip(lower(number), chosen, strict=True)
        ends = one - 0.5, one + 0.5
        chosen = tuple(lowering.add(op.WITHIN, 1, (order, *pair), ends)[0] for pair in pairs)
    return chosen


def _terms(model) -> list:
    """The coefficients of a polynomial of t, the lowest power first; one polynomial of t alone stands by itself."""
    return list(model) if isinstance(model, list | tuple) else [model]


def _polynomial(lowering, terms: list, t: int, source: tuple[int, int]) -> int:
    """The sum of the coefficients at the place of a source, times powers of t."""
    if len(terms) == 1 and number_of_inputs(terms[0]) == 1:
        return lowering.lower(terms[0], (t,))[0]
    total = power = None
    for term in terms:
        (value,) = lowering.lower(term, source)
        if power is not None:
            (value,) = lowering.add(op.MULTIPLY, 1, (value, power))
        total = value if total is None else lowering.add(op.ADD, 1, (total, value))[0]
        power = t if power is None else lowering.add(op.MULTIPLY, 1, (power, t))[0]
    return total


def _along(transform, number: int, along_rows: bool, angle: float) -> list:
    """The trace along the dispersion, turned by an angle: terms as in `_terms`."""
    xs, ys = (_terms(transform[axis][number]) for axis in ("xmodels", "ymodels"))
    if not angle:
        return xs if along_rows else ys
    matrix = np.reshape(_turn(angle)["matrix"], (2, 2))[0 if along_rows else 1]
    return [_weighted(matrix, [one[place] for one in (xs, ys) if place < len(one)]) for place in range(len(xs))]


def _weighted(weights, terms: list):
    """The sum of two polynomials times weights."""
    tables = [np.asarray(term["coefficients"], float) for term in terms]
    size = max(len(table) for table in tables)
    total = np.zeros((size, size))
    for weight, table in zip(weights, tables, strict=True):
        total[: len(table), : len(table)] += weight * table
    return node("polynomial", coefficients=total, inputs=["x", "y"], outputs=["z"])


def _samples(lowering, terms: list, count: int, goes_on: bool) -> tuple[float, ...]:
    """The constants of `gpucal.kernels.wcs.traces`."""
    made: list[float] = [count, goes_on, len(terms)]
    for term in terms:
        apart = type(lowering)(2)
        apart.lower(term, (0, 1))
        made += apart.instructions[-1].constants
    return tuple(made)


def _turn(angle: float):
    """Two offsets turned by an angle, degrees."""
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    return node("affine", matrix=[[cosine, -sine], [sine, cosine]], translation=[0.0, 0.0], inputs=["x", "y"],
                outputs=["x", "y"])  # fmt: skip


def _no_angle(transform) -> float:
    return 0.0


def _wheel_angle(transform) -> float:
    return float(transform["theta"] or 0.0)


def _either_way(towards_image: Callable, from_image: Callable) -> Callable:
    def lower(lowering, transform, inputs):
        return (towards_image if "Forward" in transform["model_type"] else from_image)(lowering, transform, inputs)

    return lower


LOWERINGS_OF_GRISMS: dict[str, Callable] = {
    "niriss_grism_dispersion": _either_way(
        _towards_image(FEW_SAMPLES, True, _wheel_angle), _from_image(_by_inverse, _wheel_angle)
    ),
    "miri_wfss_dispersion": _either_way(
        _towards_image(FEW_SAMPLES, True, _no_angle), _from_image(_by_inverse, _no_angle)
    ),
    "nircam_grism_dispersion": _either_way(
        _towards_image(MANY_SAMPLES, False, _no_angle), _from_image(_by_inverse_or_samples, _no_angle)
    ),
}
