"""Instructions of transforms that spectrographs need: directions at gratings and prisms, comparisons.

Sources: the transforms of stdatamodels, https://stdatamodels.readthedocs.io/en/latest/jwst/transforms, and of gwcs,
https://gwcs.readthedocs.io.
"""

from collections.abc import Callable

import numpy as np

from gpucal.kernels.wcs import instructions as op
from gpucal.kernels.wcs import tables
from gpucal.wcs.matrices import about
from gpucal.wcs.nodes import FROM_DIRECTIONS
from gpucal.wcs.refraction import index_constants

_MICRON = 1e6  # in a metre

# The first two rows of matrices: of the identity, and of a reflection that turns both coordinates.
_SAME = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
_REFLECTED = np.diag([-1.0, -1.0, 1.0])

_COMPARISONS = {"GT": tables.GREATER, "LT": tables.LESS, "EQ": tables.EQUAL, "NE": tables.OTHER}


def _facing(lowering, matrix, inputs):
    """Two rows of a matrix times a vector, and the third coordinate that makes it a direction."""
    return lowering.add(op.FACING, 3, inputs, np.ravel(np.asarray(matrix)[:2]))


def _coordinates(lowering, transform, inputs):
    """Between the vector (x, y, 1) and its direction cosines."""
    if transform["model_type"] in FROM_DIRECTIONS:
        x, y, z = inputs
        return lowering.add(op.DIVIDE, 1, (x, z)) + lowering.add(op.DIVIDE, 1, (y, z))
    vector = (*inputs, *lowering.add(op.CONSTANT, 1, (), (1.0,)))
    (length,) = lowering.add(op.LENGTH, 1, vector)
    return tuple(register for one in vector for register in lowering.add(op.DIVIDE, 1, (one, length)))


def _rotate(lowering, transform, inputs):
    """Rotations one after another; each makes the third coordinate anew."""
    for angle, axis in zip(transform["angles"], transform["axes_order"], strict=True):
        inputs = _facing(lowering, about(axis, angle), inputs)
    return inputs


def _grating(lowering, transform, inputs):
    """The grating equation for direction cosines, solved for the wavelength or for the way out.

    Gwcs takes the angles between the way in and the normal, and has no input that it does not use. Stdatamodels takes
    those with the opposite sign.
    """
    density = float(transform["groove_density"]) * float(transform["order"])
    is_gwcs = "gwcs" in transform._tag
    if transform["output"] == "wavelength":
        (total,) = lowering.add(op.ADD, 1, (inputs[0], inputs[-1]))
        return lowering.add(op.SCALE, 1, (total,), (1 / density if is_gwcs else -1 / density,))
    sign = 1.0 if is_gwcs else -1.0
    return _facing(lowering, [[-density, sign, 0.0], [0.0, 0.0, -1.0]], inputs[:3])


def _prism(lowering, transform, inputs):
    """Through the front of a prism, from its back, and out at the front."""
    wavelength, *direction = inputs
    (index,) = lowering.add(op.SCALE, 1, (wavelength,), (_MICRON,))
    (index,) = lowering.add(op.SELLMEIER, 1, (index,), index_constants(transform))
    inside = _refract(lowering, op.DIVIDE, index, direction)
    at_back = _facing(lowering, about("y", transform["prism_angle"]), inside)
    reflected = _facing(lowering, about("y", -transform["prism_angle"]) @ _REFLECTED, at_back)
    return _refract(lowering, op.MULTIPLY, index, reflected)


def _refract(lowering, operation: int, index: int, direction):
    """Snell's law: the first two cosines divided by the index, or times it on the way out."""
    x, y = (lowering.add(operation, 1, (cosine, index))[0] for cosine in direction[:2])
    return _facing(lowering, _SAME, (x, y, direction[2]))


def _index_from_prism(lowering, transform, inputs):
    """The index of refraction of a prism that turns light from the cosines alpha, beta to alpha."""
    alpha, beta, alpha_out = inputs
    sine, cosine = np.sin(np.deg2rad(transform["prism_angle"])), np.cos(np.deg2rad(transform["prism_angle"]))
    (turned,) = lowering.add(op.SCALE, 1, (alpha,), (1 - 2 * sine**2,))
    (total,) = lowering.add(op.ADD, 1, (alpha_out, turned))
    (total,) = lowering.add(op.SCALE, 1, (total,), (1 / (2 * sine * cosine),))
    return lowering.add(op.LENGTH, 1, (total, alpha, beta))


def _logical(lowering, transform, inputs):
    comparison = _COMPARISONS[str(transform["condition"]).upper()]
    return lowering.add(op.REPLACE, 1, inputs, (comparison, transform["compareto"], transform["value"]))


LOWERINGS_OF_SPECTRA: dict[str, Callable] = {
    "coords": _coordinates,
    "rotation_sequence": _rotate,
    "grating_equation": _grating,
    "snell": _prism,
    "refraction_index_from_prism": _index_from_prism,
    "logical": _logical,
}
