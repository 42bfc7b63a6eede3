"""How the flags of one ramp are read, and the segments of it that straight lines are fitted to.

A segment is a run of consecutive good groups, to which one straight line is fitted. PERSISTENCE does
not spoil a group. A group flagged JUMP_DET and nothing else belongs to the good groups that follow it
directly, as their first. Segments of one group count only in a ramp that has none longer, and then only
the first of them does.

Functions of one ramp take the arrays of one integration: ``data`` and ``groupdq`` are (ngroups, ny, nx), of the groups
that are fitted, ``zeroframe`` is (ny, nx), or empty if there are none.

Source: the ``ramp_fitting`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/ramp_fitting/description.html, and jwst 3.0.0.
"""

import numpy as np

from gpucal.backend import pixel_function
from gpucal.kernels.flags.dqflags import CHARGELOSS, DO_NOT_USE, GOOD, JUMP_DET, PERSISTENCE, SATURATED

ALL_BUT_PERSISTENCE = 0xFF ^ PERSISTENCE
ALL_BUT_JUMP = 0xFF ^ JUMP_DET
ALL_BUT_SATURATED = 0xFF ^ SATURATED
INVALID = DO_NOT_USE | SATURATED

# How a ramp is read.
AS_FLAGGED = 0
ALL_GOOD = 1  # every group is good
ONE_GROUP = 2  # only the first group is good
ZERO_FRAME = 3  # no group is good: the zero frame stands for the first
SUPPRESSED = 4  # one usable group, which the user does not want fitted
JUMP_FORGOTTEN = 5  # without the jump into the first group
CHARGE_RESTORED = 6  # with the groups that charge migration took away


@pixel_function
def survey_ramp(groupdq, zeroframe, y, x, rules):
    """Look once at the flags of a ramp.

    Returns
    -------
    reading : int
        How to read the ramp: one of the constants above but the last.
    flags : int
        All flags of its groups. A single saturated group that the zero frame stands in for does not count.
    spoiled : int
        DO_NOT_USE or SATURATED, or both, where no group can be used.
    """
    ngroups = groupdq.shape[0]
    flags = 0
    for group in range(ngroups):
        flags |= groupdq[group, y, x]
    if flags == GOOD and ngroups > 1:
        return ALL_GOOD, GOOD, GOOD
    return survey_flagged_ramp(groupdq, zeroframe, y, x, rules)


@pixel_function
def survey_flagged_ramp(groupdq, zeroframe, y, x, rules):
    """The same for a ramp with flags, or of one group."""
    ngroups = groupdq.shape[0]
    good = usable = valid = unsaturated = 0
    flags = 0
    for group in range(ngroups):
        own = groupdq[group, y, x]
        usable += own & ALL_BUT_PERSISTENCE == GOOD
        if rules.forget_first_jump and group == 0:
            own &= ALL_BUT_JUMP
        good += own == GOOD
        valid += own & INVALID == GOOD
        unsaturated += own & SATURATED == GOOD
        flags |= own
    first = groupdq[0, y, x]
    reading = AS_FLAGGED
    if usable == ngroups:
        reading = ALL_GOOD
    if rules.forget_first_jump and first & JUMP_DET:
        reading = JUMP_FORGOTTEN
        first &= ALL_BUT_JUMP
    if rules.suppress_one_group:
        reading = SUPPRESSED if usable == 1 else reading
    elif good == 1 and first == GOOD:
        reading = ONE_GROUP
    elif good == 0 and zeroframe.size > 0 and zeroframe[y, x] != 0:
        return ZERO_FRAME, flags & ALL_BUT_SATURATED if ngroups == 1 else flags, GOOD
    spoiled = DO_NOT_USE if valid == 0 or reading == SUPPRESSED else GOOD
    if first & SATURATED or unsaturated == 0:
        spoiled = INVALID
    return reading, flags, spoiled


@pixel_function
def group_signal(data, groupdq, zeroframe, group, y, x, reading):
    """The signal of a group, float64; NaN where it is saturated."""
    if reading == ZERO_FRAME and group == 0:
        return np.float64(zeroframe[y, x])
    if groupdq[group, y, x] & SATURATED:
        return np.nan
    return np.float64(data[group, y, x])


@pixel_function
def group_flags(groupdq, group, y, x, reading):
    """The flags of a group that decide on its place in a segment."""
    if group == 0 and (reading == ZERO_FRAME or reading == ONE_GROUP):
        return GOOD
    flags = groupdq[group, y, x] & ALL_BUT_PERSISTENCE
    if group == 0 and reading == JUMP_FORGOTTEN:
        return flags & ALL_BUT_JUMP
    if reading == CHARGE_RESTORED and flags & CHARGELOSS:
        return flags ^ (CHARGELOSS | DO_NOT_USE)
    return flags


@pixel_function
def next_run(groupdq, y, x, group, reading):
    """The next run of good groups, as (first, one after the last); both are ngroups if there is none."""
    ngroups = groupdq.shape[0]
    if reading == ALL_GOOD:
        return group, ngroups
    after_jump = False
    while group < ngroups:
        flags = group_flags(groupdq, group, y, x, reading)
        if flags == GOOD:
            break
        after_jump = flags == JUMP_DET
        group += 1
    if group == ngroups:
        return ngroups, ngroups
    start = group - 1 if after_jump else group
    while group < ngroups and group_flags(groupdq, group, y, x, reading) == GOOD:
        group += 1
    return start, group


@pixel_function
def shortest_segment(groupdq, y, x, reading):
    """The fewest groups that a segment of this ramp must have: 2 or 1, or 0 where nothing is fitted."""
    ngroups = groupdq.shape[0]
    if reading == SUPPRESSED:
        return 0
    starts_saturated = groupdq[0, y, x] & SATURATED != 0
    if starts_saturated and reading != ZERO_FRAME and reading != CHARGE_RESTORED:
        return 0
    shortest = 0
    stop = 0
    while stop < ngroups and shortest < 2:
        start, stop = next_run(groupdq, y, x, stop, reading)
        shortest = max(shortest, min(stop - start, 2))
    return shortest


@pixel_function
def next_segment(groupdq, y, x, group, shortest, reading):
    """The next segment from a group on, as (first, one after the last); both are ngroups if there is none."""
    ngroups = groupdq.shape[0]
    if shortest == 0 or (shortest == 1 and group > 0):
        return ngroups, ngroups
    start, stop = next_run(groupdq, y, x, group, reading)
    while 0 < stop - start < shortest:
        start, stop = next_run(groupdq, y, x, stop, reading)
    return start, stop
