"""The dark_current step."""

import logging
import operator
from functools import reduce
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.core import SkipStep, Step
from gpucal.core.naming import product_path
from gpucal.data import write_model
from gpucal.data.segments import first_integration
from gpucal.kernels.ramps.dark_current import dark_groups, frames_spanned, groups_to_span, subtract_dark
from gpucal.reference import ReferenceFileError
from gpucal.startup.lazy import datamodels

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


class DarkCurrentStep(Step):
    """Subtract the dark signal of the detector from each integration.

    Darks read with fewer frames a group are averaged to the read pattern of the exposure, and continued
    beyond their last group with the slope between the last two. The flags of the reference are added to
    PIXELDQ, and the average dark current is set for the noise that later steps compute. Zero frames are
    left as they are.

    A dark of MIRI has an array for each of the first integrations of an exposure; the last one serves all later
    integrations.
    """

    class_alias = "dark_current"
    spec = """
        dark_output = output_file(default=None)  # name of a file for the dark that was subtracted
        average_dark_current = float(default=None)  # average dark current of the detector in electrons/s
    """
    reference_file_types = ("dark",)
    status_name = "dark_sub"
    input_types = ("RampModel",)

    def works_by_integration(self, exposure):
        """The dark of MIRI for an integration depends on whether the exposure begins before it."""
        return exposure.meta.instrument.name != "MIRI" and self.dark_output is None

    def process(self, exposure, references):
        reference = references["dark"]
        self.set_average_dark_current(exposure, reference)
        nread = reference.shape[-3]
        wanted = read_pattern(exposure.meta, exposure.data.shape[1], exposure.source)
        given = read_pattern(reference.meta, nread, reference.label)
        sampled = sampling(wanted, given)
        is_averaged = wanted[1:] != given[1:]
        if self.dark_output is not None:
            saved = wanted if is_averaged else wanted._replace(ngroups=sampled.available)
            self.save_dark(saved, sampled, reference, exposure, is_averaged)
        exposure.pixeldq |= flags_of_all(reference.array("dq", exposure))
        from_first = first_integration(exposure) == 0
        used = sampled.groups_used(wanted.ngroups, nread)
        sampled = sampled._replace(available=used + sampled.available - nread)
        first = (*darks_used(reference.shape[:-3], len(exposure.data), from_first), used)
        for rows, darks in reference.parts("data", exposure, first):
            darks = by_integration(darks, len(exposure.data), is_averaged)
            subtract_dark(exposure.data, darks, *sampled, from_first, first_row=rows.start or 0)
        return exposure

    def set_average_dark_current(self, exposure, reference):
        """Set the average dark current, in electrons/s, that Poisson noise is computed from.

        The parameter comes first, then the map of the reference, then its keyword AVDRKCUR, then zero. A map
        only replaces a map that the exposure holds already: otherwise it is refused, as in jwst 3.0.0.
        """
        current = self.average_dark_current
        if current is None:
            current_map = reference.array("average_dark_current")
            if current_map is not None and current_map.sum() != 0:
                replace_map(exposure, current_map)
                return
            current = getattr(reference.meta.exposure, "average_dark_current", None) or 0.0
        xp = array_namespace(exposure.data)
        exposure.average_dark_current = xp.full(exposure.data.shape[-2:], current, xp.float32)
        log.info("Average dark current: %g electrons/s", current)

    def save_dark(self, pattern, sampled, reference, exposure, is_averaged):
        """Write the darks of a read pattern, with the metadata of the reference they are made from."""
        asnumpy = current_backend().asnumpy
        darks = by_integration(reference.array("data", exposure), len(exposure.data), is_averaged)
        made = [dark_groups(dark, pattern.ngroups, *sampled) for dark in darks]
        data = np.stack([np.stack([asnumpy(group).copy() for group in groups]) for groups in made])
        dq = asnumpy(reference.array("dq", exposure)).copy()
        if dq.ndim == 4:
            model = datamodels.DarkMIRIModel(data=data, dq=dq)
        else:
            model = datamodels.DarkModel(data=data[0], dq=dq)
        model.update(reference.model)
        for name, value in pattern._asdict().items():
            setattr(model.meta.exposure, name, value)
        path = product_path(self.dark_output, None, output_dir=self.search("output_dir"), ext=self.output_ext)
        write_model(model, path)


def darks_used(ndarks, nints, from_first):
    """How many of the darks by integration are used; of a reference that has one, an empty tuple stays empty.

    Parameters
    ----------
    ndarks : tuple of int
        Darks of the reference, if they are by integration.
    nints : int
        Integrations of the exposure.
    from_first : bool
        Whether it starts with the first one. Otherwise the last dark serves all.
    """
    return tuple(min(count, nints) if from_first else count for count in ndarks)


def by_integration(darks, nints, is_averaged):
    """The darks of the first integrations of an exposure.

    Of darks that have to be averaged, those beyond the number of integrations are zero, as in jwst 3.0.0: nothing is
    subtracted from a later segment of an exposure that holds fewer integrations than the reference.

    Parameters
    ----------
    darks : (ngroups, ny, nx) or (ndarks, ngroups, ny, nx) float32 array
        As they stand in the reference, DN.
    nints : int
        Integrations of the exposure.
    is_averaged : bool
        Whether they have to be averaged.

    Returns
    -------
    (ndarks, ngroups, ny, nx) float32 array
    """
    if darks.ndim == 3:
        return darks[None]
    if is_averaged and len(darks) > nints:
        darks = darks.copy()
        darks[nints:] = 0
    return darks


def flags_of_all(dark_dq):
    """The flags of all darks together; those by integration have an axis of length one in the place of groups."""
    return dark_dq if dark_dq.ndim == 2 else reduce(operator.or_, list(dark_dq[:, 0]))


def replace_map(exposure, current_map):
    """Put a map of average dark current in the place of the one that an exposure holds."""
    if exposure.has("average_dark_current") and exposure.average_dark_current.shape == current_map.shape:
        exposure.average_dark_current = current_map.copy()
    else:
        log.warning("The map of average dark current of the reference is not used: the exposure holds none")


def read_pattern(meta, ngroups, label):
    """The read pattern of an exposure or of a dark.

    Raises
    ------
    ReferenceFileError
        If a keyword is missing.
    """
    pattern = ReadPattern(ngroups, meta.exposure.nframes, meta.exposure.groupgap)
    if None in pattern:
        raise ReferenceFileError(f"{label}: its keywords NFRAMES and GROUPGAP are missing")
    return pattern


class Sampling(NamedTuple):
    """Which groups of a dark make those of an exposure.

    Attributes
    ----------
    nframes, groupgap : int
        Groups of the dark in a group of the exposure, and between two of them.
    available : int
        Groups of the dark, with those by which it has to be continued.
    """

    nframes: int
    groupgap: int
    available: int

    def groups_used(self, ngroups, nread):
        """How many of the groups that the dark holds make so many groups; all, where it has to be continued."""
        return nread if self.available > nread else min(nread, ngroups * (self.nframes + self.groupgap))


def sampling(wanted, given):
    """Which groups of a dark make those of an exposure.

    Parameters
    ----------
    wanted : ReadPattern
        Of the exposure.
    given : ReadPattern
        Of the dark.

    Returns
    -------
    Sampling

    Raises
    ------
    SkipStep
        If the groups of the dark cannot be made into those of the exposure.
    """
    log.info("Exposure: %d groups of %d frames, %d dropped between two", *wanted)
    log.info("Dark: %d groups of %d frames, %d dropped between two", *given)
    if given.nframes > wanted.nframes or given.groupgap > wanted.groupgap:
        raise SkipStep("the dark averages or drops more frames than the exposure")
    lacking = frames_spanned(*wanted) - frames_spanned(*given)
    available = given.ngroups
    if lacking > 0:
        available += groups_to_span(lacking, given.nframes, given.groupgap)
        log.warning("The dark is too short and is continued for %d groups", available - given.ngroups)
        if given.ngroups == 1:
            raise SkipStep("the dark has one group, hence no slope to continue it with")
    nframes, groupgap = (1, 0) if wanted[1:] == given[1:] else wanted[1:]
    return Sampling(nframes, groupgap, available)
