"""What the walk over input pixels remembers of the pixels of a strip: rows of numbers, one number a pixel.

Of each pixel: which cells (output pixels) its drop may reach, what its weights are multiplied by, and the geometry of
the drop. The weights of a window of cells follow, row after row, column after column.
"""

(
    FIRST_X,  # column of the first cell
    LAST_X,
    FIRST_Y,
    LAST_Y,  # before FIRST_Y where the pixel goes nowhere
    FACTOR,  # what the weights of cells are multiplied by
    X,  # of the centre; or of four corners, the first cell at 0 to 1
) = range(6)
Y = X + 4
SLOPE = Y + 4  # dy / dx of the edges that begin at the corners
HALF_RUN = SLOPE + 4  # -dx / |dy| / 2 of these edges

# Places on the edges between rows of pixels, one more than there are pixels at both ends; needed before the slopes are.
LOWER_X, LOWER_Y, UPPER_X, UPPER_Y = range(SLOPE, SLOPE + 4)

CELLS = HALF_RUN + 4

# Places farther away, output pixels, are as good as NaN.
FARTHEST = 1e9
