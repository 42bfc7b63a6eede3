"""The dark_current step."""

import logging
import operator
from functools import reduce

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.core import Step
from gpucal.data import write_model
from gpucal.data.segments import first_integration
from gpucal.kernels.ramps.dark_current import dark_groups, subtract_dark
from gpucal.names.products import product_path
from gpucal.startup.lazy import datamodels
from gpucal.steps.parts.ramps.dark_sampling import sampling_of

log = logging.getLogger(__name__)


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
    status_name = "dark_sub"
    spec = """
        dark_output = output_file(default=None)  # name of a file for the dark that was subtracted
        average_dark_current = float(default=None)  # average dark current of the detector in electrons/s
    """
    reference_file_types = ("dark",)
    input_types = ("RampModel",)
    timing_keywords = ("NFRAMES", "GROUPGAP")

    def works_by_integration(self, exposure):
        """The dark of MIRI for an integration depends on whether the exposure begins before it."""
        return exposure.meta.instrument.name != "MIRI" and self.dark_output is None

    def process(self, exposure, references):
        dark = references["dark"]
        self.set_average_dark_current(exposure, dark)  # of a dark that is not subtracted, too, as in jwst 3.0.0
        sampling = sampling_of(exposure, dark)
        if self.dark_output is not None:
            self.save_dark(exposure, dark, sampling)
        exposure.pixeldq |= flags_of_all(dark.array("dq", exposure))
        subtract(exposure, dark, sampling)
        return exposure

    def set_average_dark_current(self, exposure, dark):
        """Set the average dark current, in electrons/s, that Poisson noise is computed from.

        The parameter comes first, then the map of the reference, then its keyword AVDRKCUR, then zero. A map
        only replaces a map that the exposure holds already: otherwise it is refused, as in jwst 3.0.0.
        """
        current = self.average_dark_current
        if current is None:
            current_map = dark.array("average_dark_current")
            if current_map is not None and current_map.sum() != 0:
                replace_map(exposure, current_map)
                return
            current = getattr(dark.meta.exposure, "average_dark_current", None) or 0.0
        xp = array_namespace(exposure.data)
        exposure.average_dark_current = xp.full(exposure.data.shape[-2:], current, xp.float32)
        log.info("Average dark current: %g electrons/s", current)

    def save_dark(self, exposure, dark, sampling):
        """Write all darks in the read pattern of the exposure, with the metadata of the reference."""
        asnumpy = current_backend().asnumpy
        nints, ngroups = exposure.data.shape[:2]
        available = dark.shape[-3] + sampling.continued
        made_groups = ngroups if sampling.averages else available
        darks = by_integration(dark.array("data", exposure), nints, sampling.averages)
        made = [
            dark_groups(one, made_groups, sampling.nframes, sampling.groupgap, available) for one in darks
        ]
        data = np.stack([np.stack([asnumpy(group).copy() for group in groups]) for groups in made])
        dq = asnumpy(dark.array("dq", exposure)).copy()
        if dq.ndim == 4:
            model = datamodels.DarkMIRIModel(data=data, dq=dq)
        else:
            model = datamodels.DarkModel(data=data[0], dq=dq)
        model.update(dark.model)
        model.meta.exposure.ngroups = made_groups
        model.meta.exposure.nframes = exposure.meta.exposure.nframes
        model.meta.exposure.groupgap = exposure.meta.exposure.groupgap
        path = product_path(self.dark_output, None, output_dir=self.search("output_dir"), ext=self.output_ext)
        write_model(model, path)


def subtract(exposure, dark, sampling):
    """Subtract from each integration its dark, of which no more is read than is used."""
    nints, ngroups = exposure.data.shape[:2]
    from_first = first_integration(exposure) == 0
    groups = sampling.groups_read(ngroups, dark.shape[-3])
    counts = (*darks_read(dark.shape[:-3], nints, from_first), groups)
    for rows, darks in dark.parts("data", exposure, counts):
        subtract_dark(
            exposure.data,
            by_integration(darks, nints, sampling.averages),
            sampling.nframes,
            sampling.groupgap,
            available=groups + sampling.continued,
            from_first=from_first,
            first_row=rows.start or 0,
        )


def darks_read(ndarks, nints, from_first):
    """How many of the darks by integration are read; of a reference that has one, an empty tuple stays empty.

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


def by_integration(darks, nints, averages):
    """The darks of the first integrations of an exposure.

    Of darks that have to be averaged, those beyond the number of integrations are zero, as in jwst 3.0.0: nothing is
    subtracted from a later segment of an exposure that holds fewer integrations than the reference.

    Parameters
    ----------
    darks : (ngroups, ny, nx) or (ndarks, ngroups, ny, nx) float32 array
        As they stand in the reference, DN.
    nints : int
        Integrations of the exposure.
    averages : bool
        Whether they have to be averaged.

    Returns
    -------
    (ndarks, ngroups, ny, nx) float32 array
    """
    if darks.ndim == 3:
        return darks[None]
    if averages and len(darks) > nints:
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
