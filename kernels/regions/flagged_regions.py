"""Connected regions of masks: where they are, and how large.

The area of a region is the number of its pixels, or of these and of the pixels in its holes.

This is work on the host, for the flagged pixels of many images: all regions at once, as arrays.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.kernels.regions.connected_runs import Runs, connect, runs_of


class Boxes(NamedTuple):
    """The smallest boxes around regions.

    Attributes
    ----------
    top, left, height, width : (nregions,) int array
        First row and column, and the numbers of rows and columns.
    """

    top: np.ndarray
    left: np.ndarray
    height: np.ndarray
    width: np.ndarray


@dataclass(frozen=True)
class Regions:
    """Connected regions of masks, mask by mask, in the order of their first pixels.

    Attributes
    ----------
    images : (nregions,) int array
        The mask that a region is in.
    x, y : (nregions,) float64 array
        Mean of the pixels' coordinates.
    area : (nregions,) int array
        Number of pixels.
    runs : Runs
        The pixels.
    owners : (nruns,) int array
        The region that a run belongs to.
    """

    images: np.ndarray
    x: np.ndarray
    y: np.ndarray
    area: np.ndarray
    runs: Runs
    owners: np.ndarray

    def __len__(self) -> int:
        return self.area.size

    @classmethod
    def of(cls, runs, owners) -> "Regions":
        """The regions that runs belong to."""
        area = _sums(owners, runs.lengths)
        middles = runs.columns + (runs.lengths - 1) / 2
        x, y = (_sums(owners, runs.lengths * places) / area for places in (middles, runs.rows))
        images = np.empty(area.size, np.int64)
        images[owners] = runs.images
        return cls(images, x, y, area.astype(np.int64), runs, owners)

    def select(self, chosen) -> "Regions":
        """The regions for which a bool array is true."""
        runs = chosen[self.owners]
        owners = (np.cumsum(chosen) - 1)[self.owners[runs]]
        images, x, y, area = (part[chosen] for part in (self.images, self.x, self.y, self.area))
        return Regions(images, x, y, area, self.runs.select(runs), owners)

    @cached_property
    def boxes(self) -> Boxes:
        """The smallest boxes around the regions."""
        _, rows, columns, lengths = self.runs
        top, left = (_extremes(np.minimum, self.owners, places, len(self)) for places in (rows, columns))
        stops = rows + 1, columns + lengths
        bottom, right = (_extremes(np.maximum, self.owners, places, len(self)) for places in stops)
        return Boxes(top, left, bottom - top, right - left)


def pixels_of(masks):
    """Places of the set pixels of masks, one mask laid out in a row after another.

    Parameters
    ----------
    masks : (nimages, ny, nx) bool array
        On the backend.

    Returns
    -------
    (npixels,) int array
        In order, on the host.
    """
    return current_backend().asnumpy(array_namespace(masks).flatnonzero(masks))


def find_regions(pixels, shape, min_area):
    """Find the regions of masks, whose pixels touch at sides or corners.

    Parameters
    ----------
    pixels : (npixels,) int array
        The set pixels, see `pixels_of`.
    shape : (int, int)
        Rows and columns of a mask.
    min_area : float
        Smallest area to report, holes included, pixels.

    Returns
    -------
    Regions
        The regions.
    """
    runs = runs_of(pixels, shape)
    regions = Regions.of(runs, connect(runs, shape))
    large = regions.area >= min_area
    open_to_doubt = ~large & (_largest_filled_area(regions.area) >= min_area)
    if open_to_doubt.any():
        large[open_to_doubt] = filled_areas(regions.select(open_to_doubt)) >= min_area
    return regions.select(large)


def filled_areas(regions):
    """Areas of regions with their holes: all but what is connected to the outside, by sides or corners.

    The regions are drawn beside each other on one canvas, with a margin of a pixel around each.

    Parameters
    ----------
    regions : Regions
        One region at least.

    Returns
    -------
    (nregions,) int array
        Pixels.
    """
    boxes, owners = regions.boxes, regions.owners
    stops = np.cumsum(boxes.width + 1) + 1
    lefts = stops - boxes.width - 1
    empty = np.ones((boxes.height.max() + 2, stops[-1]), dtype=bool)
    rows = regions.runs.rows - boxes.top[owners] + 1
    columns = regions.runs.columns - boxes.left[owners] + lefts[owners]
    empty.reshape(-1)[regions.runs.pixels_from(rows * empty.shape[1] + columns)] = False
    runs = runs_of(np.flatnonzero(empty), empty.shape)
    # The first run is in the margin: its region is the outside.
    holes = runs.select(connect(runs, empty.shape) > 0)
    around = np.searchsorted(stops, holes.columns, side="right")
    return regions.area + np.bincount(around, weights=holes.lengths, minlength=len(regions)).astype(np.int64)


def _sums(owners, values):
    """Sums of the values of each region's runs."""
    return np.bincount(owners, weights=values)


def _extremes(extreme, owners, values, nregions):
    """Smallest or largest of the values of each region's runs."""
    found = np.empty(nregions, np.int64)
    found[owners] = values
    extreme.at(found, owners, values)
    return found


def _largest_filled_area(areas):
    """Area within closed rings of so many pixels, these included, that touch at sides: that of a square."""
    return ((areas + 4) / 4) ** 2
