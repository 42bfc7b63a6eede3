"""The jump step."""

import logging
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace
from gpucal.core import Step
from gpucal.data import InputError
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET, NO_GAIN_VALUE, SATURATED
from gpucal.kernels.flags.group_flags import count_flagged, drop_flag_where, fully_flagged_groups
from gpucal.kernels.jump.neighbors import flag_neighbors
from gpucal.kernels.jump.showers import ShowerRules, flag_showers
from gpucal.kernels.jump.sigma_clip import flag_jumps_by_clipping
from gpucal.kernels.jump.snowballs import SnowballRules, flag_snowballs
from gpucal.kernels.jump.transients import Transient, flag_transients
from gpucal.kernels.jump.two_point_difference import (
    RejectionThresholds,
    flag_jumps_iteratively,
    flag_jumps_once,
)
from gpucal.readouts.groups import check_groups

log = logging.getLogger(__name__)

MINIMUM_GROUPS = 3  # groups of an integration that the search needs, as the peer has it on one core
NOT_SEARCHED = -99  # count of cosmic rays when there were too few groups, as the peer records it
MINIMUM_SHOWER_DIFFERENCES = 10  # differences between groups that the search for showers needs

# The largest change of a rate by flagging showers, electrons a second: the peer does not read
# max_shower_amplitude.
SHOWER_AMPLITUDE = 6.0


class JumpStep(Step):
    """Flag the groups in which a pixel was hit by a cosmic ray.

    A jump is a first difference of the ramp that is far from the others of the pixel. The search is done
    once or iteratively, within the noise that the read noise and the gain predict, or by sigma clipping
    when there are many integrations. Jumps then spread to neighbours, to groups that follow, and to the
    surroundings of snowballs; showers are found by their extended faint light. The signal is not changed.
    Pixels without a positive gain are marked NO_GAIN_VALUE and DO_NOT_USE in PIXELDQ.

    The keywords PRIMECRS and EXTNCRS record the rates of cosmic rays and of large events: showers if they
    were searched for, else snowballs.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/jump/description.html.
    """

    class_alias = "jump"
    spec = """
        rejection_threshold = float(default=4.0,min=0)  # jumps exceed this many times the noise
        three_group_rejection_threshold = float(default=6.0,min=0)  # the same for ramps of 3 groups
        four_group_rejection_threshold = float(default=5.0,min=0)  # the same for ramps of 4 groups
        maximum_cores = string(default='1')  # number, 'half', 'quarter' or 'all'; has no effect on results
        flag_4_neighbors = boolean(default=True)  # spread jumps to the pixels at the four sides
        max_jump_to_flag_neighbors = float(default=1000)  # jumps above this do not spread, in units of the noise
        min_jump_to_flag_neighbors = float(default=10)  # jumps below this do not spread, in units of the noise
        after_jump_flag_dn1 = float(default=0)  # height from which jumps have a first transient, DN
        after_jump_flag_time1 = float(default=0)  # duration of the first transient, seconds
        after_jump_flag_dn2 = float(default=0)  # height from which jumps have a second transient, DN
        after_jump_flag_time2 = float(default=0)  # duration of the second transient, seconds
        expand_large_events = boolean(default=False)  # flag the surroundings of snowballs (near-infrared)
        min_sat_area = float(default=1.0)  # smallest saturated core of a snowball, pixels
        min_jump_area = float(default=5.0)  # smallest connected jump that may be a snowball, pixels
        expand_factor = float(default=2.0)  # growth of the ellipse around a snowball
        use_ellipses = boolean(default=False)  # deprecated, has no effect
        sat_required_snowball = boolean(default=True)  # only jumps with a saturated core are snowballs
        min_sat_radius_extend = float(default=2.5)  # extend saturated cores larger than this, pixels
        sat_expand = integer(default=2)  # growth of the radius of a saturated core, pixels
        edge_size = integer(default=25)  # no core is required this close to the edge, pixels
        mask_snowball_core_next_int = boolean(default=True)  # flag the cores also in the next integration
        snowball_time_masked_next_int = integer(default=4000)  # for how long, seconds
        find_showers = boolean(default=False)  # find showers (MIRI)
        max_shower_amplitude = float(default=4)  # brightest shower, DN/s (MIRI); has no effect
        extend_snr_threshold = float(default=1.2)  # least signal to noise of a shower (MIRI)
        extend_min_area = integer(default=90)  # smallest shower after smoothing, pixels (MIRI)
        extend_inner_radius = float(default=1)  # inner radius of the smoothing ring, pixels (MIRI)
        extend_outer_radius = float(default=2.6)  # width of the smoothing ring, pixels (MIRI)
        extend_ellipse_expand_ratio = float(default=1.1)  # growth of the ellipse around a shower (MIRI)
        time_masked_after_shower = float(default=15)  # flag groups for this long after a shower, seconds (MIRI)
        min_diffs_single_pass = integer(default=10)  # search once, not iteratively, with this many differences
        max_extended_radius = integer(default=200)  # largest radius of a snowball or shower, pixels
        minimum_groups = integer(default=3)  # fewest groups to search; it is always 3 on one core
        minimum_sigclip_groups = integer(default=100)  # clip by sigma with this many integrations or groups
        only_use_ints = boolean(default=True)  # clip each group over the integrations, not all groups together
    """
    reference_file_types = ("gain", "readnoise")
    input_types = ("RampModel",)
    timing_keywords = ("NFRAMES", "TGROUP")

    def check_applies(self, exposure):
        """Only if there are enough groups."""
        check_groups(exposure, MINIMUM_GROUPS)

    def process(self, exposure, references):
        timing = Timing.of(exposure)
        if self.minimum_groups != MINIMUM_GROUPS:
            log.warning(
                "minimum_groups = %d is not used: it is always %d", self.minimum_groups, MINIMUM_GROUPS
            )
        gain = references["gain"].array("data", exposure)
        read_noise = references["readnoise"].array("data", exposure)

        flag_missing_gain(exposure.pixeldq, gain)
        cosmic_rays = self._find_cosmic_rays(exposure, timing, gain, read_noise)
        drop_flag_where(exposure.groupdq, JUMP_DET, DO_NOT_USE | SATURATED)
        large_events = self._find_snowballs(exposure, timing)
        if self.find_showers:
            large_events = self._find_showers(exposure, timing, gain, read_noise)
        record_rates(exposure, timing, cosmic_rays, large_events)
        return exposure

    def _find_cosmic_rays(self, exposure, timing, gain, read_noise) -> int:
        """Flag jumps, their neighbours and their transients; return the number of jumps."""
        ramp, groupdq = exposure.data, exposure.groupdq
        unusable = fully_flagged_groups(groupdq, DO_NOT_USE)
        fewest_groups = int((~unusable).sum(axis=1).min())
        clips = self._clips(unusable)
        if fewest_groups < MINIMUM_GROUPS and not clips:
            log.warning(
                "No jumps are searched for: an integration has fewer than %d usable groups", MINIMUM_GROUPS
            )
            return NOT_SEARCHED

        noise = (gain, read_noise, timing.nframes)
        medians = None
        if clips:
            log.info("Finding jumps by sigma clipping at %g sigma", self.rejection_threshold)
            flag_jumps_by_clipping(ramp, groupdq, gain, self.rejection_threshold, self.only_use_ints)
        elif fewest_groups > self.min_diffs_single_pass:
            log.info("Finding jumps above %g sigma", self.rejection_threshold)
            medians = flag_jumps_once(ramp, groupdq, *noise, self.rejection_threshold)
        else:
            log.info("Finding jumps above %g sigma, one after another", self.rejection_threshold)
            flag_jumps_iteratively(ramp, groupdq, *noise, self._thresholds())
        cosmic_rays = count_flagged(groupdq, JUMP_DET)

        if self.flag_4_neighbors:
            limits = self.min_jump_to_flag_neighbors, self.max_jump_to_flag_neighbors
            flag_neighbors(ramp, groupdq, *noise, *limits, medians)
        flag_transients(ramp, groupdq, gain, *self._transients(timing))
        log.info("%d jumps found", cosmic_rays)
        return cosmic_rays

    def _clips(self, unusable) -> bool:
        """Whether there are enough integrations, or groups in all, for sigma clipping."""
        samples = unusable.shape[0] if self.only_use_ints else int((~unusable).sum())
        return samples >= self.minimum_sigclip_groups

    def _thresholds(self):
        return RejectionThresholds(
            normal=self.rejection_threshold,
            three_differences=self.four_group_rejection_threshold,
            two_differences=self.three_group_rejection_threshold,
        )

    def _transients(self, timing):
        return (
            Transient(self.after_jump_flag_dn1, timing.whole_groups(self.after_jump_flag_time1)),
            Transient(self.after_jump_flag_dn2, timing.whole_groups(self.after_jump_flag_time2)),
        )

    def _find_snowballs(self, exposure, timing) -> int:
        """Flag snowballs if asked for; return their number."""
        if not self.expand_large_events:
            return 0
        masked = self.snowball_time_masked_next_int if self.mask_snowball_core_next_int else 0
        rules = SnowballRules(
            min_jump_area=self.min_jump_area,
            min_sat_area=self.min_sat_area,
            expand_factor=self.expand_factor,
            sat_required=self.sat_required_snowball,
            min_sat_radius_extend=self.min_sat_radius_extend,
            sat_expand=self.sat_expand,
            edge_size=self.edge_size,
            max_extended_radius=self.max_extended_radius,
            next_groups=timing.whole_groups(masked),
        )
        snowballs = flag_snowballs(exposure.groupdq, rules)
        log.info("%d snowballs found", snowballs)
        return snowballs

    def _find_showers(self, exposure, timing, gain, read_noise) -> int:
        """Flag showers; return their number."""
        if usable_differences(exposure.groupdq) < MINIMUM_SHOWER_DIFFERENCES:
            log.warning(
                "No showers are searched for: fewer than %d differences between groups",
                MINIMUM_SHOWER_DIFFERENCES,
            )
            return 0
        rules = ShowerRules(
            snr_threshold=self.extend_snr_threshold,
            min_area=self.extend_min_area,
            inner_radius=self.extend_inner_radius,
            ring_width=self.extend_outer_radius,
            expand_ratio=self.extend_ellipse_expand_ratio,
            max_extended_radius=self.max_extended_radius,
            following_groups=timing.whole_groups(self.time_masked_after_shower),
            max_change=SHOWER_AMPLITUDE * timing.group_time,
            clipping_integrations=self.minimum_sigclip_groups,
        )
        noise = gain, read_noise, timing.nframes
        showers = flag_showers(exposure.data, exposure.groupdq, exposure.pixeldq, *noise, rules)
        log.info("%d showers found", showers)
        return showers


def flag_missing_gain(pixeldq, gain):
    """Mark, in place, the pixels whose gain is NaN or not positive NO_GAIN_VALUE and DO_NOT_USE."""
    xp = array_namespace(gain)
    pixeldq[xp.isnan(gain) | (gain <= 0)] |= pixeldq.dtype.type(NO_GAIN_VALUE | DO_NOT_USE)


class Timing(NamedTuple):
    """How an exposure was sampled.

    Attributes
    ----------
    nframes : int
        Frames averaged into a group.
    group_time : float
        Time from one group to the next, seconds.
    """

    nframes: int
    group_time: float

    @classmethod
    def of(cls, exposure) -> "Timing":
        """The timing that the keywords give.

        Raises
        ------
        InputError
            If NFRAMES or TGROUP is missing.
        """
        values = exposure.meta.exposure.nframes, exposure.meta.exposure.group_time
        for keyword, value in zip(("NFRAMES", "TGROUP"), values, strict=True):
            if value is None:
                raise InputError(f"{exposure.source}: keyword {keyword} is missing")
        return cls(*values)

    def whole_groups(self, seconds: float) -> int:
        """Whole groups in a time."""
        return max(0, int(seconds // self.group_time))


def usable_differences(groupdq) -> int:
    """How many differences between groups there are in all integrations.

    Each integration counts for one less than it has groups, and groups that no pixel can use do not count.
    """
    unusable = fully_flagged_groups(groupdq, DO_NOT_USE)
    return np.count_nonzero(~unusable) - unusable.shape[0]


def record_rates(exposure, timing, cosmic_rays, large_events):
    """Write the rates of cosmic rays and large events to the metadata."""
    differences = usable_differences(exposure.groupdq)
    if differences < 1:
        return
    ny, nx = exposure.pixeldq.shape
    pixel_seconds = timing.group_time * differences * (ny * nx)
    exposure.meta.exposure.primary_cosmic_rays = 1e3 * cosmic_rays / pixel_seconds
    exposure.meta.exposure.extended_emission_events = 1e6 * large_events / pixel_seconds
