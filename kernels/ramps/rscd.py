"""Groups spoiled by the decay of charge in the reset switches, at the start of an integration.

Source: the ``rscd`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/rscd/description.html, and the behaviour of jwst 3.0.0.
"""

from typing import NamedTuple

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.flags.dqflags import DO_NOT_USE, FLUX_ESTIMATED, SATURATED

NEEDED = 3
"""Groups that have to remain beside those that are skipped: two for a slope, and the last one, which is unusable."""

SHORT = 5
"""Integrations of up to so many groups lose one group at most."""


class Spared(NamedTuple):
    """How many pixels lose fewer groups, since they saturate early.

    Attributes
    ----------
    lowered : int
        Pixels that lose fewer groups than the others in some integration.
    first_kept : int
        Pixels that keep their first group in some integration; counted only where any pixel saturates early.
    """

    lowered: int
    first_kept: int


def groups_to_skip(wanted, ngroups):
    """Number of groups to flag, lowered so that a slope can be fitted to the rest.

    Parameters
    ----------
    wanted : int
        Groups that the decay spoils.
    ngroups : int
        Groups in an integration.

    Returns
    -------
    int
    """
    if ngroups <= SHORT:
        wanted = 1
    return wanted if ngroups >= wanted + NEEDED else max(0, ngroups - NEEDED)


def flag_decaying_groups(groupdq, pixeldq, skip):
    """Flag the first groups DO_NOT_USE, in place, fewer of them in pixels that saturate early.

    Of the groups from the second one to the second after the ``skip`` that are flagged, each that is SATURATED
    spares a pixel one group, so that two good ones remain if possible. A pixel that saturates in its first group
    is not spared. The groups are looked at from the last to the first, all pixels and integrations together,
    and only for as long as a group is saturated in some pixel that can be spared. Spared pixels are flagged
    FLUX_ESTIMATED.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags, edited; at least ``skip`` + 2 groups.
    pixeldq : (ny, nx) uint32 array
        Pixel flags, edited.
    skip : int
        Groups to flag.

    Returns
    -------
    Spared
        How many pixels lose fewer groups.
    """
    check_fit(groupdq=(groupdq[:, : skip + 2], ("nints", skip + 2, "ny", "nx")), pixeldq=(pixeldq, "ny nx"))
    earliest = _earliest_group_looked_at(groupdq, skip)
    xp = array_namespace(groupdq)
    lowered, first_kept = (xp.zeros(pixeldq.shape, bool) for _ in Spared._fields)
    flag_start(pixeldq.shape, groupdq, pixeldq, skip, earliest, lowered, first_kept)
    anyone_saturates = earliest < skip + 2
    return Spared(int(lowered.sum()), int(first_kept.sum()) if anyone_saturates else 0)


def _earliest_group_looked_at(groupdq, skip):
    """The first of the run of groups, ending at the second after the skipped, that saturate in a sparable pixel."""
    earliest = skip + 2
    while earliest > 1 and any(_saturates_late(flags, earliest - 1) for flags in groupdq):
        earliest -= 1
    return earliest


def _saturates_late(groupdq, group):
    """Whether a group of one integration is saturated in some pixel whose first group is not."""
    return bool(((groupdq[group] & ~groupdq[0] & SATURATED) != 0).any())


@pixel_function
def groups_spared(groupdq, integration, y, x, skip, earliest):
    """By how many groups one ramp's skip is lowered."""
    if groupdq[integration, 0, y, x] & SATURATED:
        return 0
    spared = 0
    for group in range(earliest, skip + 2):
        if groupdq[integration, group, y, x] & SATURATED:
            spared += 1
    return min(spared, skip)


@pixel_kernel
def flag_start(y, x, groupdq, pixeldq, skip, earliest, lowered, first_kept):
    """Flag one pixel's ramps."""
    for integration in range(groupdq.shape[0]):
        spared = groups_spared(groupdq, integration, y, x, skip, earliest)
        for group in range(skip - spared):
            groupdq[integration, group, y, x] |= DO_NOT_USE
        if spared > 0:
            lowered[y, x] = True
            pixeldq[y, x] |= FLUX_ESTIMATED
        if spared == skip:
            first_kept[y, x] = True
