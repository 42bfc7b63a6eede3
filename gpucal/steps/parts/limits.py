"""Limits of the numbers that a user may give as parameters."""

from collections.abc import Mapping

import numpy as np

from gpucal.errors import GpucalError


def check_limits(parameters, limits: Mapping[str, tuple]) -> None:
    """See that parameters lie within their limits; those that are None do.

    Parameters
    ----------
    parameters : object
        Has them as attributes, as a step does: numbers, or sequences of numbers.
    limits : mapping of str to (least, most)
        Limits of each, which are themselves allowed: numbers, or a number for each place of a sequence.

    Raises
    ------
    GpucalError
        If one does not, or is NaN.
    """
    for name, (least, most) in limits.items():
        value = getattr(parameters, name)
        if value is not None and not ((np.asarray(value) >= least) & (np.asarray(value) <= most)).all():
            raise GpucalError(f"{name} is {value}; it has to be from {_words(least)} to {_words(most)}")


def _words(limit) -> str:
    return " and ".join(f"{one:g}" for one in np.ravel(limit))
