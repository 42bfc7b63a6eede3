"""Leave out instructions that cancel, and join those that can be joined.

From one image to another by the sky, longitudes and latitudes are made of directions, and directions of these again;
turned by one matrix and then another. What is left are the polynomials, one matrix and a quotient. Directions keep
their length, one, so that none has to be made anew.
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
    for instruction in instructions:
        read = tuple(same.get(register, register) for register in instruction.read)
        instruction = instruction._replace(read=read)
        if known := _cancelled(instruction, makers):
            same |= dict(zip(instruction.written, known, strict=True))
            continue
        while joined := _joined(instruction, makers):
            instruction = joined
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


def _cancelled(instruction: Instruction, makers: dict[int, Instruction]) -> Registers | None:
    """The registers that hold already what an instruction would make: a direction, of which its angles were made."""
    maker = _maker(instruction, makers)
    if maker is not None and (maker.operation, instruction.operation) == (op.TO_SPHERICAL, op.TO_CARTESIAN):
        return maker.read
    return None


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
