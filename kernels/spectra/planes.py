"""The planes of slits that an extraction reads."""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import pixel_function
from gpucal.kernels.flags.dqflags import DO_NOT_USE


class Planes(NamedTuple):
    """Packed integrations of slits: of each slit all its integrations, one after another.

    Attributes
    ----------
    data : (nvalues,) float32 array
    err, var_poisson, var_rnoise, var_flat : (nvalues,) float32 arrays, or (0,)
        Empty where there are none, which counts as 0.
    dq : (nvalues,) uint32 array, or (0,)
        Flags; empty where there are none.
    nints : int
        The number of integrations.
    """

    data: np.ndarray
    err: np.ndarray
    var_poisson: np.ndarray
    var_rnoise: np.ndarray
    var_flat: np.ndarray
    dq: np.ndarray
    nints: int

    def checks(self) -> dict:
        """The planes that there are, with their axes: see `gpucal.kernels.spectra.lines.check_lines`."""
        given = {name: (array, "nvalues") for name, array in self._asdict().items() if name != "nints"}
        return {name: one for name, one in given.items() if name == "data" or one[0].size}


@pixel_function
def value_of(planes, place):
    """The value of a pixel, NaN where it is not to be used or NaN in any of its planes."""
    if planes.dq.size and planes.dq[place] & DO_NOT_USE:
        return math.nan
    known = not (planes.err.size and math.isnan(planes.err[place]))
    known = known and not math.isnan(variance_of(planes.var_poisson, place))
    known = known and not math.isnan(variance_of(planes.var_rnoise, place))
    known = known and not math.isnan(variance_of(planes.var_flat, place))
    return np.float64(planes.data[place]) if known else math.nan


@pixel_function
def variance_of(plane, place):
    """A variance of a pixel, 0 where there is no such plane."""
    return np.float64(plane[place]) if plane.size else 0.0


@pixel_function
def counts(planes, place):
    """Whether a pixel takes part in fits: its value and its variances are finite."""
    total = variance_of(planes.var_poisson, place) + variance_of(planes.var_rnoise, place)
    return math.isfinite(value_of(planes, place)) and math.isfinite(total + variance_of(planes.var_flat, place))
