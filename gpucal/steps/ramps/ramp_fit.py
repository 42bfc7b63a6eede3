"""The ramp_fit step."""

import logging
from typing import ClassVar, NamedTuple

from gpucal.core import Step
from gpucal.data import Exposure, InputError
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.ramp_fit.charge_loss import restore_read_variance
from gpucal.kernels.ramp_fit.groups import keep_groups, usable_range
from gpucal.kernels.ramp_fit.inputs import Groups, Ramps, ReadingRules, Readout
from gpucal.kernels.ramp_fit.likelihood import fit_ramps_by_likelihood
from gpucal.kernels.ramp_fit.likelihood_noise import even_read_times
from gpucal.kernels.ramp_fit.ols import Rates, fit_ramps
from gpucal.kernels.ramp_fit.optional import fit_segments

log = logging.getLogger(__name__)

LIKELY_MINIMUM_GROUPS = 4  # with fewer, the likelihood algorithm gives way to OLS_C

EVERY_RAMP = ReadingRules()

# Instruments whose first and last groups are left out where no pixel can use them, with the fewest groups
# that have to remain.
TRIMMED_INSTRUMENTS = {"MIRI": 2}

# The exposure types whose rates are an IFUImageModel, with the LAMPMODE that they need.
IFU_TYPES = {"NRS_IFU": None, "MIR_MRS": None, "NRS_AUTOWAVE": "IFU", "NRS_LAMP": "IFU"}


class RampFitResult(NamedTuple):
    """Count rates.

    Attributes
    ----------
    rate : Exposure
        The mean over all integrations.
    rateints : Exposure
        Those of each integration.
    """

    rate: Exposure
    rateints: Exposure


class RampFitStep(Step):
    """Fit a straight line to the ramp of each pixel: its count rate, with variances and flags.

    With ``save_opt``, one more product is saved, named after ``opt_name`` or else after the input: the fit of
    every segment between jumps with suffix ``fitopt`` or, for the likelihood algorithm, the chi squared of the
    fits with suffix ``likely_chisq``.

    Notes
    -----
    The algorithms are described in `gpucal.kernels.ramp_fit.ols` and `gpucal.kernels.ramp_fit.likelihood`. The second
    one is also taken where groups are unevenly spaced in time; it needs 4 groups. A ramp with no usable group has a
    NaN rate. The keyword GAINFACT is taken over from the gain reference, for the gain_scale step.
    """

    class_alias = "ramp_fit"
    spec = """
        algorithm = option('OLS_C', 'LIKELY', default='OLS_C')  # least squares, or likelihood
        int_name = string(default='')  # has no effect: rateints products are named like all others
        save_opt = boolean(default=False)  # save the fit of each segment, too
        opt_name = string(default='')  # file name of that product
        suppress_one_group = boolean(default=True)  # do not fit ramps with a single good group
        firstgroup = integer(default=None)  # number of the first group to fit, from zero
        lastgroup = integer(default=None)  # number of the last group to fit, from zero
        maximum_cores = string(default='1')  # number, 'half', 'quarter' or 'all'; has no effect on results
    """
    reference_file_types = ("readnoise", "gain")
    input_types = ("RampModel",)
    timing_keywords = ("NFRAMES", "GROUPGAP", "TGROUP", "TFRAME")
    required_keywords: ClassVar = {
        "NFRAMES": "exposure.nframes",
        "GROUPGAP": "exposure.groupgap",
        "TGROUP": "exposure.group_time",
        "TFRAME": "exposure.frame_time",
    }

    def process(self, exposure, references):
        fit_by = ALGORITHMS[algorithm_for(exposure, self.algorithm)]
        if not keep_groups(exposure.groupdq, self.firstgroup, self.lastgroup):
            log.warning("Groups %s to %s: not a range, all are fitted", self.firstgroup, self.lastgroup)
        gain_factor = references["gain"].meta.exposure.gain_factor
        if gain_factor is not None:
            exposure.meta.exposure.gain_factor = gain_factor

        fit = fit_by(exposure, references, self.suppress_one_group, self.save_opt)
        if fit.optional is not None:
            self.save(fit.optional, fit.suffix, output_file=self.opt_name or exposure.source)
        return RampFitResult(
            rate=rate_product(exposure, image_type(exposure.meta), fit.rate),
            rateints=with_times(rate_product(exposure, "CubeModel", fit.rateints), exposure),
        )


class Fit(NamedTuple):
    """What an algorithm finds.

    Attributes
    ----------
    rate, rateints : Rates
        For the exposure, and for each integration.
    optional : Exposure or None
        The product that ``save_opt`` asks for.
    suffix : str
        Its suffix.
    """

    rate: Rates
    rateints: Rates
    optional: Exposure | None
    suffix: str


def algorithm_for(exposure, wanted) -> str:
    """The algorithm that fits an exposure: the one that is wanted, unless its groups rule that out."""
    ngroups = exposure.data.shape[1]
    if wanted != "LIKELY" and len(exposure.meta.exposure.read_times or ()) > 0:
        log.warning("Algorithm LIKELY: the groups are unevenly spaced in time")
        wanted = "LIKELY"
    if wanted == "LIKELY" and ngroups < LIKELY_MINIMUM_GROUPS:
        log.info("Algorithm OLS_C: LIKELY needs %d groups, and there are %d", LIKELY_MINIMUM_GROUPS, ngroups)
        return "OLS_C"
    return wanted


def fit_by_least_squares(exposure, references, suppress_one_group, save_opt) -> Fit:
    """Fit segments of ramps by least squares."""
    groups = fitted_groups(exposure, suppress_one_group)
    rules = ReadingRules(suppress_one_group, forget_first_jump=groups.start > 0)
    ramps = ramps_of(exposure, references, groups, rules)
    rate, rateints = fit_ramps(ramps, exposure.pixeldq)
    restore_read_variance(ramps, rate, rateints)
    optional = None
    if save_opt:
        segments = fit_segments(ramps, rateints.slope, pedestal_groups(exposure.meta.exposure))
        optional = exposure.blank("RampFitOutputModel", **segments._asdict())
    return Fit(rate, rateints, optional, "fitopt")


def fit_by_likelihood(exposure, references, _suppress_one_group, save_opt) -> Fit:
    """Fit ramps by maximum likelihood; single groups are never fitted."""
    ramps = ramps_of(exposure, references)
    rate, rateints, chi_squared = fit_ramps_by_likelihood(ramps, exposure.pixeldq, read_times_of(exposure))
    optional = exposure.blank("ImageModel", data=chi_squared) if save_opt else None
    return Fit(rate, rateints, optional, "likely_chisq")


# What the parameter ``algorithm`` names.
ALGORITHMS = {"OLS_C": fit_by_least_squares, "LIKELY": fit_by_likelihood}


def read_times_of(exposure):
    """Times of the reads in each group, seconds: those given, or those of a regular readout.

    Raises
    ------
    InputError
        If those given are of another number of groups.
    """
    keywords = exposure.meta.exposure
    given = list(keywords.read_times or ())
    ngroups = exposure.data.shape[1]
    if given and len(given) != ngroups:
        raise InputError(f"{exposure.source}: read_times has the times of {len(given)} groups, and there are {ngroups}")
    return given or even_read_times(ngroups, keywords.nframes, keywords.groupgap, keywords.frame_time)


def ramps_of(exposure, references, groups=None, rules=EVERY_RAMP):
    """The ramps of an exposure, and the groups that are fitted."""
    keywords = exposure.meta.exposure
    return Ramps(
        data=exposure.data,
        groupdq=exposure.groupdq,
        gain=references["gain"].array("data", exposure),
        read_noise=references["readnoise"].array("data", exposure),
        readout=Readout.of(keywords.group_time, keywords.frame_time, keywords.nframes),
        dark_current=exposure.average_dark_current if exposure.has("average_dark_current") else None,
        zeroframe=exposure.zeroframe if exposure.has("zeroframe") else None,
        rules=rules,
        groups=groups,
    )


def fitted_groups(exposure, suppress_one_group) -> Groups:
    """The groups to fit; for MIRI, without first and last groups that no pixel can use.

    If too few groups remain, all are flagged DO_NOT_USE. With ``suppress_one_group``, a pixel whose ramp has a single
    good group cannot use it.
    """
    groupdq = exposure.groupdq
    everything = Groups(0, groupdq.shape[1])
    fewest = TRIMMED_INSTRUMENTS.get(exposure.meta.instrument.name)
    if fewest is None or groupdq.shape[1] == 1:
        return everything
    groups = usable_range(groupdq, drop_single_groups=suppress_one_group)
    if groups.stop - groups.start < fewest:
        log.warning("Fewer than %d groups can be used: no pixel has a rate", fewest)
        groupdq |= DO_NOT_USE
        return everything
    log.info("Fitting groups %d to %d", groups.start, groups.stop - 1)
    return groups


def pedestal_groups(keywords) -> float:
    """Time from the reset to the middle of the first group, in units of the time between groups."""
    frames = 0.5 * (keywords.nframes + 1) + (keywords.drop_frames1 or 0)
    return frames / (keywords.nframes + keywords.groupgap)


def image_type(meta) -> str:
    """The model type of the rate product."""
    kind = meta.exposure.type
    is_ifu = kind in IFU_TYPES and IFU_TYPES[kind] in (None, meta.instrument.lamp_mode)
    return "IFUImageModel" if is_ifu else "ImageModel"


def rate_product(exposure, model_type, rates):
    """A product with the metadata of the ramps."""
    arrays = rates._asdict()
    product = exposure.blank(model_type, data=arrays.pop("slope"), **arrays)
    product.meta.bunit_data = "DN/s"
    product.meta.bunit_err = "DN/s"
    return product


def with_times(product, exposure):
    """The product, with the tables that say when each integration was taken."""
    for name in ("int_times", "int_times_stripe"):
        if getattr(exposure, name) is not None:
            setattr(product, name, getattr(exposure, name))
    return product
