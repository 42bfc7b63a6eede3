"""Look-ups in a table of one coordinate, summed in the order of SciPy, so that they are equal to the last bit.

Source: `scipy.interpolate.interpn`, https://docs.scipy.org/doc/scipy/reference/generated/scipy.interpolate.interpn.html,
which `astropy.modeling.tabular` calls.
"""

from gpucal.backend import pixel_function


@pixel_function
def table_1d(width, w, r, c):
    """``w`` = the value of a table at r, linear between its points.

    The constants are the number of points, whether the first and last intervals go on beyond the ends, else the value
    there; then the points, increasing, and the values.
    """
    count = int(c[0])
    points, values = c[3 : 3 + count], c[3 + count : 3 + 2 * count]
    for lane in range(width):
        low, high = 0, count - 1
        while high - low > 1:
            middle = (low + high) // 2
            if r[lane] >= points[middle]:
                low = middle
            else:
                high = middle
        part = (r[lane] - points[low]) / (points[high] - points[low])
        w[lane] = values[low] * (1 - part) + values[high] * part
        if c[1] == 0 and (r[lane] < points[0] or r[lane] > points[count - 1]):
            w[lane] = c[2]
