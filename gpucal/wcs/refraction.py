"""The index of refraction of the prism.

Sources: see `gpucal.kernels.wcs.optics`; which of the two forms holds is as in the transform ``Snell`` of stdatamodels,
https://stdatamodels.readthedocs.io/en/latest/jwst/transforms.
"""

import numpy as np

from gpucal.kernels.wcs import instructions as op
from gpucal.wcs.program import Instruction, assembled

_ZERO_CELSIUS = 273.15
_AIR_AT = 15.0  # degrees C
_AIR_PER_DEGREE = 3.4785e-3

# Degrees above the temperature of the coefficients from where on air and heat count.
_WARM = 20.0


def index_constants(prism) -> tuple[float, ...]:
    """The constants of the instruction SELLMEIER for a prism.

    Parameters
    ----------
    prism : mapping
        ``kcoef``, ``lcoef`` (micron^2) and ``tcoef`` are the coefficients of the glass; ``ref_temp``, ``temp`` (K),
        ``ref_pressure`` and ``pressure`` (atmospheres) those for which they hold, and those of the instrument.
    """
    glass = (*map(float, prism["kcoef"]), *map(float, prism["lcoef"]))
    difference = prism["temp"] - prism["ref_temp"]
    if difference < _WARM:
        return (*glass, 0.0, 0.0, 0.0, 0.0, 0.0)
    first, second, third, resonance, resonance_2, wavelength = map(float, prism["tcoef"])
    # The transform takes the pressure of reference for that of the instrument.
    around, reference = (
        prism["ref_pressure"] / (1.0 + (temperature - _ZERO_CELSIUS - _AIR_AT) * _AIR_PER_DEGREE)
        for temperature in (prism["temp"], prism["ref_temp"])
    )
    heat = first * difference + second * difference**2 + third * difference**3
    return (*glass, around, reference, heat, resonance * difference + resonance_2 * difference**2, wavelength)


def index_of_refraction(prism, wavelengths: np.ndarray) -> np.ndarray:
    """The index of refraction of a prism at wavelengths, micron; see `index_constants`."""
    instruction = Instruction(op.SELLMEIER, (1,), (0,), index_constants(prism))
    return assembled([instruction], 1, (1,)).at(wavelengths)[0]
