"""Corrections of each pixel of slits, applied to all their planes."""

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.backend.traffic import REFERENCES
from gpucal.data.slits import Slits
from gpucal.kernels.images.flat_rates import Rates
from gpucal.kernels.spectra.scaled_rates import scale_rates
from gpucal.kernels.spectra.windows import in_planes, packing_of


def packed_rates(slits: Slits) -> Rates:
    """The rates of slits, packed: (nplanes, npixels) for each array."""
    packing = packing_of(slits.windows)
    return Rates(*(in_planes(slits.packed(name), packing) for name in Rates._fields))


def scale_slits(slits: Slits, correction, divide: bool, match_flags: bool = True) -> None:
    """Multiply or divide the rates of slits by a correction, in place; see `scale_rates`.

    Parameters
    ----------
    slits : Slits
        Edited.
    correction : (npixels,) float32 or float64 array
        Packed.
    divide, match_flags : bool
        As of `gpucal.kernels.spectra.scaled_rates.scale_rates`.
    """
    rates = packed_rates(slits)
    has_flat = all(slit.has("var_flat") for slit in slits)
    var_flat = slits.packed("var_flat") if has_flat else array_namespace(rates.data).zeros_like(rates.data)
    scale_rates(rates, in_planes(var_flat, packing_of(slits.windows)), correction, divide, match_flags)


def on_backend(values, dtype):
    """Values for each slit, on the backend."""
    return current_backend().asarray(np.ascontiguousarray(values, dtype), REFERENCES)
