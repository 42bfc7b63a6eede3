"""Where the pixels of imaging detectors look: distortion as the observatory describes it.

`distortions.json` holds, of each detector, the polynomials from pixels to ideal coordinates and back, and how the ideal
coordinates lie in the field of view. Source of the numbers: the file names it. Definitions: "JWST Coordinate Frames" in
the documentation of pysiaf, https://pysiaf.readthedocs.io.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np

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
        From pixels of the full frame, the first of which is (0, 0), to V2 and V3, arcsec; with its inverse, which is
        an approximation of its own.
    """
    from astropy.modeling.models import AffineTransformation2D, Mapping, Shift

    known = _numbers()[name]
    degree = known["degree"]
    to_reference = Shift(1 - known["x_ref"]) & Shift(1 - known["y_ref"])
    to_ideal = _polynomial(degree, known["x_ideal"]) & _polynomial(degree, known["y_ideal"])
    to_pixels = _polynomial(degree, known["x_science"]) & _polynomial(degree, known["y_science"])
    angle = np.deg2rad(known["v3_ideal_angle"])
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = AffineTransformation2D(
        matrix=[[known["parity"] * cosine, sine], [-known["parity"] * sine, cosine]],
        translation=[known["v2_ref"], known["v3_ref"]],
    )
    model = to_reference | Mapping((0, 1, 0, 1)) | to_ideal | turned
    model.inverse = turned.inverse | Mapping((0, 1, 0, 1)) | to_pixels | to_reference.inverse
    return model


def _polynomial(degree, coefficients):
    """A polynomial of coefficients that are ordered as x, y, x^2, x y, y^2, ..."""
    from astropy.modeling.models import Polynomial2D

    terms = [(order - j, j) for order in range(degree + 1) for j in range(order + 1)]
    named = {f"c{i}_{j}": value for (i, j), value in zip(terms, coefficients, strict=True)}
    return Polynomial2D(degree, **named)
