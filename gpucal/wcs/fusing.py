"""Leave out instructions that cancel, and join those that can be joined.

From one image to another by the sky, longitudes and latitudes are made of directions, and directions of these again;
turned by one matrix and then another. What is left are the polynomials, one matrix and a quotient. Where the pointing
was corrected, directions go through a plane: that is a matrix, too, but they do not keep their length, one. So they are
made anew where something asks for it.
"""

from collections.abc import Callable

import numpy as np

from gpucal.kernels.wcs import instructions as op
from gpucal.wcs.program import Instruction

Registers = tuple[int, ...]


def fused(
    instructions: list[Instruction], ninputs: int, results: Registers
) -> tuple[list[Instruction], int, Registers]:
    """Make a shorter list of instructions.

    Parameters
    ----------
    instructions : list of Instruction
        In order; each writes to registers of its own.
    ninputs : int
        Registers that hold inputs.
    results : tuple of int
        The registers of the outputs.

    Returns
    -------
    instructions, ninputs, results
        In the same form.
    """
    makers: dict[int, Instruction] = {}  # the instruction that wrote a register
    same: dict[int, int] = {}  # registers that hold what another one holds
    made: list[Instruction] = []
    for number, instruction in enumerate(instructions):
        read = tuple(same.get(register, register) for register in instruction.read)
        instruction = instruction._replace(read=read)
        known = _direction_known(instruction, makers)
        if known and (_is_unit(known, makers) or _is_direction(instruction.written, instructions[number:], results)):
            same |= dict(zip(instruction.written, known, strict=True))
            continue
        instruction = _through_plane(instruction, makers) or instruction
        while joined := _joined(instruction, makers):
            instruction = joined
        if instruction.operation == op.SCALE and instruction.constants == (1.0,):
            same[instruction.written[0]] = instruction.read[0]
            continue
        if instruction.operation == op.TO_CARTESIAN:
            instruction = instruction._replace(operation=op.TO_CARTESIAN_NEAR)
        makers |= dict.fromkeys(instruction.written, instruction)
        made.append(instruction)
    results = tuple(same.get(register, register) for register in results)
    return _needed(made, results), ninputs, results


def _maker(instruction: Instruction, makers: dict[int, Instruction]) -> Instruction | None:
    """The one instruction that wrote all that an instruction reads, in this order and nothing else."""
    maker = makers.get(instruction.read[0]) if instruction.read else None
    return maker if maker is not None and maker.written == instruction.read else None


def _direction_known(instruction: Instruction, makers: dict[int, Instruction]) -> Registers | None:
    """The direction, of any length, of which the angles were made that an instruction makes a direction of."""
    maker = _maker(instruction, makers)
    if maker is not None and (maker.operation, instruction.operation) == (op.TO_SPHERICAL, op.TO_CARTESIAN):
        return maker.read
    return None


def _is_unit(direction: Registers, makers: dict[int, Instruction]) -> bool:
    """Whether the length of a direction is one."""
    maker = makers.get(direction[0])
    if maker is None or maker.written != direction:
        return False
    if maker.operation == op.MATRIX_3D:
        matrix = np.reshape(maker.constants, (3, 3))
        return np.allclose(matrix @ matrix.T, np.eye(3), rtol=0, atol=1e-14) and _is_unit(maker.read, makers)
    return maker.operation in (op.TO_CARTESIAN, op.TO_CARTESIAN_NEAR, op.UNPROJECT)


def _is_direction(registers: Registers, later: list[Instruction], results: Registers) -> bool:
    """Whether nothing that later instructions make of three coordinates depends on their length."""
    if {*registers} & {*results}:
        return False
    for instruction in later:
        if not {*registers} & {*instruction.read}:
            continue
        if instruction.operation == op.MATRIX_3D and instruction.read == registers:
            if not _is_direction(instruction.written, later, results):
                return False
        elif instruction.operation == op.DIVIDE and {*instruction.read} <= {*registers}:
            continue
        elif instruction.operation != op.TO_SPHERICAL or instruction.read != registers:
            return False
    return True


def _through_plane(instruction: Instruction, makers: dict[int, Instruction]) -> Instruction | None:
    """One matrix for a projection of directions on a plane, a linear change there, and a matrix on the way back.

    The point (y / x, z / x) of a direction (x, y, z) becomes the direction (1, y', z'): x times that is as good.
    """
    if instruction.operation != op.MATRIX_3D:
        return None
    one, *point = (makers.get(register) for register in instruction.read)
    if one is None or (one.operation, one.constants) != (op.CONSTANT, (1.0,)) or point[0] is not point[1]:
        return None
    change = point[0]
    if change is None or change.operation != op.AFFINE_2D or change.written != instruction.read[1:]:
        return None
    left, right = (makers.get(register) for register in change.read)
    if left is None or right is None or {left.operation, right.operation} != {op.DIVIDE}:
        return None
    (y, x), (z, depth) = left.read, right.read
    if x != depth:
        return None
    plane = np.eye(3)
    plane[1:, 1:], plane[1:, 0] = np.reshape(change.constants[:4], (2, 2)), change.constants[4:]
    matrix = np.reshape(instruction.constants, (3, 3)) @ plane
    return instruction._replace(read=(x, y, z), constants=tuple(matrix.ravel().tolist()))


def _joined(instruction: Instruction, makers: dict[int, Instruction]) -> Instruction | None:
    """One instruction for this one and the one before; None where there is none."""
    maker = _maker(instruction, makers)
    join = _JOINED.get((maker.operation, instruction.operation)) if maker is not None else None
    return None if join is None else join(maker, instruction)


def _sum(first: Instruction, second: Instruction) -> Instruction:
    return second._replace(read=first.read, constants=(first.constants[0] + second.constants[0],))


def _product(first: Instruction, second: Instruction) -> Instruction:
    return second._replace(read=first.read, constants=(first.constants[0] * second.constants[0],))


def _matrix_product(first: Instruction, second: Instruction) -> Instruction:
    one, other = (np.reshape(instruction.constants, (3, 3)) for instruction in (first, second))
    return second._replace(read=first.read, constants=tuple((other @ one).ravel().tolist()))


def _projection(first: Instruction, second: Instruction) -> Instruction:
    return Instruction(op.PROJECT, second.written, first.read)


def _direction(first: Instruction, second: Instruction) -> Instruction:
    return Instruction(op.UNPROJECT, second.written, first.read)


_JOINED: dict[tuple[int, int], Callable[[Instruction, Instruction], Instruction]] = {
    (op.SHIFT, op.SHIFT): _sum,
    (op.SCALE, op.SCALE): _product,
    (op.MATRIX_3D, op.MATRIX_3D): _matrix_product,
    (op.TO_SPHERICAL, op.TO_TANGENT_PLANE): _projection,
    (op.FROM_TANGENT_PLANE, op.TO_CARTESIAN): _direction,
}


def _needed(instructions: list[Instruction], results: Registers) -> list[Instruction]:
    """The instructions of which something is read."""
    wanted, kept = set(results), []
    for instruction in reversed(instructions):
        if wanted & {*instruction.written}:
            wanted |= {*instruction.read}
            kept.append(instruction)
    return kept[::-1]
