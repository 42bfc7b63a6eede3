"""Matrices of rotations."""

from collections.abc import Sequence

import numpy as np

_AXES = "xyz"


def about(axis: str, angle: float) -> np.ndarray:
    """The matrix that turns coordinates about an axis.

    Parameters
    ----------
    axis : str
        x, y or z.
    angle : float
        Degrees.

    Returns
    -------
    (3, 3) float64 array
        It turns the axes by the angle, counter-clockwise as seen against the axis; vectors seem to turn back.
    """
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    first, second = (index for index, name in enumerate(_AXES) if name != axis)
    sign = -1.0 if axis == "y" else 1.0
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = sign * sine, -sign * sine
    return matrix


def sequence(angles: Sequence[float], axes: str) -> np.ndarray:
    """The matrix of rotations one after another, the first one first; see `about`."""
    matrix = np.eye(3)
    for angle, axis in zip(angles, axes, strict=True):
        matrix = about(axis, angle) @ matrix
    return matrix
