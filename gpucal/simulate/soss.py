"""The PASTASOSS reference of NIRISS SOSS: where its traces lie, with round numbers in place of measured ones.

Source of its form: the schema ``pastasossmodel`` of stdatamodels; of sizes and wavelengths: the NIRISS SOSS pages of
the JWST user documentation, https://jwst-docs.stsci.edu.
"""

from typing import NamedTuple

import numpy as np

from gpucal.simulate.detectors import NEAR_INFRARED_SIZE
from gpucal.simulate.reference_arrays import Contents

COMMANDED_POSITION = 245.76  # of the pupil wheel, degrees
LARGEST_TURN = 0.25  # degrees
ROWS = 256  # of SUBSTRIP256
ROWS_BELOW = 44  # that a map of wavelengths has beside
WAVELENGTHS = {"wavemap_wlmin": 0.5, "wavemap_wlmax": 3.5, "wavemap_nwl": 1501}  # micron
SHIFT_BY_TURN = 2e-3  # of wavelengths from the least turn to the largest, micron


class Order(NamedTuple):
    """A spectral order: wavelengths of the first and the last column, micron; rows there, and of the middle between."""

    wavelengths: tuple[float, float]
    rows: tuple[float, float, float]


ORDERS = {
    1: Order((2.85, 0.85), (75.0, 35.0, 85.0)),
    2: Order((1.42, 0.60), (95.0, 85.0, 230.0)),
    3: Order((0.95, 0.65), (135.0, 140.0, 310.0)),
}


def pastasoss(readout, pixels, effects, options):
    """Parabolas for traces; wavelengths fall evenly along them, and shift a little with the pupil wheel."""
    middle, last = NEAR_INFRARED_SIZE / 2, NEAR_INFRARED_SIZE - 1.0
    traces = [
        {"spectral_order": number, "pivot_x": middle, "pivot_y": order.rows[1], "trace": _trace(order.rows)}
        for number, order in ORDERS.items()
    ]
    calibration = [
        {
            "spectral_order": number,
            "polynomial_degree": 1,
            "coefficients": np.array([first, end - first, SHIFT_BY_TURN]),
            "scale_extents": np.array([[0.0, -LARGEST_TURN], [last, LARGEST_TURN]]),
        }
        for number, ((first, end), _rows) in ORDERS.items()
    ]
    meta = WAVELENGTHS | {
        "pwcpos_cmd": COMMANDED_POSITION,
        "pwcpos_bounds": [COMMANDED_POSITION - LARGEST_TURN, COMMANDED_POSITION + LARGEST_TURN],
        "soss_xdim": NEAR_INFRARED_SIZE,
        "soss_ydim": ROWS + ROWS_BELOW,
        "subarray_ymin": NEAR_INFRARED_SIZE - ROWS,
    }
    return Contents({}, keywords=meta, tree={"traces": traces, "wavecal_models": calibration})


def _trace(rows):
    """Columns and rows of a parabola, (ncolumns, 2) float64, given its rows at the first, middle and last column."""
    columns = np.arange(NEAR_INFRARED_SIZE, dtype=float)
    parabola = np.polyfit((0, NEAR_INFRARED_SIZE / 2, NEAR_INFRARED_SIZE - 1), rows, 2)
    return np.column_stack([columns, np.polyval(parabola, columns)])
