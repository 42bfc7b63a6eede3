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
from gpucal.kernels.resample.drops import place_drops, prepare_drops, share_drops
from gpucal.kernels.resample.work import CELLS, FACTOR, FIRST_X, FIRST_Y, LAST_X, LAST_Y

# Pixels of a strip: enough for vector code, and no more than a strip's work may have in the nearest cache.
LANES = 64

# Sums of a cell that are added to together.
AT_ONCE = 5


class Block(NamedTuple):
    """A rectangle of an input image, on its way to the output.

    Attributes
    ----------
    values : (nplanes, nrows, ncolumns) float32 array
        The planes.
    weight : (nrows, ncolumns) float32 array
        Weights.
    pixel_map : (2, nmap, nmap) float64 array
        Where the centres of pixels are on the output grid: of those of the block, and of those about them that are in
        the image.
    limits : (nrows, 2) int64 array
        The columns of the block, first and one after last, of each row that are used.
    first_row, last_row, first_column, last_column : int
        In the map: the first row of the block, the last row of the image, or a number beyond; and columns.
    scale : float32
        What values are multiplied by.
    flags : (nrows, ncolumns) uint32 array
        Of the pixels; (0, 0) where none are collected.
    """

    values: object
    weight: object
    pixel_map: object
    limits: object
    first_row: int
    last_row: int
    first_column: int
    last_column: int
    scale: np.float32
    flags: object


class Marks(NamedTuple):
    """What output pixels keep beside sums; each may be empty, (0, 0).

    Attributes
    ----------
    touched : (ny, nx) bool array
        Where a weight above zero was added.
    flags : (ny, nx) uint32 array
        Those of all input pixels whose weight there is not zero, together.
    """

    touched: object
    flags: object


class Tiling(NamedTuple):
    """How the output is cut into tiles.

    Attributes
    ----------
    first_x, first_y : int
        The output pixel that the sums begin with.
    first_row, stop_row : int
        The rows of the sums to be worked on.
    rows, columns : int
        Of a tile.
    """

    first_x: int
    first_y: int
    first_row: int
    stop_row: int
    rows: int
    columns: int


class Tile(NamedTuple):
    """A rectangle of output pixels, the output pixel that the sums begin with, and memory for its own use."""

    first_x: int
    stop_x: int
    first_y: int
    stop_y: int
    x0: int
    y0: int
    work: object
    values: object


@pixel_kernel
def find_reach(row, strip, block, margin, reach):
    """Write how far the cells may be that a strip of pixels reaches: least and most x, least and most y.

    A pixel lies between its centre and those of its neighbours, and cells reach half a pixel about theirs. Corners
    of the image are beyond the centres of pixels by no more than the strip is wide.
    """
    begin = max(block.first_column + strip * LANES - 1, 0)
    end = min(block.first_column + min(strip * LANES + LANES, block.weight.shape[1]) + 1, block.pixel_map.shape[2])
    center = block.first_row + row
    outermost = begin == 0 or end > block.last_column or center == 0 or center == block.last_row
    for axis in range(2):
        least, most = math.inf, -math.inf
        for y in range(max(center - 1, 0), min(center + 2, block.pixel_map.shape[1])):
            places = block.pixel_map[axis, y, begin:end]
            for lane in range(end - begin):
                least = places[lane] if places[lane] < least else least
                most = places[lane] if places[lane] > most else most
        beyond = 1.0 + margin + (most - least if outermost else 0.0)
        reach[row, strip, 2 * axis] = least - beyond
        reach[row, strip, 2 * axis + 1] = most + beyond


@pixel_kernel(heavy=True)
def add_to_tiles(tile_y, tile_x, tiling, block, reach, drop, sums, marks, work, values):
    """Add a block to the sums of one tile."""
    left, top = tile_x * tiling.columns, tiling.first_row + tile_y * tiling.rows
    right, bottom = min(left + tiling.columns, sums.shape[1]), min(top + tiling.rows, tiling.stop_row)
    x0, y0 = tiling.first_x, tiling.first_y
    own = tile_y * -(-sums.shape[1] // tiling.columns) + tile_x
    tile = Tile(x0 + left, x0 + right, y0 + top, y0 + bottom, x0, y0, work[own], values[own])
    for row in range(block.weight.shape[0]):
        first, stop = block.limits[row, 0], block.limits[row, 1]
        for strip in range(first // LANES, -(-stop // LANES)):
            if reach[row, strip, 0] < tile.stop_x and reach[row, strip, 1] >= tile.first_x:
                if reach[row, strip, 2] < tile.stop_y and reach[row, strip, 3] >= tile.first_y:
                    begin, end = max(strip * LANES, first), min(strip * LANES + LANES, stop)
                    add_strip(tile, block, row, begin, end - begin, drop, sums, marks)


@pixel_function
def add_strip(tile, block, row, first, count, drop, sums, marks):
    """Add a strip of pixels to a tile."""
    work = tile.work
    line, column = block.first_row + row, block.first_column + first
    place_drops(work, drop, block.pixel_map, line, block.last_row, column, block.last_column, count)
    begin, end = 0, count
    while begin < end and not reaches(tile, begin):
        begin += 1
    while begin < end and not reaches(tile, end - 1):
        end -= 1
    if begin == end:
        return
    # Indices without a sign need no test for one, and the loops over lanes can be compiled for vector registers.
    first_lane, stop_lane = np.uint64(begin), np.uint64(end)
    ncolumns, nrows = begin_factors(tile, block.weight[row, first : first + count], first_lane, stop_lane)
    ncolumns, nrows = min(ncolumns, drop.window), min(nrows, drop.window)
    prepare_drops(work, drop, first_lane, stop_lane)
    weigh_window(work, drop, first_lane, stop_lane, 0, 0, ncolumns, nrows)
    nplanes, values = block.values.shape[0], block.values[:, row, first : first + count]
    for lane in range(first_lane, stop_lane):
        if work[FACTOR, lane] != 0:
            tile.values[0], total = 1.0, 0.0
            for plane in range(nplanes):
                tile.values[1 + plane] = values[plane, lane] * block.scale
                total += tile.values[1 + plane]
            finite = total - total == 0  # then a weight of zero changes nothing, and needs no branch
            flag = block.flags[row, first + lane] if block.flags.size else np.uint32(0)
            add_window(tile, lane, 0, 0, ncolumns, nrows, finite, flag, sums, marks)
            wide, high = work[LAST_X, lane] - work[FIRST_X, lane], work[LAST_Y, lane] - work[FIRST_Y, lane]
            if wide >= ncolumns or high >= nrows:
                add_large(tile, lane, drop, ncolumns, nrows, finite, flag, sums, marks)


@pixel_function
def begin_factors(tile, weight, begin, end):
    """Write the weights of pixels, zero of those that do not reach the tile; return how many cells the others do.

    Returns
    -------
    ncolumns, nrows : int
        Of the largest.
    """
    factor = tile.work[FACTOR]
    first_x, last_x, first_y, last_y = tile.work[FIRST_X], tile.work[LAST_X], tile.work[FIRST_Y], tile.work[LAST_Y]
    widest, highest = 0, 0
    for lane in range(begin, end):
        here = first_x[lane] < tile.stop_x and last_x[lane] >= tile.first_x
        here = here and first_y[lane] < tile.stop_y and last_y[lane] >= tile.first_y
        factor[lane] = weight[lane] if here else 0.0
        wide = int(last_x[lane] - first_x[lane] if here else 0.0)
        high = int(last_y[lane] - first_y[lane] if here else 0.0)
        widest = wide if wide > widest else widest
        highest = high if high > highest else highest
    return widest + 1, highest + 1


@pixel_function
def weigh_window(work, drop, begin, end, column, row, ncolumns, nrows):
    """Write the weights of a window of cells: shares times the factor of the pixel, rounded to float32."""
    share_drops(work, drop, begin, end, column, row, ncolumns, nrows)
    factor = work[FACTOR]
    for cell in range(CELLS, CELLS + ncolumns * nrows):
        weight = work[cell]
        for lane in range(begin, end):
            weight[lane] = np.float32(weight[lane] * factor[lane])


@pixel_function
def reaches(tile, lane):
    """Whether the cells about a pixel and the tile have any in common."""
    return (
        tile.work[FIRST_X, lane] < tile.stop_x
        and tile.work[LAST_X, lane] >= tile.first_x
        and tile.work[FIRST_Y, lane] < tile.stop_y
        and tile.work[LAST_Y, lane] >= tile.first_y
    )


@pixel_function
def add_large(tile, lane, drop, ncolumns, nrows, finite, flag, sums, marks):
    """Add a pixel that reaches more cells than a window has: one window after the other, but the first."""
    first_x, first_y = tile.work[FIRST_X, lane], tile.work[FIRST_Y, lane]
    stop_x = min(tile.work[LAST_X, lane] + 1, float(tile.stop_x))
    stop_y = min(tile.work[LAST_Y, lane] + 1, float(tile.stop_y))
    row = int(max(tile.first_y - first_y, 0.0)) // nrows * nrows
    while first_y + row < stop_y:
        column = int(max(tile.first_x - first_x, 0.0)) // ncolumns * ncolumns
        while first_x + column < stop_x:
            if row > 0 or column > 0:
                weigh_window(tile.work, drop, lane, lane + np.uint64(1), column, row, ncolumns, nrows)
                add_window(tile, lane, column, row, ncolumns, nrows, finite, flag, sums, marks)
            column += ncolumns
        row += nrows


@pixel_function
def add_window(tile, lane, column, row, ncolumns, nrows, finite, flag, sums, marks):
    """Add to the sums what a pixel adds to the cells of a window: some planes at once, others one by one."""
    work, values = tile.work, tile.values
    x, y = int(work[FIRST_X, lane]) + column, int(work[FIRST_Y, lane]) + row
    first_i, stop_i = max(tile.first_x - x, 0), min(tile.stop_x - x, ncolumns)
    first_j, stop_j = max(tile.first_y - y, 0), min(tile.stop_y - y, nrows)
    x, y = x - tile.x0, y - tile.y0
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
    if marks.touched.size:
        for j in range(first_j, stop_j):
            for i in range(first_i, stop_i):
                if work[CELLS + j * ncolumns + i, lane] > 0:
                    marks.touched[y + j, x + i] = True
    if flag != 0:
        for j in range(first_j, stop_j):
            for i in range(first_i, stop_i):
                if work[CELLS + j * ncolumns + i, lane] != 0:
                    marks.flags[y + j, x + i] |= flag
