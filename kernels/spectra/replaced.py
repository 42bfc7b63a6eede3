"""What pixels of spectra have that are estimated from others: planes, and flags."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import pixel_function
from gpucal.kernels.flags.dqflags import DO_NOT_USE, FLUX_ESTIMATED, NON_SCIENCE

# Planes that are replaced, in their order; those from VARIANCE on are squares.
PLANES = ("data", "err", "var_poisson", "var_rnoise", "var_flat")
VARIANCE = 2


class Pixels(NamedTuple):
    """Packed planes of slits, or of integrations of these.

    Attributes
    ----------
    planes : (5, npixels) float32 array
        See `PLANES`; those that are not there are not used.
    dq : (npixels,) uint32 array
        Flags.
    held : (5,) bool array
        Which planes there are.
    """

    planes: np.ndarray
    dq: np.ndarray
    held: np.ndarray

    def checks(self) -> dict:
        """The planes with their axes: see `gpucal.kernels.spectra.windows.check_packing`."""
        return {
            "planes": (self.planes, "nkinds npixels"),
            "dq": (self.dq, "npixels"),
            "held": (self.held, "nkinds"),
        }


@pixel_function
def estimated(flags):
    """The flags of a pixel whose flux is estimated: it may be used, unless it is none of science."""
    if flags & DO_NOT_USE and not flags & NON_SCIENCE:
        flags ^= np.uint32(DO_NOT_USE)
    return flags | np.uint32(FLUX_ESTIMATED)
