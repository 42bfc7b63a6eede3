"""The PASTASOSS reference of NIRISS SOSS: where its traces lie, with round numbers in place of measured ones.

Source of its form: the schema ``pastasossmodel`` of stdatamodels; of sizes, wavelengths and throughputs: the
NIRISS SOSS pages of the JWST user documentation, https://jwst-docs.stsci.edu.
"""

from typing import NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator

from gpucal.simulate.detectors import NEAR_INFRARED_SIZE
from gpucal.simulate.reference_arrays import Contents

COMMANDED_POSITION = 245.76  # of the pupil wheel, degrees
LARGEST_TURN = 0.25  # degrees
ROWS = 256  # of SUBSTRIP256
ROWS_BELOW = 44  # that a map of wavelengths has beside
WAVELENGTHS = {"wavemap_wlmin": 0.5, "wavemap_wlmax": 3.5, "wavemap_nwl": 1501}  # micron
SHIFT_BY_TURN = 2e-3  # of wavelengths from the least turn to the largest, micron


class Order(NamedTuple):
    """A spectral order: where it lies on SUBSTRIP256, and what of the light goes into it.

    Attributes
    ----------
    wavelengths : tuple of float
        Of the first and the last column, micron.
    rows : tuple of float
        Of the trace at the first column, the middle and the last.
    bend : float
        What wavelengths of the middle column are longer by than if they fell evenly, micron.
    cutoff : int
        Columns from this one on are not used.
    shortest : float
        The shortest wavelength that is used, micron.
    throughput : tuple of (float, float)
        Wavelength (micron), and the fraction of the light.
    """

    wavelengths: tuple[float, float]
    rows: tuple[float, float, float]
    bend: float
    cutoff: int
    shortest: float
    throughput: tuple[tuple[float, float], ...]


ORDERS = {
    1: Order(
        (2.85, 0.85),
        (75.0, 35.0, 85.0),
        0.02,
        2048,
        0.82,
        (
            *((0.6, 0.002), (0.7, 0.02), (0.8, 0.14), (0.9, 0.26), (1.0, 0.385), (1.1, 0.49), (1.2, 0.545)),
            *((1.3, 0.53), (1.4, 0.47), (1.6, 0.36), (1.8, 0.28), (2.1, 0.22), (2.5, 0.167), (3.0, 0.113)),
        ),
    ),
    2: Order(
        (1.42, 0.60),
        (95.0, 85.0, 230.0),
        0.005,
        1900,
        0.62,
        (
            *(
                (0.5, 1e-5),
                (0.55, 0.012),
                (0.6, 0.094),
                (0.65, 0.25),
                (0.7, 0.347),
                (0.75, 0.315),
                (0.8, 0.226),
            ),
            *(
                (0.85, 0.153),
                (0.9, 0.102),
                (0.95, 0.064),
                (1.0, 0.038),
                (1.1, 0.0105),
                (1.2, 0.0025),
                (1.5, 0.002),
            ),
        ),
    ),
    3: Order(
        (0.95, 0.65),
        (135.0, 140.0, 310.0),
        0.002,
        1500,
        0.72,
        (
            *((0.6, 1e-4), (0.65, 2e-4), (0.7, 0.007), (0.75, 0.023)),
            *((0.8, 0.0247), (0.85, 0.021), (0.9, 0.016), (1.0, 0.0075)),
        ),
    ),
}
# Order 2 is modelled together with order 1 above the first of these, and alone below the second, micron.
SEPARATE_BELOW = [0.77, 0.95]
THROUGHPUT_WAVELENGTHS = np.linspace(0.5, 3.5, 3001)


def pastasoss(readout, pixels, effects, options):
    """Parabolas for traces; wavelengths fall along them, and shift a little with the pupil wheel."""
    middle, last = NEAR_INFRARED_SIZE / 2, NEAR_INFRARED_SIZE - 1.0
    traces = [
        {
            "spectral_order": number,
            "pivot_x": middle,
            "pivot_y": order.rows[1],
            "trace": trace(order),
            "cutoff": order.cutoff,
            "short_cutoff": order.shortest,
        }
        for number, order in ORDERS.items()
    ]
    calibration = [
        {
            "spectral_order": number,
            "polynomial_degree": 2,
            "coefficients": coefficients(order),
            "scale_extents": np.array([[0.0, -LARGEST_TURN], [last, LARGEST_TURN]]),
        }
        for number, order in ORDERS.items()
    ]
    meta = WAVELENGTHS | {
        "pwcpos_cmd": COMMANDED_POSITION,
        "pwcpos_bounds": [COMMANDED_POSITION - LARGEST_TURN, COMMANDED_POSITION + LARGEST_TURN],
        "soss_xdim": NEAR_INFRARED_SIZE,
        "soss_ydim": ROWS + ROWS_BELOW,
        "subarray_ymin": NEAR_INFRARED_SIZE - ROWS,
        "order2_separation_cutoff": SEPARATE_BELOW,
    }
    throughputs = [
        {"spectral_order": number, "wavelength": THROUGHPUT_WAVELENGTHS, "throughput": throughput(order)}
        for number, order in ORDERS.items()
    ]
    tree = {"traces": traces, "wavecal_models": calibration, "throughputs": throughputs}
    return Contents({}, keywords=meta, tree=tree)


def trace(order: Order):
    """Columns and rows of the parabola of a trace, (ncolumns, 2) float64."""
    columns = np.arange(NEAR_INFRARED_SIZE, dtype=float)
    parabola = np.polyfit((0, NEAR_INFRARED_SIZE / 2, NEAR_INFRARED_SIZE - 1), order.rows, 2)
    return np.column_stack([columns, np.polyval(parabola, columns)])


def coefficients(order: Order):
    """Of the polynomial of wavelengths, for 1, x, t, x^2, x t, t^2: column and turn of the wheel, both from 0 to 1."""
    first, end = order.wavelengths
    bend = 4 * order.bend
    return np.array([first, end - first + bend, SHIFT_BY_TURN, -bend, 0.0, 0.0])


def throughput(order: Order):
    """Throughput at `THROUGHPUT_WAVELENGTHS`, a smooth curve through the points of an order; 0 beyond them."""
    wavelengths, values = np.array(order.throughput).T
    return np.nan_to_num(PchipInterpolator(wavelengths, values, extrapolate=False)(THROUGHPUT_WAVELENGTHS))
