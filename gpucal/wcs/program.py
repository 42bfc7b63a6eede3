"""Programs: a transform as a list of instructions, evaluated by a kernel."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.kernels.wcs.instructions import COLUMNS
from gpucal.kernels.wcs.interpreter import evaluate_at_points, evaluate_on_grid


class Instruction(NamedTuple):
    """What to do with which registers.

    Attributes
    ----------
    operation : int
        One of `gpucal.kernels.wcs.instructions`.
    written, read : tuple of int
        Registers, three at most. Some that are written may be scratch memory alone.
    constants : tuple of float
        In the order that the operation takes them.
    """

    operation: int
    written: tuple[int, ...]
    read: tuple[int, ...] = ()
    constants: tuple[float, ...] = ()


class Program(NamedTuple):
    """A transform that kernels can run.

    Attributes
    ----------
    code : (ninstructions, 8) int64 array
        The instructions.
    constants : (nconstants,) float64 array
        Of all instructions.
    results : (noutputs,) int64 array
        The registers that hold the outputs at the end.
    nregisters, ninputs : int
        Registers in use, and how many of them hold the inputs at the beginning.
    """

    code: np.ndarray
    constants: np.ndarray
    results: np.ndarray
    nregisters: int
    ninputs: int

    def of_results(self, *places: int) -> "Program":
        """The program of some of its results."""
        return self._replace(results=self.results[list(places)])

    def on_grid(self, shape: tuple[int, int], origin: tuple[float, float] = (0.0, 0.0)):
        """Evaluate at the pixels of a rectangle.

        Parameters
        ----------
        shape : tuple of int
            Rows and columns.
        origin : tuple of float
            x and y of the first pixel.

        Returns
        -------
        (noutputs, ny, nx) float64 array
            On the backend.
        """
        if self.ninputs != 2:
            raise ValueError(f"a grid has two coordinates, and the program takes {self.ninputs}")
        out = current_backend().xp.empty((len(self.results), *shape), np.float64)
        evaluate_on_grid(*self._on_backend(), self.nregisters, tuple(map(float, origin)), out)
        return out

    def at(self, *coordinates):
        """Evaluate at points.

        Parameters
        ----------
        *coordinates : array_like
            One for each input, all of one shape.

        Returns
        -------
        (noutputs, ...) float64 array
            On the host, of the shape of the coordinates.

        Raises
        ------
        ValueError
            If there are more or fewer coordinates than the program takes, or their shapes differ.
        """
        if len(coordinates) != self.ninputs:
            raise ValueError(f"the program takes {self.ninputs} coordinates, not {len(coordinates)}")
        points = np.array([np.asarray(axis, np.float64) for axis in coordinates])
        backend = current_backend()
        flat = backend.asarray(np.ascontiguousarray(points.reshape(self.ninputs, -1)), TABLES)
        out = backend.xp.empty((len(self.results), flat.shape[1]), np.float64)
        evaluate_at_points(*self._on_backend(), self.nregisters, flat, out)
        return backend.asnumpy(out, TABLES).reshape(len(self.results), *points.shape[1:])

    def at_places(self, places):
        """Evaluate at places on the backend.

        Parameters
        ----------
        places : (ninputs, ...) float64 array
            On the backend.

        Returns
        -------
        (noutputs, ...) float64 array
            On the backend.
        """
        xp = current_backend().xp
        flat = xp.ascontiguousarray(places.reshape(len(places), -1))
        if len(flat) != self.ninputs:
            raise ValueError(f"the program takes {self.ninputs} coordinates, not {len(flat)}")
        out = xp.empty((len(self.results), flat.shape[1]), np.float64)
        evaluate_at_points(*self._on_backend(), self.nregisters, flat, out)
        return out.reshape(len(self.results), *places.shape[1:])

    def _on_backend(self):
        backend = current_backend()
        return (backend.asarray(table, TABLES) for table in (self.code, self.constants, self.results))


def assembled(instructions: list[Instruction], ninputs: int, results: tuple[int, ...]) -> Program:
    """Make a program of instructions that each write to registers of their own.

    Parameters
    ----------
    instructions : list of Instruction
        In order; the first ``ninputs`` registers hold the inputs.
    ninputs : int
        How many inputs there are.
    results : tuple of int
        The registers of the outputs.

    Returns
    -------
    Program
        A register is used again when what it held is read no more; never by the instruction that reads it last.
    """
    last_read = {register: len(instructions) for register in results}
    for number, instruction in enumerate(instructions):
        for register in instruction.read:
            last_read[register] = max(number, last_read.get(register, 0))
    places = {register: register for register in range(ninputs)}
    free: list[int] = []
    count = ninputs
    code = np.zeros((len(instructions), COLUMNS), np.int64)
    constants: list[float] = []
    for number, (operation, written, read, numbers) in enumerate(instructions):
        for register in written:
            if not free:
                free.append(count)
                count += 1
            places[register] = free.pop()
        row = [operation, *_three(written, places), *_three(read, places), len(constants)]
        code[number] = row
        constants += numbers
        done = {one for one in (*read, *written) if last_read.get(one, number) <= number}
        free += [places[one] for one in done]
    constants.append(0.0)  # an instruction without constants has a place to begin, too
    final = np.array([places[register] for register in results], np.int64)
    return Program(code, np.array(constants), final, count, ninputs)


def _three(registers: tuple[int, ...], places: dict[int, int]) -> list[int]:
    return [*(places[register] for register in registers), *(0,) * (3 - len(registers))]
