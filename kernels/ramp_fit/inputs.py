"""The inputs of ramp fitting: ramps, what is known of their pixels and of the readout, how flags are read."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import as_one_row


class Readout(NamedTuple):
    """How an exposure was read out.

    Attributes
    ----------
    group_time : float
        From one group to the next, seconds.
    frame_time : float
        From one frame to the next, and from the reset to the zero frame, seconds.
    one_group_time : float
        From the reset to the middle of the first group, seconds.
    nframes : int
        Frames averaged into a group.
    """

    group_time: float
    frame_time: float
    one_group_time: float
    nframes: int

    @classmethod
    def of(cls, group_time: float, frame_time: float, nframes: int) -> "Readout":
        """The readout that keywords TGROUP, TFRAME and NFRAMES describe; times are rounded to float32."""
        group_time, frame_time = float(np.float32(group_time)), float(np.float32(frame_time))
        return cls(group_time, frame_time, 0.5 * (nframes + 1) * frame_time, nframes)


class ReadingRules(NamedTuple):
    """How the flags of ramps are read.

    Attributes
    ----------
    suppress_one_group : bool
        Treat ramps with one good group as ramps with none; exposures of one group are fitted all the same.
    forget_first_jump : bool
        Ignore a jump into the first group. To be set where groups before it were left out, which it is a jump from.
    """

    suppress_one_group: bool = True
    forget_first_jump: bool = False


class Groups(NamedTuple):
    """The groups of an exposure that are fitted, from ``start`` to before ``stop``."""

    start: int
    stop: int


class Ramps(NamedTuple):
    """The ramps of an exposure, and what is known of its pixels.

    Attributes
    ----------
    data : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags.
    gain : (ny, nx) float32 array
        e-/DN. Pixels where it is NaN, zero or negative are not fitted.
    read_noise : (ny, nx) float32 array
        Noise of the difference of two frames, DN.
    readout : Readout
        How they were read out.
    dark_current : (ny, nx) float32 array, optional
        Average dark current that was subtracted, DN/s: it adds to the Poisson noise.
    zeroframe : (nints, ny, nx) float32 array, optional
        First frames, DN, to be used for ramps with no good group; zero where not usable.
    rules : ReadingRules
        How flags are read.
    groups : Groups, optional
        The groups to fit; all where it is None.
    """

    data: np.ndarray
    groupdq: np.ndarray
    gain: np.ndarray
    read_noise: np.ndarray
    readout: Readout
    dark_current: np.ndarray | None = None
    zeroframe: np.ndarray | None = None
    rules: ReadingRules = ReadingRules()
    groups: Groups | None = None

    @property
    def ngroups(self) -> int:
        """How many groups are fitted."""
        return self.groups.stop - self.groups.start if self.groups else self.data.shape[1]

    def check(self) -> None:
        """See that the arrays fit each other; raises `ValueError` if not."""
        nints, _, ny, nx = self.data.shape
        zeroframe = self.zeroframe
        if zeroframe is not None and zeroframe.shape == (nints, 0, 0):  # what complete ramps have for none
            zeroframe = None
        check_fit(
            groupdq=(self.groupdq, self.data.shape),
            gain=(self.gain, (ny, nx)),
            read_noise=(self.read_noise, (ny, nx)),
            dark_current=(self.dark_current, (ny, nx)),
            zeroframe=(zeroframe, (nints, ny, nx)),
        )

    def complete(self) -> "Ramps":
        """The same, as kernels take it: zeros for no dark current, empty images for no zero frames."""
        self.check()
        xp = array_namespace(self.data)
        dark_current, zeroframe = self.dark_current, self.zeroframe
        if dark_current is None:
            dark_current = xp.zeros(self.data.shape[2:], np.float32)
        if zeroframe is None:
            zeroframe = xp.zeros((self.data.shape[0], 0, 0), np.float32)
        return self._replace(
            dark_current=dark_current,
            zeroframe=zeroframe,
            rules=self.rules._replace(suppress_one_group=self.rules.suppress_one_group and self.ngroups > 1),
            groups=self.groups or Groups(0, self.data.shape[1]),
        )

    def in_a_row(self) -> "Ramps":
        """Complete ramps, the image's pixels in one row, (..., 1, ny nx): strips of a small image can be long."""
        arrays = {name: as_one_row(value) for name, value in self._asdict().items() if name in IMAGES}
        return self._replace(**arrays)


# The fields of `Ramps` that are images or stacks of them.
IMAGES = ("data", "groupdq", "gain", "read_noise", "dark_current", "zeroframe")


@pixel_function(inline=True)
def groups_of(array, integration, groups):
    """The groups to fit of one integration, (ngroups, ny, nx), of a stack of all, (nints, ngroups, ny, nx)."""
    return array[integration, groups.start : groups.stop]
