"""Read patterns and the times at which frames are read.

Frame times follow the formulas of the JWST user documentation (NIRCam detector subarrays, NIRSpec
detector subarrays): pixels are read every 10 microseconds through each output, each row costs 12 more
pixel times, and a frame one row more, or more where one output reads a window. Those of MIRI are
tabulated there (MIRI detector subarrays), and are the frame clocks of the `emicorr` step.
"""

from dataclasses import dataclass

from gpucal.kernels.readout.irs2_layout import RAW_SHAPE
from gpucal.simulate.detectors import NEAR_INFRARED_SIZE, Detector
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.orientation import readout_shape
from gpucal.simulate.subarrays import Subarray

PIXEL_TIME = 1e-5
ROW_OVERHEAD_PIXELS = 12


@dataclass(frozen=True)
class ReadPattern:
    """How frames make groups.

    Attributes
    ----------
    name : str
        READPATT keyword.
    nframes : int
        Frames averaged into a group.
    groupgap : int
        Frames dropped between groups.
    nsamples : int
        Samples of each pixel in a frame.
    interleaved : bool
        Whether reference pixels are read in between: IRS2.
    """

    name: str
    nframes: int
    groupgap: int
    nsamples: int = 1
    interleaved: bool = False


_ROWS = {
    "NIRCAM": {
        "RAPID": (1, 0),
        "BRIGHT1": (1, 1),
        "BRIGHT2": (2, 0),
        "SHALLOW2": (2, 3),
        "SHALLOW4": (4, 1),
        "MEDIUM2": (2, 8),
        "MEDIUM8": (8, 2),
        "DEEP2": (2, 18),
        "DEEP8": (8, 12),
    },
    "NIRISS": {"NISRAPID": (1, 0), "NIS": (4, 0)},
    "NIRSPEC": {
        "NRSRAPID": (1, 0),
        "NRS": (4, 0),
        "NRSRAPIDD1": (1, 1),
        "NRSRAPIDD2": (1, 2),
        "NRSRAPIDD6": (1, 6),
        "NRSIRS2RAPID": (1, 0, 1, True),
        "NRSIRS2": (5, 0, 1, True),
    },
    "FGS": {"FGSRAPID": (1, 0), "FGS": (4, 0)},
    "MIRI": {
        "FASTR1": (1, 0),
        "FAST": (1, 0),
        "FASTGRPAVG": (4, 0),
        "FASTGRPAVG8": (8, 0),
        "FASTGRPAVG16": (16, 0),
        "FASTGRPAVG32": (32, 0),
        "FASTGRPAVG64": (64, 0),
        "SLOWR1": (1, 0, 9),
        "SLOW": (1, 0, 9),
    },
}

# Seconds, by subarray and number of samples.
MIRI_FRAME_TIMES = {
    ("FULL", 1): 2.77504,
    ("FULL", 9): 23.88992,
    ("BRIGHTSKY", 1): 0.86528,
    ("MASK1065", 1): 0.23968,
    ("MASK1140", 1): 0.23968,
    ("MASK1550", 1): 0.23968,
    ("MASKLYOT", 1): 0.32400,
    ("SLITLESSPRISM", 1): 0.15904,
    ("SUB64", 1): 0.08512,
    ("SUB128", 1): 0.11904,
    ("SUB256", 1): 0.29952,
}

# Seconds: 712 pixel times for each of 2048 rows, and 714 from frame to frame.
INTERLEAVED_FRAME_TIME = 14.5889

ZERO_FRAME_INSTRUMENTS = {"NIRCAM"}


def pattern_named(instrument, name=None):
    """A read pattern of an instrument; its fastest one when no name is given.

    Raises
    ------
    SimulationError
        The instrument has no pattern of that name.
    """
    table = _ROWS[instrument]
    name = name.upper() if name else next(iter(table))
    try:
        return ReadPattern(name, *table[name])
    except KeyError:
        known = ", ".join(table)
        raise SimulationError(f"{instrument} has no read pattern {name!r}; it has {known}") from None


def patterns_of(instrument):
    """All read patterns of an instrument, list of ReadPattern."""
    return [ReadPattern(name, *row) for name, row in _ROWS[instrument].items()]


def frame_time(detector, subarray, nsamples=1, interleaved=False):
    """Time to read one frame.

    Parameters
    ----------
    detector : Detector
    subarray : Subarray
    nsamples : int
        Samples of each pixel.
    interleaved : bool
        Whether reference pixels are read in between.

    Returns
    -------
    float
        Seconds.

    Raises
    ------
    SimulationError
        A MIRI subarray that is not read with so many samples.
    """
    if detector.instrument == "MIRI":
        if (subarray.name, nsamples) not in MIRI_FRAME_TIMES:
            raise SimulationError(
                f"subarray {subarray.name} of MIRI is not read with {nsamples} samples a pixel"
            )
        return MIRI_FRAME_TIMES[subarray.name, nsamples]
    if interleaved:
        return INTERLEAVED_FRAME_TIME
    slow, fast = readout_shape(detector, subarray.shape)
    row = fast // subarray.noutputs + ROW_OVERHEAD_PIXELS
    if subarray.noutputs > 1:
        return round((row * (slow + 1) + 1) * PIXEL_TIME, 5)
    extra_rows = 1 if slow == NEAR_INFRARED_SIZE else detector.window_overhead_rows
    return round(row * (slow + extra_rows) * PIXEL_TIME, 5)


@dataclass(frozen=True)
class Readout:
    """Everything about how one exposure is read.

    Attributes
    ----------
    detector : Detector
    subarray : Subarray
    pattern : ReadPattern
    ngroups, nints : int
    frame_time : float
        Seconds.

    Raises
    ------
    SimulationError
        There are no groups or no integrations, the window is not on the detector, or it is a subarray and
        reference pixels are to be read in between.
    """

    detector: Detector
    subarray: Subarray
    pattern: ReadPattern
    ngroups: int
    nints: int
    frame_time: float

    def __post_init__(self):
        if self.ngroups < 1 or self.nints < 1:
            raise SimulationError(f"ngroups and nints are at least 1, not {self.ngroups} and {self.nints}")
        for part, size in zip(self.subarray.window, self.detector.size, strict=True):
            if part.start < 0 or part.stop > size:
                raise SimulationError(f"{self.subarray} is not on detector {self.detector.name}")

        if self.pattern.interleaved and self.subarray.shape != self.detector.size:
            raise SimulationError(f"{self.pattern.name} reads full frames, not {self.subarray.name}")

    @property
    def raw_shape(self):
        """Rows and columns of raw images."""
        return RAW_SHAPE if self.pattern.interleaved else self.subarray.shape

    @property
    def frames_per_group(self):
        """Frames from the start of one group to the start of the next."""
        return self.pattern.nframes + self.pattern.groupgap

    @property
    def group_time(self):
        """Time from group to group, seconds."""
        return self.frames_per_group * self.frame_time

    @property
    def total_frames(self):
        """Frames from a reset to the last frame of the last group."""
        return self.ngroups * self.frames_per_group - self.pattern.groupgap

    @property
    def integration_time(self):
        """Time from a reset to the end of the last group, seconds."""
        return self.total_frames * self.frame_time

    @property
    def has_zero_frame(self):
        """Whether the first frame of each integration is kept by itself."""
        return self.pattern.nframes > 1 and self.detector.instrument in ZERO_FRAME_INSTRUMENTS
