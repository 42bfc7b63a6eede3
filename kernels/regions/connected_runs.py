"""Runs of set pixels in the rows of a mask, and which of them are connected.

Source: L. He, Y. Chao and K. Suzuki (2008), A run-based two-scan labeling algorithm, IEEE Transactions on Image
Processing 17, 749. A run is joined to those that it touches in the row above, in a forest of runs.

This is work on the host: what is connected is found in the order of the runs.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import host_backend, pixel_function, pixel_kernel, use_backend
from gpucal.backend.fit import check_fit


class Runs(NamedTuple):
    """Neighbouring set pixels of a row, row by row.

    Attributes
    ----------
    rows, columns : (nruns,) int array
        Where a run begins.
    lengths : (nruns,) int array
        Pixels in a run.
    """

    rows: np.ndarray
    columns: np.ndarray
    lengths: np.ndarray

    def select(self, chosen) -> "Runs":
        """The runs that a bool array says."""
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
    """Whole numbers from each start on, so many of each, one range after another."""
    before = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) + np.repeat(starts - before, lengths)


def runs_of(pixels, row_length):
    """Find the runs of a mask.

    Parameters
    ----------
    pixels : (npixels,) int array
        Places of the set pixels in the mask, laid out in a row, in order.
    row_length : int
        Pixels in a row of the mask.

    Returns
    -------
    Runs
        The runs.
    """
    rows = pixels // row_length
    places = pixels + rows  # a place is left between the end of a row and the next one
    follows = np.zeros(places.size, dtype=bool)
    np.equal(places[1:], places[:-1] + 1, out=follows[1:])
    begins = np.flatnonzero(~follows)
    rows = rows[begins]
    return Runs(rows, pixels[begins] - rows * row_length, np.diff(begins, append=pixels.size))


def connect(runs, row_length):
    """Find which runs are connected: they touch at sides or corners, or others between them do.

    Parameters
    ----------
    runs : Runs
        All runs of a mask.
    row_length : int
        Pixels in a row of the mask.

    Returns
    -------
    (nruns,) int array
        The number of the region that a run belongs to. Regions are numbered in the order of their first runs.
    """
    check_fit(rows=(runs.rows, "nruns"), columns=(runs.columns, "nruns"), lengths=(runs.lengths, "nruns"))
    owners = np.empty(runs.rows.size, np.int64)
    starts = runs.rows * (row_length + 1) + runs.columns
    with use_backend(host_backend()):
        number_regions((1,), starts, starts + runs.lengths, row_length + 1, owners)
    return owners


@pixel_kernel
def number_regions(mask, starts, stops, next_row, owners):
    """Number the regions of a mask whose runs start and stop at these places, a row and a place after each other."""
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
        # The run that stands for it comes before it, and has its number already.
        if owners[run] == run:
            owners[run] = count
            count += 1
        else:
            owners[run] = owners[owners[run]]


@pixel_function
def join(owners, one, other):
    """Make two trees one, whose root is the first of its runs."""
    one, other = root_of(owners, one), root_of(owners, other)
    owners[max(one, other)] = min(one, other)


@pixel_function
def root_of(owners, run):
    """The root of a run's tree; the way there is halved for the next time."""
    while owners[run] != run:
        owners[run] = owners[owners[run]]
        run = owners[run]
    return run
