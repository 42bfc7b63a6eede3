"""Traces of NIRISS SOSS: turned with the pupil wheel, and what lies about them."""

import numpy as np
import pytest

from gpucal.kernels.soss.traces import HALF_WIDTH, Trace, along_line, polynomial, trace_pixels, turned

COLUMNS = np.arange(100.0)
WAVELENGTHS = np.linspace(0.5, 3.0, 401)
EXTENTS = np.array([[0.0, -0.25], [99.0, 0.25]])


def trace(rows, coefficients=(2.8, -2.0, 0.0), pivot=(50.0, 40.0)):
    return Trace(np.column_stack([COLUMNS, rows]), pivot, np.array(coefficients), EXTENTS)


def test_a_straight_trace_turns_by_its_angle():
    """The row of a line through the pivot at a column x is then y0 + (x - x0) tan(angle)."""
    columns, rows = turned(trace(np.full(100, 40.0)).points, (50.0, 40.0), 3.0)
    np.testing.assert_array_equal(columns, COLUMNS)
    np.testing.assert_allclose(rows, 40 + (COLUMNS - 50) * np.tan(np.radians(3.0)), rtol=0, atol=1e-10)


def test_rows_beyond_the_subarray_do_not_count():
    columns, rows = turned(trace(200.0 + COLUMNS).points, (50.0, 40.0), 0.0)
    assert columns.max() == 55 and rows.max() == 255


def test_order_of_the_coefficients():
    u, v = np.array([0.3, -0.7]), 0.4
    terms = [1 + 0 * u, u, v, u**2, u * v, v**2, u**3, u**2 * v, u * v**2, v**3]
    coefficients = np.arange(1.0, 11.0)
    expected = sum(c * term for c, term in zip(coefficients, terms, strict=True))
    np.testing.assert_allclose(polynomial(coefficients, u, v), expected, rtol=1e-14)


def test_lines_go_on_beyond_their_ends():
    known, values = np.array([2.0, 0.0, 1.0]), np.array([7.0, 1.0, 3.0])
    np.testing.assert_allclose(along_line(known, values, np.array([-1.0, 0.5, 1.5, 3.0])), [-1, 2, 5, 11])


def test_pixels_within_the_width_of_a_trace():
    """A trace of half slope, kept at its ends where wavelengths end before the columns do."""
    rows = 30 + COLUMNS / 2
    covered = trace_pixels((120, 100), [trace(rows, (2.8, -2.6, 0.0))], 0.0, WAVELENGTHS)
    last = 99 * (2.8 - WAVELENGTHS[0]) / 2.6
    center = np.interp(COLUMNS, [0, last], [30, 30 + last / 2])
    y = np.arange(120)[:, None]
    expected = (y >= np.floor(center - HALF_WIDTH)) & (y <= np.ceil(center + HALF_WIDTH))
    ambiguous = np.abs(center - np.round(center)) < 1e-9  # an even row: rounding decides on one more
    np.testing.assert_array_equal(covered[:, ~ambiguous], expected[:, ~ambiguous])
    assert (~ambiguous).sum() > 40


def test_wavelengths_beyond_the_points_carry_the_trace_on():
    """Known from column 20 to 79 alone, the line covers all columns."""
    part = trace(30 + COLUMNS / 2)._replace(points=np.column_stack([COLUMNS, 30.25 + COLUMNS / 2])[20:80])
    whole = trace(30.25 + COLUMNS / 2)
    wide = np.linspace(0.1, 3.5, 401)
    np.testing.assert_array_equal(
        trace_pixels((120, 100), [part], 0.0, wide), trace_pixels((120, 100), [whole], 0.0, wide)
    )


@pytest.mark.parametrize("rows", [300.0 + COLUMNS, 255.0 + COLUMNS])
def test_a_trace_outside_of_the_image_covers_nothing(rows):
    assert not trace_pixels((120, 100), [trace(rows)], 0.0, WAVELENGTHS).any()
