"""The skymatch step."""

import logging
import math
from typing import NamedTuple

import numpy as np

from gpucal.core import GpucalError, Step
from gpucal.data import Exposure, Members
from gpucal.data.reading import expand
from gpucal.kernels.sky.sky_level import SkyStatistic
from gpucal.names.products import base_name
from gpucal.steps.parts.bit_flags import bad_bits
from gpucal.steps.parts.limits import check_limits
from gpucal.steps.parts.sky.levels import SkyGauge, overlap_levels, own_levels
from gpucal.steps.parts.sky.matching import matching_levels

log = logging.getLogger(__name__)

LIMITS = {
    "stepsize": (1, 1_000_000),
    "binwidth": (0, 1_000_000),
    "lsigma": (0, math.inf),
    "usigma": (0, math.inf),
}


class SubtractSky(NamedTuple):
    """An edit of an exposure: its sky is subtracted."""

    level: float

    def __call__(self, exposure: Exposure) -> None:
        exposure.data -= np.float32(self.level)


class SkyMatchStep(Step):
    """Find the level of the sky in each exposure, and subtract it or leave that to later steps.

    With ``match``, levels make the sky equal where exposures overlap, and that of the darkest one is zero; with
    ``local``, the level is that of the sky in each; with ``global``, the lowest of these, for all; with
    ``global+match``, the lowest after matching is added to the matching levels. Exposures that were taken together, by
    several detectors, have one level. With ``user``, levels come from a file.

    Notes
    -----
    How levels are found in pixels is described in `gpucal.kernels.sky.sky_level`, how they are matched in
    `gpucal.steps.parts.sky.matching`. An exposure that overlaps with no other has no matching level: with ``match`` the
    step is SKIPPED for it.
    """

    class_alias = "skymatch"
    spec = """
        # What the level is
        skymethod = option('local', 'global', 'match', 'global+match', 'user', default='match')  # how levels are found
        match_down = boolean(default=True)  # match to the darkest sky; else to the brightest
        subtract = boolean(default=False)  # subtract the levels from the pixels; else they are only told in the header
        skylist = string(default=None)  # file with a name of an exposure and its level in each line, for user

        # Where exposures overlap
        stepsize = integer(default=None)  # longest part of a side of the outline, pixels; None takes whole sides

        # How the level of pixels is found
        skystat = option('median', 'midpt', 'mean', 'mode', default='mode')  # which statistic of the pixels
        dqbits = string(default='~DO_NOT_USE+NON_SCIENCE')  # flags that do not count; after ~, those that do
        lower = float(default=None)  # lowest value of a pixel that is used
        upper = float(default=None)  # highest value of a pixel that is used
        nclip = integer(min=0, default=5)  # how often outliers are left out
        lsigma = float(min=0.0, default=4.0)  # an outlier is so many standard deviations below the mean
        usigma = float(min=0.0, default=4.0)  # an outlier is so many standard deviations above the mean
        binwidth = float(min=0.0, default=0.1)  # width of bins for mode and midpt, standard deviations

        # Memory
        in_memory = boolean(default=True)  # hold pixels of all exposures in memory
    """
    over_members = True
    input_types = ("ImageModel",)

    def process(self, members, references):
        """Find levels, and write them into the metadata.

        Raises
        ------
        GpucalError
            If an exposure has no world coordinates, or a level of an earlier run that does not go with
            ``subtract``; if a parameter or the list of the user will not do.
        """
        if self.skymethod == "user":
            self.take_levels_of_user(members)
            return members
        check_limits(self, LIMITS)
        gauge = self.gauge()
        before = [level_before(exposure, self.subtract) for exposure in members]
        sky = Sky(members, members.groups, gauge, self.subtract)
        if "match" in self.skymethod:
            sky.match(self.match_down)
        if self.skymethod != "match":
            sky.measure(together="global" in self.skymethod)
        for group, level, is_known in zip(sky.groups, sky.levels, sky.known, strict=True):
            for place in group:
                self.tell(members, place, before[place] + level if is_known else None)
        return members

    def gauge(self) -> SkyGauge:
        """How levels are found, by the parameters."""
        for name in ("lsigma", "usigma", "binwidth"):
            if getattr(self, name) == 0:
                raise GpucalError(f"skymatch: {name} must not be 0")
        statistic = SkyStatistic(
            self.skystat, self.lower, self.upper, self.nclip, self.lsigma, self.usigma, self.binwidth
        )
        return SkyGauge(statistic, bad_bits(self.dqbits, "dqbits"), self.stepsize)

    def tell(self, members: Members, place: int, level: float | None) -> None:
        """Write a level into the header of an exposure; None where there is none."""
        exposure = members[place]
        if level is None:
            log.warning("No level of the sky is known for %s", exposure.source)
            members.set_status(place, "SKIPPED")
            return
        log.info("The level of %s is %.6g %s", exposure.source, level, exposure.meta.bunit_data or "")
        about = exposure.meta.background
        about.level, about.method, about.subtracted = float(level), self.skymethod, self.subtract

    def take_levels_of_user(self, members: Members) -> None:
        """Levels of a file for all exposures."""
        levels = read_levels(self.skylist)
        if len(levels) != len(members):
            raise GpucalError(f"{self.skylist} has {len(levels)} levels of the sky for {len(members)} exposures")
        for place, exposure in enumerate(members):
            level = level_named(levels, exposure, self.skylist)
            if self.subtract:
                members.edit(place, SubtractSky(level))
            self.tell(members, place, level)


class Sky:
    """Levels of the sky of groups of exposures, as they become known.

    Parameters
    ----------
    members : Members
        The exposures.
    groups : list of list of int
        Those that share a level, by place.
    gauge : SkyGauge
        How levels are found.
    subtract : bool
        Whether to subtract each level from the pixels at once.

    Attributes
    ----------
    levels : (ngroups,) float64 array
        Levels; 0 of those that are not known.
    known : (ngroups,) bool array
        Which are.
    """

    def __init__(self, members: Members, groups: list[list[int]], gauge: SkyGauge, subtract: bool):
        self.members, self.groups, self.gauge, self.subtract = members, groups, gauge, subtract
        self.levels = np.zeros(len(groups))
        self.known = np.zeros(len(groups), bool)

    def match(self, down: bool) -> None:
        """Take levels that make the sky equal in overlaps; the lowest one is zero, or else the highest."""
        overlaps = overlap_levels(self.members, self.groups, self.gauge)
        levels, sets = matching_levels(overlaps, len(self.groups))
        if len(sets) > 1:
            log.warning("The exposures make %d sets that do not overlap: levels are matched within each", len(sets))
        if sets:
            levels -= np.nanmin(levels) if down else np.nanmax(levels)
        self._add(levels)

    def measure(self, together: bool) -> None:
        """Add the level that each group has, the lowest of its exposures; or the lowest of all groups, to all."""
        own = own_levels(self.members, self.gauge)
        levels = np.array([lowest(own[place] for place in group) for group in self.groups])
        if not self.subtract:
            levels -= self.levels
        if together and np.isfinite(levels).any():
            levels[:] = np.nanmin(levels)
        self._add(levels)

    def _add(self, levels) -> None:
        """Add to the levels what is not NaN."""
        added = np.isfinite(levels)
        self.known |= added
        for number in np.flatnonzero(added):
            self.levels[number] += levels[number]
            for place in self.groups[number] if self.subtract else ():
                self.members.edit(place, SubtractSky(float(levels[number])))


def lowest(levels) -> float:
    """The lowest of levels; NaN if none is known."""
    return min((level.value for level in levels if level is not None), default=np.nan)


def level_before(exposure: Exposure, subtract: bool) -> float:
    """The level that an earlier run has subtracted; 0 if there was none.

    Raises
    ------
    GpucalError
        If it does not go with what is to be done now.
    """
    about = exposure.meta.background
    if about.subtracted is None and about.level is None:
        return 0.0
    if about.subtracted is None or about.level is None:
        raise GpucalError(f"{exposure.source}: of BKGLEVEL and BKGSUB the header has one alone; remove it")
    if about.subtracted != subtract:
        done = "has been" if about.subtracted else "was not"
        raise GpucalError(
            f"{exposure.source}: its sky {done} subtracted by an earlier run of skymatch: use "
            f"subtract={about.subtracted}, or begin with the calibrated exposure"
        )
    return about.level if subtract else 0.0


def read_levels(path: str | None) -> list[tuple[str, float]]:
    """Names of exposures, without suffix, and their levels, of a file of the user.

    Raises
    ------
    GpucalError
        If there is none, or a line is not a name and a number.
    """
    if path is None:
        raise GpucalError("skymethod user takes the levels from a file: name it with skylist")
    try:
        lines = expand(path).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GpucalError(f"the list of sky levels {path} cannot be read ({error})") from error
    levels = []
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            name, level = words
            levels.append((base_name(name), float(level)))
        except ValueError as error:
            raise GpucalError(f"{path}, line {number}: a name and a level are expected, not {line!r}") from error
    return levels


def level_named(levels: list[tuple[str, float]], exposure: Exposure, path: str) -> float:
    """The level of an exposure in a list of the user."""
    name = base_name(exposure.meta.filename or exposure.source)
    found = [level for known, level in levels if known == name]
    if len(found) != 1:
        raise GpucalError(f"{path} has {len(found) or 'no'} levels of the sky for {name}: there is to be one")
    return found[0]
