"""The rscd step."""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.core import SkipStep, Step
from gpucal.data.segments import first_integration
from gpucal.kernels.ramps.rscd import flag_decaying_groups, groups_to_skip
from gpucal.readouts.groups import check_groups
from gpucal.readouts.miri import check_detector
from gpucal.reference import ReferenceFileError

log = logging.getLogger(__name__)

MINIMUM_GROUPS = 3

# Names that a subarray had in the past, and the one that references know it by.
FORMER_NAMES = {"SUBPRISM": "SLITLESSPRISM"}


class SpoiledGroups(NamedTuple):
    """How many groups at the start of an integration the decay spoils.

    Attributes
    ----------
    after_first_reset, after_later_resets : int
        In the first integration of an exposure, and in each of the others.
    """

    after_first_reset: int
    after_later_resets: int


class RscdStep(Step):
    """Flag the first groups of each integration, which the decay of the reset switches spoils (MIRI).

    How many, a table of the reference says: for each subarray and read pattern, in the first integration
    and in later ones. Pixels that saturate early lose fewer. What was done is written to keywords:
    INT1SKIP and INT2SKIP (groups flagged), INT1BORS and INT2BORS (pixels that lose fewer), INT1UGP1 and
    INT2UGP1 (pixels that keep the first group).

    Notes
    -----
    The algorithm is described in `gpucal.kernels.ramps.rscd`.
    """

    class_alias = "rscd"
    reference_file_types = ("rscd",)
    input_types = ("RampModel",)

    def check_applies(self, exposure):
        """Only for MIRI."""
        check_detector(exposure)

    def process(self, exposure, references):
        """Flag the groups; raises `SkipStep` if the reference knows no such readout, or there are too few."""
        reference = references["rscd"]
        table = reference.table("rscd_group_skip_table")
        if table is None:
            raise ReferenceFileError(f"rscd reference {reference.label}: it has no table RSCD_GROUP_SKIP")
        spoiled = spoiled_groups(table, exposure.meta)
        check_groups(exposure, MINIMUM_GROUPS)
        nints, ngroups = exposure.data.shape[:2]
        begins = first_integration(exposure) == 0
        if begins:
            skip = groups_to_skip(spoiled.after_first_reset, ngroups)
            flag_integrations(exposure, slice(0, 1), skip, "int1")
        if (exposure.meta.exposure.nints or nints) > 1:
            skip = groups_to_skip(spoiled.after_later_resets, ngroups)
            flag_integrations(exposure, slice(int(begins), nints), skip, "int2p")
        return exposure


def spoiled_groups(table, meta):
    """Look up how many groups are spoiled in a subarray and read pattern.

    Parameters
    ----------
    table : structured array
        Columns ``subarray``, ``readpatt``, ``group_skip1``, ``group_skip``; the first row that fits counts.
    meta : metadata tree
        Holds the subarray's name and the read pattern.

    Returns
    -------
    SpoiledGroups

    Raises
    ------
    SkipStep
        If the table has no such row.
    """
    subarray, pattern = meta.subarray.name, meta.exposure.readpatt
    subarray = FORMER_NAMES.get(str(subarray).upper(), subarray)
    fits = (np.char.strip(table["subarray"].astype(str)) == subarray) & (
        np.char.strip(table["readpatt"].astype(str)) == pattern
    )
    if not fits.any():
        raise SkipStep(f"the rscd reference has no row for subarray {subarray} and read pattern {pattern}")
    row = table[np.argmax(fits)]
    first, later = int(row["group_skip1"]), int(row["group_skip"])
    if first < 0:
        log.warning("The reference is too old to know the first integration: it loses one group")
        first = 1
    return SpoiledGroups(first, later)


def flag_integrations(exposure, integrations, skip, where):
    """Flag the first groups of some integrations, and record in keywords what was done.

    Parameters
    ----------
    exposure : Exposure
        Its flags and metadata are edited.
    integrations : slice
        Which integrations.
    skip : int
        Groups to flag.
    where : str
        The end of the names of the metadata that are written: ``int1`` or ``int2p``.
    """
    spared = flag_decaying_groups(exposure.groupdq[integrations], exposure.pixeldq, skip)
    log.info("%s: %d groups flagged, fewer of them in %d pixels", where, skip, spared.lowered)
    record = exposure.meta.rscd
    setattr(record, f"ngroups_skip_{where}", skip)
    setattr(record, f"keep_groups_saturation_{where}", spared.lowered)
    setattr(record, f"keep_bright_firstgroup_{where}", spared.first_kept)
