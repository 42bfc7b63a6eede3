"""The part of the detector that an exposure or a reference covers, and how the one is cut out of the other."""

import logging
from dataclasses import dataclass

from gpucal.data.files.rectangle import Rectangle

log = logging.getLogger(__name__)

# Rows and columns of a full-frame array, for instruments whose detectors are not 2048 x 2048.
_FULL_FRAME = {"MIRI": (1024, 1032)}
_DEFAULT_FULL_FRAME = (2048, 2048)

# Rows and columns of full frames in IRS2 readout: the keywords of size do not count interleaved reference pixels.
_INTERLEAVED = (3200, 2048)


class SubarrayError(ValueError):
    """A reference does not cover the exposure's subarray."""


@dataclass(frozen=True)
class Region:
    """A rectangle on the detector: one-based corner and size, in pixels."""

    xstart: int
    ystart: int
    xsize: int
    ysize: int

    def shared_with(self, other: "Region") -> "Region | None":
        """The part of both regions; None if there is none."""
        x, y = max(self.xstart, other.xstart), max(self.ystart, other.ystart)
        xsize = min(self.xstart + self.xsize, other.xstart + other.xsize) - x
        ysize = min(self.ystart + self.ysize, other.ystart + other.ysize) - y
        return Region(x, y, xsize, ysize) if xsize > 0 and ysize > 0 else None

    def within(self, other: "Region") -> Rectangle:
        """The rows and columns of ``other`` that this region covers.

        Raises
        ------
        SubarrayError
            If this region reaches beyond the other.
        """
        x = self.xstart - other.xstart
        y = self.ystart - other.ystart
        if x < 0 or y < 0 or x + self.xsize > other.xsize or y + self.ysize > other.ysize:
            raise SubarrayError(
                f"it covers columns {other.xstart} to {other.xstart + other.xsize - 1} and rows {other.ystart} to "
                f"{other.ystart + other.ysize - 1}, the exposure needs columns {self.xstart} to "
                f"{self.xstart + self.xsize - 1} and rows {self.ystart} to {self.ystart + self.ysize - 1}"
            )
        return Rectangle((y, y + self.ysize), (x, x + self.xsize))


def region_of(meta, shape: tuple[int, ...]) -> Region:
    """The region that an array of a product or a reference covers.

    Parameters
    ----------
    meta : metadata tree
        Holds ``subarray.xstart``, ``xsize``, ``ystart``, ``ysize`` and ``instrument.name``.
    shape : tuple of int
        The array's shape. Where the keywords tell another size, that of the array counts.

    Returns
    -------
    Region
        A full-frame array needs no keywords.

    Raises
    ------
    SubarrayError
        If the keywords are missing from something that is not full frame, or its corner is below one.
    """
    subarray = meta.subarray
    rows, columns = shape[-2:]
    start = (subarray.xstart, subarray.ystart)
    if None in (*start, subarray.xsize, subarray.ysize):
        if (rows, columns) != _FULL_FRAME.get(str(meta.instrument.name).upper(), _DEFAULT_FULL_FRAME):
            raise SubarrayError("its subarray keywords (SUBSTRT1, SUBSIZE1, ...) are missing")
        return Region(1, 1, columns, rows)
    if min(start) < 1:
        raise SubarrayError(f"its subarray starts at {start}, and the first pixel is (1, 1)")
    given = subarray.ysize, subarray.xsize
    if given != (rows, columns) and (given, (rows, columns)) != (_DEFAULT_FULL_FRAME, _INTERLEAVED):
        log.warning(
            "SUBSIZE keywords say %s x %s pixels, the array has %d x %d and is used",
            given[1],
            given[0],
            columns,
            rows,
        )
    return Region(*start, columns, rows)
