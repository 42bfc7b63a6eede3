"""Which sources may be blends of several: those that fall apart into large enough parts as a threshold rises.

Pixels of a source are taken from the brightest downwards, and joined with those neighbours that were taken before. A
blend is told by a pixel that joins two parts of many pixels each. This is a union-find with path halving (R. E. Tarjan
and J. van Leeuwen 1984, Journal of the ACM 31, 245).
"""

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit


def may_be_blends(image, segments, npixels, connectivity=8):
    """The sources that have, above some level, two separate parts of so many pixels.

    Parameters
    ----------
    image : (ny, nx) float array
        On the host; finite in sources.
    segments : (ny, nx) int array
        The number of the source, from 1, that a pixel belongs to, or 0; on the host.
    npixels : int
        The fewest pixels of a part.
    connectivity : {4, 8}
        Neighbours of a pixel: 8 with those at its corners.

    Returns
    -------
    (n,) int array
        Their numbers, in order.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    check_fit(image=(image, "ny nx"), segments=(segments, "ny nx"))
    pixels = np.flatnonzero(segments)
    numbers = segments.ravel()[pixels]
    order = np.lexsort((-image.ravel()[pixels], numbers))
    pixels, numbers = pixels[order], numbers[order]
    starts = np.flatnonzero(np.diff(numbers, prepend=0))
    places = np.full(segments.shape, -1)
    places.ravel()[pixels] = np.arange(len(pixels))
    backend = current_backend()
    trees = [backend.asarray(array) for array in (np.arange(len(pixels)), np.ones(len(pixels), int))]
    bounds = backend.asarray(np.append(starts, len(pixels)))
    found = backend.xp.zeros(len(starts), bool)
    join_pixels((len(starts),), backend.asarray(pixels), backend.asarray(places), bounds, trees[0], trees[1],
                npixels, connectivity, found)  # fmt: skip
    return numbers[starts[backend.asnumpy(found)]]


@pixel_kernel(heavy=True)
def join_pixels(source, pixels, places, bounds, parents, sizes, npixels, connectivity, found):
    """Join the pixels of one source."""
    ny, nx = places.shape
    start = bounds[source]
    for place in range(start, bounds[source + 1]):
        y, x = pixels[place] // nx, pixels[place] % nx
        for step in range(9):
            row, column = y + step // 3 - 1, x + step % 3 - 1
            is_neighbour = connectivity == 8 or step % 2 == 1
            if is_neighbour and 0 <= row < ny and 0 <= column < nx and start <= places[row, column] < place:
                one, other = root_of(parents, place), root_of(parents, places[row, column])
                if one != other:
                    if sizes[one] > npixels and sizes[other] >= npixels:  # the pixel itself is no part
                        found[source] = True
                        return
                    parents[other] = one
                    sizes[one] += sizes[other]


@pixel_function
def root_of(parents, place):
    """The root of the tree of a pixel; the way to it is halved."""
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place
