"""Whether the arrays of an exposure are of the types that its model asks for: compiled loops count on it."""

from __future__ import annotations

import numpy as np

from gpucal.data.exposure import Exposure
from gpucal.data.files.outline import Image, images_of
from gpucal.data.slits import arrays_of_slits


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
    if fault := _conform(exposure.model._instance, images_of(exposure.model)):
        return fault
    for slit in exposure.slits:
        if fault := _conform(slit.host, arrays_of_slits()):
            return f"slit {slit.name}: {fault}"
    return None


def _conform(held: dict, listed: dict[str, Image]) -> str | None:
    for name, image in listed.items():
        given = held.get(name)
        if given is None or getattr(given, "dtype", None) in (image.dtype, image.dtype.newbyteorder()):
            continue
        array = np.asarray(given)
        held[name] = _converted(array, image.dtype)
        if held[name] is None:
            return f"its array {name} is of type {array.dtype}; it has to be of type {image.dtype}"
    return None


def _converted(array: np.ndarray, dtype: np.dtype) -> np.ndarray | None:
    """An array as one of another type; None where it does not hold numbers, or integers would change."""
    if array.dtype.kind not in "biuf":
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        made = array.astype(dtype)
    return made if dtype.kind == "f" or np.array_equal(made, array) else None
