"""One walk over input pixels does all planes of a tile of output pixels.

A tile is owned by one thread: it looks at those strips of input pixels that may reach the tile, in the order of the
input, works out the weights of all pixels of a strip together, and adds what falls into the tile, pixel after pixel.
So each output pixel gets its contributions in the order of the input, and its sums do not depend on tiles, threads or
strips. Weights are rounded to float32, as in the package drizzle; sums are in float64.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import pixel_function, pixel_kernel
from gpucal.kernels.resample.square import overlap_squares, place_squares, prepare_squares
from gpucal.kernels.resample.work import CELLS, FACTOR, FIRST_X, FIRST_Y, LAST_X, LAST_Y

# Pixels of a strip: enough for vector code, and no more than a strip's work may have in the nearest cache.
LANES = 64

# Sums of a cell that are added to together.
AT_ONCE = 5


class Block(NamedTuple):
    """Rows of an input image, on their way to the output.

    Attributes
    ----------
    values : (nplanes, nrows, nx) float32 array
        The planes.
    weight : (nrows, nx) float32 array
        Weights.
    pixel_map : (2, nmap, nx) float64 array
        Where the centres of pixels are on the output grid, with further rows about those of the block.
    limits : (nrows, 2) int64 array
        The columns, first and one after last, of each row that are used.
    reach : (nrows, nstrips, 4) float64 array
        The cells about each strip: first and last column, first and last row.
    first_row, last_row : int
        In the map: of the first row of the block; of the last row of the image, if there, otherwise a larger number.
    scale : float32
        What values are multiplied by.
    """

    values: object
    weight: object
    pixel_map: object
    limits: object
    reach: object
    first_row: int
    last_row: int
    scale: np.float32


class Tiling(NamedTuple):
    """How the output is cut into tiles.

    Attributes
    ----------
    first_row, stop_row : int
        The rows to be worked on.
    rows, columns : int
        Of a tile.
    """

    first_row: int
    stop_row: int
    rows: int
    columns: int


class Tile(NamedTuple):
    """A rectangle of output pixels."""

    first_x: int
    stop_x: int
    first_y: int
    stop_y: int


@pixel_kernel
def find_reach(row, strip, block):
    """Write the cells that a strip of pixels may reach: those about the centres of its pixels and their neighbours.

    Corners of the image are beyond the centres of pixels by no more than the strip is wide.
    """
    ny, nx = block.pixel_map.shape[1:]
    begin, end = max(strip * LANES - 1, 0), min(strip * LANES + LANES + 1, nx)
    center = block.first_row + row
    outermost = begin == 0 or end == nx or center == 0 or center == block.last_row
    for axis in range(2):
        least, most = math.inf, -math.inf
        for y in range(max(center - 1, 0), min(center + 2, ny)):
            places = block.pixel_map[axis, y, begin:end]
            for lane in range(end - begin):
                least = places[lane] if places[lane] < least else least
                most = places[lane] if places[lane] > most else most
        beyond = most - least if outermost else 0.0
        block.reach[row, strip, 2 * axis] = np.floor(least - beyond + 0.5)
        block.reach[row, strip, 2 * axis + 1] = np.floor(most + beyond + 0.5)


@pixel_kernel
def add_to_tiles(tile_y, tile_x, tiling, block, half, patch, sums, work, values):
    """Add a block of input rows to one tile."""
    top = tiling.first_row + tile_y * tiling.rows
    left = tile_x * tiling.columns
    tile = Tile(left, min(left + tiling.columns, sums.shape[1]), top, min(top + tiling.rows, tiling.stop_row))
    number = tile_y * (-(-sums.shape[1] // tiling.columns)) + tile_x
    for row in range(block.weight.shape[0]):
        first, stop = block.limits[row, 0], block.limits[row, 1]
        for strip in range(first // LANES, -(-stop // LANES)):
            reach = block.reach[row, strip]
            if reach[0] < tile.stop_x and reach[1] >= tile.first_x:
                if reach[2] < tile.stop_y and reach[3] >= tile.first_y:
                    begin, end = max(strip * LANES, first), min(strip * LANES + LANES, stop)
                    add_strip(work[number], values[number], tile, block, row, begin, end - begin, half, patch, sums)


@pixel_function
def add_strip(work, values, tile, block, row, first, count, half, patch, sums):
    """Add a strip of pixels to a tile."""
    place_squares(work, block.pixel_map, block.first_row + row, block.last_row, first, count, half)
    begin, end = 0, count
    while begin < end and not reaches(work, tile, begin):
        begin += 1
    while begin < end and not reaches(work, tile, end - 1):
        end -= 1
    if begin == end:
        return
    ncolumns, nrows = 1, 1
    for lane in range(begin, end):
        work[FACTOR, lane] = block.weight[row, first + lane]
        if reaches(work, tile, lane):
            ncolumns = max(ncolumns, int(min(work[LAST_X, lane] - work[FIRST_X, lane] + 1, float(patch))))
            nrows = max(nrows, int(min(work[LAST_Y, lane] - work[FIRST_Y, lane] + 1, float(patch))))
    # Indices without a sign need no test for one, and the loops over lanes can be compiled for vector registers.
    first_lane, stop_lane = np.uint64(begin), np.uint64(end)
    prepare_squares(work, first_lane, stop_lane)
    overlap_squares(work, first_lane, stop_lane, 0, 0, ncolumns, nrows)
    multiply_cells(work, first_lane, stop_lane, ncolumns * nrows)
    for lane in range(begin, end):
        if reaches(work, tile, lane) and block.weight[row, first + lane] != 0:
            values[0], total = 1.0, 0.0
            for plane in range(block.values.shape[0]):
                values[1 + plane] = block.values[plane, row, first + lane] * block.scale
                total += values[1 + plane]
            finite = total - total == 0  # then a weight of zero changes nothing, and needs no branch
            add_window(work, lane, tile, 0, 0, ncolumns, nrows, values, finite, sums)
            if work[LAST_X, lane] - work[FIRST_X, lane] >= ncolumns or work[LAST_Y, lane] - work[FIRST_Y, lane] >= nrows:
                add_large(work, lane, tile, ncolumns, nrows, values, finite, sums)


@pixel_function
def multiply_cells(work, begin, end, ncells):
    """Make weights of the shares of cells: multiplied by the factor of the pixel, rounded to float32."""
    factor = work[FACTOR]
    for cell in range(CELLS, CELLS + ncells):
        share = work[cell]
        for lane in range(begin, end):
            share[lane] = np.float32(share[lane] * factor[lane])


@pixel_function
def reaches(work, tile, lane):
    """Whether the cells about a pixel and the tile have any in common."""
    return (
        work[FIRST_X, lane] < tile.stop_x
        and work[LAST_X, lane] >= tile.first_x
        and work[FIRST_Y, lane] < tile.stop_y
        and work[LAST_Y, lane] >= tile.first_y
    )


@pixel_function
def add_large(work, lane, tile, ncolumns, nrows, values, finite, sums):
    """Add a pixel that reaches more cells than a window has: one window after the other, but the first."""
    first_x, first_y = work[FIRST_X, lane], work[FIRST_Y, lane]
    stop_x, stop_y = min(work[LAST_X, lane] + 1, float(tile.stop_x)), min(work[LAST_Y, lane] + 1, float(tile.stop_y))
    row = int(max(tile.first_y - first_y, 0.0)) // nrows * nrows
    while first_y + row < stop_y:
        column = int(max(tile.first_x - first_x, 0.0)) // ncolumns * ncolumns
        while first_x + column < stop_x:
            if row > 0 or column > 0:
                overlap_squares(work, np.uint64(lane), np.uint64(lane + 1), column, row, ncolumns, nrows)
                multiply_cells(work, np.uint64(lane), np.uint64(lane + 1), ncolumns * nrows)
                add_window(work, lane, tile, column, row, ncolumns, nrows, values, finite, sums)
            column += ncolumns
        row += nrows


@pixel_function
def add_window(work, lane, tile, column, row, ncolumns, nrows, values, finite, sums):
    """Add to the sums what a pixel adds to the cells of a window: some planes at once, others one by one."""
    x, y = int(work[FIRST_X, lane]) + column, int(work[FIRST_Y, lane]) + row
    first_i, stop_i = max(tile.first_x - x, 0), min(tile.stop_x - x, ncolumns)
    first_j, stop_j = max(tile.first_y - y, 0), min(tile.stop_y - y, nrows)
    plane = 0
    while plane + AT_ONCE <= values.size:
        a, b, c, d, e = values[plane], values[plane + 1], values[plane + 2], values[plane + 3], values[plane + 4]
        for j in range(first_j, stop_j):
            cells = sums[np.uint64(y + j)]
            for i in range(first_i, stop_i):
                weight = work[np.uint64(CELLS + j * ncolumns + i), lane]
                if finite or weight != 0:
                    cell = cells[np.uint64(x + i), plane:]
                    cell[0] += weight * a
                    cell[1] += weight * b
                    cell[2] += weight * c
                    cell[3] += weight * d
                    cell[4] += weight * e
        plane += AT_ONCE
    for rest in range(plane, values.size):
        value = values[rest]
        for j in range(first_j, stop_j):
            cells = sums[np.uint64(y + j)]
            for i in range(first_i, stop_i):
                weight = work[np.uint64(CELLS + j * ncolumns + i), lane]
                if finite or weight != 0:
                    cells[np.uint64(x + i), rest] += weight * value
