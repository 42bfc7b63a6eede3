"""Runs of set pixels in the rows of masks, and which of them are connected.

Source: L. He, Y. Chao and K. Suzuki (2008), A run-based two-scan labeling algorithm, IEEE Transactions on Image
Processing 17, 749. A run is joined to those that it touches in the row above, in a forest of runs.

This is work on the host: runs are joined one after another, in their order. Those of many masks are joined in one go.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import host_backend, pixel_function, pixel_kernel, use_backend
from gpucal.backend.fit import check_fit


class Runs(NamedTuple):
    """Runs of neighbouring set pixels in a row, listed row by row and mask by mask.

    Attributes
    ----------
    images : (nruns,) int array
        The mask that a run is in.
    rows, columns : (nruns,) int array
        Where a run begins.
    lengths : (nruns,) int array
        Pixels in a run.
    """

    images: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    lengths: np.ndarray

    def select(self, chosen) -> "Runs":
        """The runs for which a bool array is true."""
        return Runs(*(part[chosen] for part in self))

    def pixels_from(self, starts):
        """Places of all pixels of the runs in an image laid out in a row, for runs that start at these places.

        Parameters
        ----------
        starts : (nruns,) int array
            Places of the first pixels.
        """
        return ranges(starts, self.lengths)


def ranges(starts, lengths):
    """The whole numbers of several ranges, one range after another; each has a start and a length."""
    before = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) + np.repeat(starts - before, lengths)


def runs_of(pixels, shape):
    """Find the runs of masks.

    Parameters
    ----------
    pixels : (npixels,) int array
        Places of the set pixels in the masks, one mask laid out in a row after another, in order.
    shape : (int, int)
        Rows and columns of a mask.

    Returns
    -------
    Runs
        The runs.
    """
    nrows, row_length = shape
    rows = pixels // row_length
    places = pixels + rows  # a place is left between the end of a row and the next one
    follows = np.zeros(places.size, dtype=bool)
    np.equal(places[1:], places[:-1] + 1, out=follows[1:])
    begins = np.flatnonzero(~follows)
    rows = rows[begins]
    columns, lengths = pixels[begins] - rows * row_length, np.diff(begins, append=pixels.size)
    return Runs(*np.divmod(rows, nrows), columns, lengths)


def connect(runs, shape):
    """Find which runs are connected: they touch at sides or corners, or others between them do.

    Parameters
    ----------
    runs : Runs
        All runs of some masks.
    shape : (int, int)
        Rows and columns of a mask.

    Returns
    -------
    (nruns,) int array
        The number of the region that a run belongs to. Regions are numbered in the order of their first runs.
    """
    nrows, row_length = shape
    check_fit(
        images=(runs.images, "nruns"),
        rows=(runs.rows, "nruns"),
        columns=(runs.columns, "nruns"),
        lengths=(runs.lengths, "nruns"),
    )
    owners = np.empty(runs.rows.size, np.int64)
    rows = runs.images * (nrows + 1) + runs.rows  # a row is left between a mask and the next one
    starts = rows * (row_length + 1) + runs.columns
    with use_backend(host_backend()):
        number_regions((1,), starts, starts + runs.lengths, row_length + 1, owners)
    return owners


@pixel_kernel
def number_regions(mask, starts, stops, next_row, owners):
    """Number the regions of masks. The rows of all masks are laid out in one, each with a gap of one place behind it.

    ``starts`` and ``stops`` are places there, and ``next_row`` is the distance from one row to the next.
    """
    above = 0
    for run in range(starts.size):
        owners[run] = run
        while stops[above] + next_row < starts[run]:
            above += 1
        touching = above
        while starts[touching] + next_row <= stops[run]:
            join(owners, touching, run)
            touching += 1
    count = 0
    for run in range(starts.size):
        # The root of its tree comes before it, and has its number already.
        if owners[run] == run:
            owners[run] = count
            count += 1
        else:
            owners[run] = owners[owners[run]]


@pixel_function
def join(owners, one, other):
    """Join the trees of two runs; the root of the new one is the first of its runs."""
    one, other = root_of(owners, one), root_of(owners, other)
    owners[max(one, other)] = min(one, other)


@pixel_function
def root_of(owners, run):
    """The root of a run's tree; on the way, runs are linked to the parents of their parents, to be faster next time."""
    while owners[run] != run:
        owners[run] = owners[owners[run]]
        run = owners[run]
    return run
