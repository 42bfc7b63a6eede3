"""When superstripes, and the frames that they make, were read."""

import numpy as np

from gpucal.data.timing import timing_fault
from gpucal.errors import GpucalError

CLOCKS = ("MJD_UTC", "BJD_TDB")
MOMENTS = ("start", "mid", "end")

PIXEL_TIME = 10.0e-6  # seconds
ROW_OVERHEAD = 12  # pixel times at the end of each row
NARROW = 9  # the overhead of a frame has one more row in subarrays with fewer columns than this

_KEYWORDS = {"NFRAMES": "nframes", "GROUPGAP": "groupgap", "NGROUPS": "ngroups", "NOUTPUTS": "noutputs"}


def condensed_times(times, nstripes, first, stripe_dtype):
    """The times of integrations of whole frames, and those of the stripes that made them.

    A frame begins with its first stripe and ends with its last; its mid-time is halfway.

    Parameters
    ----------
    times : (nints * nstripes,) structured array
        The INT_TIMES table of the stripes.
    nstripes : int
        Superstripe positions.
    first : int
        Number of the first integration of frames.
    stripe_dtype : dtype
        The type of a row of the table of stripes: numbers of integration and stripe, then the times.

    Returns
    -------
    frames : (nints,) structured array
        The INT_TIMES table of the frames.
    stripes : (nints * nstripes,) structured array
        The table of the stripes.

    Raises
    ------
    ValueError
        If the table does not hold whole rounds of stripes.
    """
    if len(times) % nstripes:
        raise ValueError(f"its table INT_TIMES has {len(times)} rows, no multiple of {nstripes} superstripes")
    numbers = first + np.arange(len(times) // nstripes)
    names = [f"int_{moment}_{clock}" for clock in CLOCKS for moment in MOMENTS]
    stripes = np.zeros(len(times), stripe_dtype)
    columns = (
        np.repeat(numbers, nstripes),
        np.arange(len(times)) % nstripes + 1,
        *(times[name] for name in names),
    )
    for name, column in zip(stripes.dtype.names, columns, strict=True):
        stripes[name] = column

    frames = np.zeros(len(numbers), times.dtype)
    frames["integration_number"] = numbers
    for clock in CLOCKS:
        begin, end = (
            times[f"int_start_{clock}"][::nstripes],
            times[f"int_end_{clock}"][nstripes - 1 :: nstripes],
        )
        frames[f"int_start_{clock}"], frames[f"int_end_{clock}"] = begin, end
        frames[f"int_mid_{clock}"] = (end - begin) / 2 + begin
    return frames, stripes


def read_times(meta, readout, source):
    """When each group of the frames was read, where stripes are read repeatedly within a group.

    A group begins with a reset of the rows of one burst; then its bursts follow each other.

    Parameters
    ----------
    meta : metadata tree
        Of the exposure of stripes.
    readout : StripeReadout
        How the stripes were read.
    source : str
        Names the exposure in errors.

    Returns
    -------
    list of list of float
        For each group of the frames, the times in seconds of the reads that it averages.

    Raises
    ------
    GpucalError
        If a keyword is missing or out of range.
    """
    given = {keyword: getattr(meta.exposure, name) for keyword, name in _KEYWORDS.items()}
    missing = [keyword for keyword, value in given.items() if value is None]
    if missing:
        raise GpucalError(
            f"{source}: the header lacks {', '.join(missing)}, needed for the times of its stripes"
        )
    if fault := timing_fault(meta, ("NFRAMES", "GROUPGAP", "NOUTPUTS")):
        raise GpucalError(f"{source}: {fault}, for the times of its stripes")
    nframes, groupgap, ngroups, noutputs = given.values()
    columns = meta.subarray.xsize if readout.along_y else meta.subarray.ysize
    overhead = _overhead(columns, noutputs)
    frame_time = _duration(columns, readout.size, noutputs, *overhead)
    burst_rows = readout.first_reads + max(0, meta.subarray.multistripe_reads2)
    intervals = [frame_time]
    if burst_rows:
        following = _duration(columns, burst_rows, noutputs)
        reset = _duration(columns, burst_rows, noutputs, *overhead)
        intervals = [reset] + [following] * (readout.size // burst_rows - 1)
    times, elapsed = [], 0
    for _group in range(ngroups):
        for interval in intervals:
            times.append([elapsed + interval + frame * frame_time for frame in range(nframes)])
            elapsed += interval
        elapsed += frame_time * (nframes - 1 + groupgap)
    return times


def _overhead(columns, noutputs) -> tuple[int, int]:
    """Rows and pixel times that a frame takes beyond its pixels."""
    if noutputs == 4:
        return 1, 1
    return (2, 0) if noutputs == 1 and columns >= NARROW else (3, 0)


def _duration(columns, rows, noutputs, more_rows=0, more_pixels=0) -> float:
    """Time to read some rows, in seconds."""
    return (((columns / noutputs) + ROW_OVERHEAD) * (rows + more_rows) + more_pixels) * PIXEL_TIME
