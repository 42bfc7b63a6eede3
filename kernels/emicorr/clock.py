"""When a MIRI detector reads its pixels, in ticks of 10 microseconds, and in periods of a wave.

Four outputs read four adjacent columns (a quad) at a time, in all rows of a subarray, group after group. Rows
outside of the subarray are clocked out fast, and some read patterns reset the detector once more between
integrations.

Source: the ``emicorr`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/emicorr/description.html.
"""

import math
from typing import NamedTuple

from gpucal.backend import pixel_function

TICK = 10.0e-6
"""Seconds."""

OUTPUTS = 4
DETECTOR_ROWS = 1024
TICKS_PER_SKIPPED_ROW = 7

REFERENCE_DELAY = 3 + 2**32
"""Ticks by which the last quad of a full row is late. In truth it is three; jwst 3.0.0 adds 2**32, and so does this."""


class Pace(NamedTuple):
    """The pace of the readout of a subarray, as kernels take it.

    Attributes
    ----------
    group, row, quad : int
        Ticks from one of these to the next.
    last_column : int
        Ticks by which the last quad of each row is late.
    """

    group: int
    row: int
    quad: int
    last_column: int


class ReadoutClock(NamedTuple):
    """The pace of a readout.

    Attributes
    ----------
    nsamples : int
        Ticks from one quad of a row to the next: samples of a pixel.
    row : int
        Ticks from one row to the next.
    reset : int
        Ticks between integrations, in which nothing is read.
    last_column : int
        Ticks by which the last quad of each row is late.
    """

    nsamples: int
    row: int
    reset: int = 0
    last_column: int = 0

    def group(self, nrows: int) -> int:
        """Ticks from one group of a subarray to the next."""
        return nrows * self.row + (DETECTOR_ROWS - nrows) * TICKS_PER_SKIPPED_ROW

    def pace(self, nrows: int) -> Pace:
        """The pace of a subarray."""
        return Pace(self.group(nrows), self.row, self.nsamples, self.last_column)

    def integration(self, ngroups: int, nrows: int) -> int:
        """Ticks from one integration to the next."""
        return ngroups * self.group(nrows) + self.reset


def ticks_in_period(frequency):
    """Ticks in a period of a wave; float.

    Parameters
    ----------
    frequency : float
        In Hz.
    """
    return (1.0 / frequency) / TICK


@pixel_function(inline=True)
def fraction_of_period(ticks, period):
    """How far a wave is in its period after some ticks, from 0 to 1."""
    return fraction(ticks / period)


@pixel_function(inline=True)
def fraction(periods):
    """The fractional part of a number of periods, from 0 to 1."""
    return periods - math.floor(periods)
