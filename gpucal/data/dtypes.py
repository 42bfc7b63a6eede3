"""Whether the arrays of an exposure are of the types that its model asks for: compiled loops count on it."""

from __future__ import annotations

import numpy as np

from gpucal.data.exposure import Exposure
from gpucal.data.files.outline import images_of


def conform(exposure: Exposure) -> str | None:
    """Give arrays the types that the schema of their model asks for.

    Arrays in files are read so. An open model may hold whatever its user put there.

    Parameters
    ----------
    exposure : Exposure
        Arrays of other numbers are converted in it, floats that are only more precise among them.

    Returns
    -------
    str or None
        Names an array that cannot be converted, its type, and the one that it has to have.
    """
    held = exposure.model._instance
    for name, listed in images_of(exposure.model).items():
        given = held.get(name)
        if given is None or getattr(given, "dtype", None) in (listed.dtype, listed.dtype.newbyteorder()):
            continue
        array = np.asarray(given)
        held[name] = _converted(array, listed.dtype)
        if held[name] is None:
            return f"its array {name} is of type {array.dtype}; it has to be of type {listed.dtype}"
    return None


def _converted(array: np.ndarray, dtype: np.dtype) -> np.ndarray | None:
    """An array as one of another type; None where it does not hold numbers, or integers would change."""
    if array.dtype.kind not in "biuf":
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        made = array.astype(dtype)
    return made if dtype.kind == "f" or np.array_equal(made, array) else None
