"""From transforms to instructions.

Mappings, identities, chains and transforms side by side become names of registers, and cost nothing.
"""

from collections.abc import Callable
from itertools import count

import numpy as np

from gpucal.errors import GpucalError
from gpucal.kernels.wcs import instructions as op
from gpucal.wcs.fits_imaging import as_chain
from gpucal.wcs.fusing import fused
from gpucal.wcs.lowering_grisms import LOWERINGS_OF_GRISMS
from gpucal.wcs.lowering_labels import LOWERINGS_OF_LABELS
from gpucal.wcs.lowering_spectra import LOWERINGS_OF_SPECTRA
from gpucal.wcs.matrices import sequence
from gpucal.wcs.nodes import kind_of, number_of_inputs
from gpucal.wcs.program import Instruction, Program, assembled

Registers = tuple[int, ...]


class UnknownTransformError(GpucalError):
    """A transform of a kind for which there are no instructions."""


def program_of(*transforms, fuse: bool = False) -> Program:
    """The program of transforms, one after another.

    Parameters
    ----------
    *transforms : node
        See `gpucal.wcs.nodes`.
    fuse : bool
        Whether to leave out what cancels, and to join what can be joined: faster, and as near to the true value, but
        not rounded as the transforms are, one by one. See `gpucal.wcs.fusing`.

    Returns
    -------
    Program

    Raises
    ------
    UnknownTransformError
        If one is of a kind that is not known.
    """
    ninputs = number_of_inputs(transforms[0])
    lowering = Lowering(ninputs)
    registers = tuple(range(ninputs))
    for transform in transforms:
        registers = lowering.lower(transform, registers)
    if fuse:
        return assembled(*fused(lowering.instructions, ninputs, registers))
    return assembled(lowering.instructions, ninputs, registers)


class Lowering:
    """Instructions, as they are made.

    Parameters
    ----------
    ninputs : int
        Registers that are taken from the beginning.
    """

    def __init__(self, ninputs: int):
        self.instructions: list[Instruction] = []
        self._numbers = count(ninputs)

    def lower(self, transform, inputs: Registers) -> Registers:
        """Add the instructions of a transform on these registers; the registers of what it gives."""
        kind = kind_of(transform)
        if kind not in _LOWERINGS:
            raise UnknownTransformError(f"transforms of kind {kind or 'unknown'} are not known")
        return _LOWERINGS[kind](self, transform, inputs)

    def add(self, operation: int, nwritten: int, read: Registers, constants=(), nscratch: int = 0) -> Registers:
        """Add an instruction; the registers that it writes, without those that it needs as scratch memory."""
        written = tuple(next(self._numbers) for _ in range(nwritten + nscratch))
        self.instructions.append(Instruction(operation, written, read, tuple(map(float, constants))))
        return written[:nwritten]

    def constant_in(self, register: int) -> float | None:
        """The number that a register always holds; None where that is not known."""
        for instruction in self.instructions:
            if register in instruction.written and instruction.operation == op.CONSTANT:
                return instruction.constants[0]
        return None


def _compose(lowering, transform, inputs):
    for part in transform["forward"]:
        inputs = lowering.lower(part, inputs)
    return inputs


def _concatenate(lowering, transform, inputs):
    outputs: Registers = ()
    for part in transform["forward"]:
        own, inputs = inputs[: number_of_inputs(part)], inputs[number_of_inputs(part) :]
        outputs += lowering.lower(part, own)
    return outputs


def _arithmetic(operation: int) -> Callable:
    def lower(lowering, transform, inputs):
        left, right = (lowering.lower(part, inputs) for part in transform["forward"])
        pairs = zip(left, right, strict=True)
        return tuple(register for pair in pairs for register in lowering.add(operation, 1, pair))

    return lower


def _by_number(operation: int, name: str) -> Callable:
    def lower(lowering, transform, inputs):
        return lowering.add(operation, 1, inputs, (transform[name],))

    return lower


def _remap(lowering, transform, inputs):
    return tuple(inputs[axis] for axis in transform["mapping"])


def _constant(lowering, transform, inputs):
    return lowering.add(op.CONSTANT, 1, (), (transform["value"],))


def _linear(lowering, transform, inputs):
    return lowering.add(op.POLYNOMIAL_1D, 1, inputs, (1, transform["slope"], transform["intercept"]))


def _polynomial(lowering, transform, inputs):
    coefficients = np.asarray(transform["coefficients"], float)
    for ends in (transform.get("domain"), transform.get("window")):
        if ends is not None and not np.array_equal(np.broadcast_to([-1, 1], np.shape(ends)), ends):
            raise UnknownTransformError("polynomials with a domain or window of their own are not known")
    degree = len(coefficients) - 1
    if coefficients.ndim == 1:
        return lowering.add(op.POLYNOMIAL_1D, 1, inputs, (degree, *coefficients[::-1]))
    falling = [coefficients[i, j] for j in range(degree, -1, -1) for i in range(degree - j, -1, -1)]
    return lowering.add(op.POLYNOMIAL_2D, 1, inputs, (degree, *falling), nscratch=2)


def _tabular(lowering, transform, inputs):
    points, values = np.asarray(transform["points"][0], float), np.asarray(transform["lookup_table"], float)
    if len(transform["points"]) != 1 or transform.get("method", "linear") != "linear" or points.size < 2:
        raise UnknownTransformError("of tables those of one coordinate, linear between two points or more, are known")
    if points[0] > points[-1]:
        points, values = points[::-1], values[::-1]
    beyond = transform.get("fill_value")
    return lowering.add(op.TABLE_1D, 1, inputs, (points.size, beyond is None, beyond or 0.0, *points, *values))


def _affine(lowering, transform, inputs):
    return lowering.add(op.AFFINE_2D, 2, inputs, (*np.ravel(transform["matrix"]), *np.ravel(transform["translation"])))


def _rotate_sequence(lowering, transform, inputs):
    matrix = sequence(transform["angles"], transform["axes_order"]).ravel()
    if transform.get("rotation_type") != "spherical":
        return lowering.add(op.MATRIX_3D, 3, inputs, matrix)
    direction = lowering.add(op.MATRIX_3D, 3, lowering.add(op.TO_CARTESIAN, 3, inputs), matrix)
    return lowering.add(op.TO_SPHERICAL, 2, direction, (180.0,))


def _sphere(lowering, transform, inputs):
    if transform["transform_type"] == "spherical_to_cartesian":
        return lowering.add(op.TO_CARTESIAN, 3, inputs)
    return lowering.add(op.TO_SPHERICAL, 2, inputs, (transform.get("wrap_lon_at", 360),))


def _gnomonic(lowering, transform, inputs):
    to_sky = transform["direction"] == "pix2sky"
    return lowering.add(op.FROM_TANGENT_PLANE if to_sky else op.TO_TANGENT_PLANE, 2, inputs)


def _rotate_sky(lowering, transform, inputs):
    """Between native and celestial coordinates; the sky is where the native pole is, and its own pole's longitude."""
    longitude, latitude, pole = (float(transform[name]) for name in ("phi", "theta", "psi"))
    matrix = sequence([pole - 90.0, latitude - 90.0, -90.0 - longitude], "zxz")
    to_sky = transform["direction"] == "native2celestial"
    if not to_sky:
        matrix = matrix.T
    direction = lowering.add(op.MATRIX_3D, 3, lowering.add(op.TO_CARTESIAN, 3, inputs), matrix.ravel())
    return lowering.add(op.TO_SPHERICAL, 2, direction, (360.0 if to_sky else 180.0,))


def _rotate_plane(lowering, transform, inputs):
    cosine, sine = np.cos(np.deg2rad(transform["angle"])), np.sin(np.deg2rad(transform["angle"]))
    return lowering.add(op.AFFINE_2D, 2, inputs, (cosine, -sine, sine, cosine, 0.0, 0.0))


def _fixed(lowering, transform, inputs):
    """Some inputs are constants: those named, or of these numbers."""
    inner, fixed = transform["forward"]
    given = iter(inputs)
    values = dict(zip(fixed["keys"], fixed["values"], strict=True))
    names = inner.get("inputs") or [None] * number_of_inputs(inner)
    registers = ()
    for number, name in enumerate(names):
        value = values.get(name, values.get(number))
        registers += (next(given),) if value is None else lowering.add(op.CONSTANT, 1, (), (value,))
    return lowering.lower(inner, registers)


_LOWERINGS: dict[str, Callable] = {
    "compose": _compose,
    "concatenate": _concatenate,
    "add": _arithmetic(op.ADD),
    "subtract": _arithmetic(op.SUBTRACT),
    "multiply": _arithmetic(op.MULTIPLY),
    "divide": _arithmetic(op.DIVIDE),
    "power": _arithmetic(op.POWER),
    "identity": lambda lowering, transform, inputs: inputs,
    "remap_axes": _remap,
    "shift": _by_number(op.SHIFT, "offset"),
    "scale": _by_number(op.SCALE, "factor"),
    "multiplyscale": _by_number(op.SCALE, "factor"),
    "constant": _constant,
    "linear1d": _linear,
    "polynomial": _polynomial,
    "tabular": _tabular,
    "affine": _affine,
    "rotate_sequence_3d": _rotate_sequence,
    "spherical_cartesian": _sphere,
    "gnomonic": _gnomonic,
    "rotate3d": _rotate_sky,
    "rotate2d": _rotate_plane,
    "fix_inputs": _fixed,
    "fitswcs_imaging": lambda lowering, transform, inputs: lowering.lower(as_chain(transform), inputs),
    **LOWERINGS_OF_SPECTRA,
    **LOWERINGS_OF_LABELS,
    **LOWERINGS_OF_GRISMS,
}
