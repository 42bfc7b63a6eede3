"""Run a coordinate program for each label of an image, all in one launch.

The pixels of each label stand in a list, cut into strips, so that all pixels of a strip have the same program.
"""

import math

from gpucal.backend import pixel_function, strip_kernel
from gpucal.backend.fit import check_fit, check_indices
from gpucal.backend.strips import Scratch
from gpucal.kernels.wcs.instructions import COLUMNS
from gpucal.kernels.wcs.interpreter import run_program

# Pixels of a strip: a program is decoded once for so many.
STRIP = 256

# Columns of a row that tells of a program, and of one that tells of a strip.
FIRST_INSTRUCTION, END_OF_INSTRUCTIONS, PROGRAM_COLUMNS = 0, 1, 2
PROGRAM, FIRST_PIXEL, COUNT, STRIP_COLUMNS = 0, 1, 2, 3


def evaluate_by_label(
    code, constants, programs, results, boxes, nregisters, strips, pixels, targets, columns, offset, out
):
    """Evaluate at the pixels of labels the program of their label.

    Parameters
    ----------
    code : (ninstructions, 8) int64 array
        The instructions of all programs; see `gpucal.kernels.wcs.instructions`. Registers 0 and 1 hold x and y at the
        beginning.
    constants : (nconstants,) float64 array
        Of all instructions.
    programs : (nprograms, 2) int64 array
        The first instruction of each, and the one after its last.
    results : (nprograms, nresults) int64 array
        The registers to give back.
    boxes : (nprograms, 4) float64 array
        Where each is valid: least and greatest x, least and greatest y.
    nregisters : int
        How many there are, of the program that has most.
    strips : (nstrips, 3) int64 array
        The program of each strip, the place of its first pixel in the list, and how many pixels, no more than `STRIP`.
    pixels, targets : (npixels,) int32 array
        Pixels of the image, counted row by row, and where what is found at them is written.
    columns : int
        How many the image has.
    offset : tuple of float
        How far from the centers of pixels, along x and y.
    out : (nresults, ntargets) float64 array
        Filled; NaN for pixels outside of the box of their program.
    """
    check_fit(
        code=(code, ("n", COLUMNS)),
        programs=(programs, ("nprograms", PROGRAM_COLUMNS)),
        results=(results, "nprograms nresults"),
        boxes=(boxes, ("nprograms", 4)),
        strips=(strips, ("nstrips", STRIP_COLUMNS)),
        pixels=(pixels, "npixels"),
        targets=(targets, "npixels"),
        out=(out, "nresults ntargets"),
    )
    check_indices(targets, out.shape[1])
    tables = code, constants, programs, results, boxes, strips, pixels, targets
    run_by_label((strips.shape[0], STRIP), Scratch(state=nregisters + 1), *tables, columns, *map(float, offset), out)


@strip_kernel
def run_by_label(
    strip, begin, end, samples, state, code, constants, programs, results, boxes, strips, pixels, targets, columns,
    dx, dy, out,
):  # fmt: skip
    """One strip of pixels of a label."""
    program, first = strips[strip, PROGRAM], strips[strip, FIRST_PIXEL]
    width = min(end, strips[strip, COUNT], pixels.size - first) - begin
    if width <= 0:
        return
    places, goals = pixels[first + begin : first + begin + width], targets[first + begin : first + begin + width]
    x, y = state[0], state[1]
    for lane in range(width):
        row = places[lane] // columns
        x[lane] = places[lane] - row * columns + dx
        y[lane] = row + dy
    outside = state[state.shape[0] - 1]
    mark_outside(width, outside, x, y, boxes[program])
    own = code[programs[program, FIRST_INSTRUCTION] : programs[program, END_OF_INSTRUCTIONS]]
    run_program(width, state, own, constants)
    for result in range(results.shape[1]):
        values = state[results[program, result]]
        for lane in range(width):
            out[result, goals[lane]] = values[lane] + outside[lane]


@pixel_function
def mark_outside(width, outside, x, y, box):
    """NaN where a place is outside of a box, else 0."""
    for lane in range(width):
        inside = box[0] <= x[lane] <= box[1] and box[2] <= y[lane] <= box[3]
        outside[lane] = 0.0 if inside else math.nan
