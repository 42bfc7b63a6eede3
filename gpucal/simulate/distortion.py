"""Where the pixels of imaging detectors look: distortion as the observatory describes it.

`distortions.json` holds, of each detector, the polynomials from pixels to ideal coordinates, and how the ideal
coordinates lie in the field of view. Source of the numbers: the file names it. Definitions: "JWST Coordinate Frames" in
the documentation of pysiaf, https://pysiaf.readthedocs.io.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np

from gpucal.simulate.detectors import detector_named

INVERSE_DEGREE = 6
FITTED_POINTS = 40  # along each side of a detector
NUMBERS = Path(__file__).with_name("distortions.json")


@cache
def _numbers():
    return json.loads(NUMBERS.read_text())["detectors"]


def distorted_detectors() -> list[str]:
    """The detectors whose distortion is known."""
    return list(_numbers())


def orientation_of(name: str) -> tuple[float, int]:
    """V3I_YANG, degrees, and VPARITY of a detector."""
    return _numbers()[name]["v3_ideal_angle"], _numbers()[name]["parity"]


def pixel_scale(name: str) -> float:
    """The side of a square as large as the pixel in the middle of a detector, arcsec."""
    known = _numbers()[name]
    (x_of_x, x_of_y), (y_of_x, y_of_y) = known["x_ideal"][1:3], known["y_ideal"][1:3]
    return abs(x_of_x * y_of_y - x_of_y * y_of_x) ** 0.5


def distortion_model(name: str):
    """The distortion of a detector, as its reference holds it.

    Parameters
    ----------
    name : str
        Value of DETECTOR.

    Returns
    -------
    `astropy.modeling.CompoundModel`
        From pixels of the full frame, the first of which is (0, 0), to V2 and V3, arcsec; with its inverse, a
        polynomial that is fitted to it, as in the references of the observatory.
    """
    from astropy.modeling.models import AffineTransformation2D, Mapping, Shift

    known = _numbers()[name]
    degree = known["degree"]
    to_reference = Shift(1 - known["x_ref"]) & Shift(1 - known["y_ref"])
    to_ideal = _polynomial(degree, known["x_ideal"]) & _polynomial(degree, known["y_ideal"])
    to_pixels = _fitted_inverse(to_ideal, to_reference, detector_named(name).size)
    angle = np.deg2rad(known["v3_ideal_angle"])
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = AffineTransformation2D(
        matrix=[[known["parity"] * cosine, sine], [-known["parity"] * sine, cosine]],
        translation=[known["v2_ref"], known["v3_ref"]],
    )
    model = to_reference | Mapping((0, 1, 0, 1)) | to_ideal | turned
    model.inverse = turned.inverse | Mapping((0, 1, 0, 1)) | to_pixels | to_reference.inverse
    return model


def _terms(degree):
    """Powers of x and y in the order of the coefficients: 1, x, y, x^2, x y, y^2, ..."""
    return [(order - j, j) for order in range(degree + 1) for j in range(order + 1)]


def _polynomial(degree, coefficients):
    from astropy.modeling.models import Polynomial2D

    named = {f"c{i}_{j}": float(value) for (i, j), value in zip(_terms(degree), coefficients, strict=True)}
    return Polynomial2D(degree, **named)


def _fitted_inverse(to_ideal, to_reference, size):
    """Polynomials from ideal coordinates to pixels from the reference point, fitted over the detector."""
    ny, nx = size
    columns, rows = np.meshgrid(np.linspace(0, nx - 1, FITTED_POINTS), np.linspace(0, ny - 1, FITTED_POINTS))
    x, y = to_reference(columns.ravel(), rows.ravel())
    ideal_x, ideal_y = to_ideal(x, y, x, y)
    scale = np.abs([ideal_x, ideal_y]).max()  # of the coordinates, so that the fit is well conditioned
    powers = _terms(INVERSE_DEGREE)
    design = np.column_stack([(ideal_x / scale) ** i * (ideal_y / scale) ** j for i, j in powers])
    units = np.array([scale ** (i + j) for i, j in powers])
    fits = np.linalg.lstsq(design, np.column_stack([x, y]))[0] / units[:, None]
    return _polynomial(INVERSE_DEGREE, fits[:, 0]) & _polynomial(INVERSE_DEGREE, fits[:, 1])
