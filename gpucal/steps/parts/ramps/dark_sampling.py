"""Which groups of a dark make the groups of an exposure that was read in another way."""

import logging
from typing import NamedTuple

from gpucal.core import SkipStep
from gpucal.data.timing import timing_fault
from gpucal.kernels.ramps.dark_current import frames_spanned, groups_to_span
from gpucal.reference import ReferenceFileError

log = logging.getLogger(__name__)


class ReadPattern(NamedTuple):
    """How the frames of an integration make its groups.

    Attributes
    ----------
    ngroups : int
        Groups in the integration.
    nframes : int
        Frames averaged in a group.
    groupgap : int
        Frames dropped between two groups.
    """

    ngroups: int
    nframes: int
    groupgap: int


class Sampling(NamedTuple):
    """Which groups of a dark make those of an exposure.

    Attributes
    ----------
    nframes, groupgap : int
        Groups of the dark that are averaged for a group of the exposure, and dropped between two of them.
    continued : int
        Groups by which the dark is continued beyond its last.
    """

    nframes: int
    groupgap: int
    continued: int

    @property
    def averages(self) -> bool:
        """Whether the dark has to be averaged, or has the read pattern of the exposure already."""
        return (self.nframes, self.groupgap) != (1, 0)

    def groups_read(self, ngroups: int, nread: int) -> int:
        """How many of the ``nread`` groups of a dark make so many groups; all, where it has to be continued."""
        return nread if self.continued else min(nread, ngroups * (self.nframes + self.groupgap))


def sampling_of(exposure, dark) -> Sampling:
    """Which groups of a dark make those of an exposure.

    Parameters
    ----------
    exposure : Exposure
        Its ramps, and the keywords NFRAMES and GROUPGAP.
    dark : Reference
        The dark, with these keywords.

    Returns
    -------
    Sampling

    Raises
    ------
    ReferenceFileError
        If a keyword is missing or out of range.
    SkipStep
        If the groups of the dark cannot be made into those of the exposure.
    """
    wanted = read_pattern(exposure.meta, exposure.data.shape[1], exposure.source)
    given = read_pattern(dark.meta, dark.shape[-3], dark.label)
    log.info("Exposure: %d groups of %d frames, %d dropped between two", *wanted)
    log.info("Dark: %d groups of %d frames, %d dropped between two", *given)
    if given.nframes > wanted.nframes or given.groupgap > wanted.groupgap:
        raise SkipStep("the dark averages or drops more frames than the exposure")
    continued = groups_lacking(wanted, given)
    if continued:
        log.warning("The dark is too short and is continued for %d groups", continued)
        if given.ngroups == 1:
            raise SkipStep("the dark has one group, hence no slope to continue it with")
    if (given.nframes, given.groupgap) == (wanted.nframes, wanted.groupgap):
        return Sampling(nframes=1, groupgap=0, continued=continued)
    return Sampling(wanted.nframes, wanted.groupgap, continued)


def read_pattern(meta, ngroups: int, label: str) -> ReadPattern:
    """The read pattern of an exposure or of a dark.

    Raises
    ------
    ReferenceFileError
        If a keyword is missing or out of range.
    """
    pattern = ReadPattern(ngroups, meta.exposure.nframes, meta.exposure.groupgap)
    if None in pattern:
        raise ReferenceFileError(f"{label}: its keywords NFRAMES and GROUPGAP are missing")
    if fault := timing_fault(meta, ("NFRAMES", "GROUPGAP")):
        raise ReferenceFileError(f"{label}: {fault}")
    return pattern


def groups_lacking(wanted: ReadPattern, given: ReadPattern) -> int:
    """The groups that a dark lacks to last as long as an exposure."""
    frames = frames_spanned(*wanted) - frames_spanned(*given)
    return groups_to_span(frames, given.nframes, given.groupgap) if frames > 0 else 0
