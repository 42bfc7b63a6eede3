"""Reassembly of superstripes into ramps of whole frames, at the end of the refpix step."""

import logging
import math

import numpy as np

from gpucal.backend import array_namespace
from gpucal.errors import GpucalError
from gpucal.kernels.flags.dqflags import REFERENCE_PIXEL
from gpucal.kernels.readout.superstripes import Assembly, Placement, place_groups, place_images
from gpucal.readouts.stripes import DETECTOR_ROWS, read_order, stripe_readout
from gpucal.readouts.subarray import SubarrayError
from gpucal.readouts.superstripe_times import condensed_times, read_times

log = logging.getLogger(__name__)

# Subarrays whose frames cover the whole detector along the slow axis: rows that were not read are filled in.
PADDED_SUBARRAYS = ("SUB17STRIPE_SOSS", "SUB60STRIPE_SOSS", "SUB204STRIPE_SOSS", "SUB680STRIPE_SOSS")

_STRIPE_KEYWORDS = (
    "multistripe_reads1",
    "multistripe_reads2",
    "multistripe_skips1",
    "multistripe_skips2",
    "repeat_stripe",
    "interleave_reads1",
    "num_superstripe",
    "superstripe_step",
)


def reassembled(exposure):
    """The ramps of whole frames that the stripes of an exposure make.

    The integrations of one round of superstripes become one. Several bursts of science rows in a stripe become
    groups of their own; their times are then given in READ_TIMES. Pixels that were not read are NaN and
    carry the REFERENCE_PIXEL flag.

    Parameters
    ----------
    exposure : Exposure
        A ``SuperstripeRampModel``.

    Returns
    -------
    Exposure
        A ``RampModel``.

    Raises
    ------
    GpucalError
        If the keywords do not tell which rows the stripes hold, or there are fewer integrations than stripes.
    """
    try:
        readout = stripe_readout(exposure.meta)
        order = read_order(readout)
    except SubarrayError as error:
        raise GpucalError(f"{exposure.source}: {error}") from error
    nints = len(exposure.data) // readout.superstripes
    if nints == 0:
        raise GpucalError(
            f"{exposure.source}: {len(exposure.data)} integrations hold no round of "
            f"{readout.superstripes} superstripes"
        )
    origin, size = frame_rows(exposure.meta.subarray.name, order)
    assembly = assembly_of(readout, order, origin, size)
    frames = exposure.blank("RampModel", **assembled_arrays(exposure, assembly, nints, size))
    set_times(frames, exposure, readout, assembly)
    first_stored = DETECTOR_ROWS - origin - size if readout.slowaxis < 0 else origin
    set_keywords(frames.meta, frames.data.shape, readout, first_stored + 1)
    log.info("%d integrations of %d superstripes make %d of frames", *_counts(exposure, readout, nints))
    return frames


def _counts(exposure, readout, nints):
    return len(exposure.data), readout.superstripes, nints


def frame_rows(subarray, order):
    """First detector row, in the order of the readout, and number of rows of the frame."""
    if subarray in PADDED_SUBARRAYS:
        return 0, DETECTOR_ROWS
    science = order.rows[order.bursts >= 0]
    return int(science.min()), int(science.max() - science.min()) + 1


def assembly_of(readout, order, origin, size):
    """Where the science rows of the stripes go.

    Parameters
    ----------
    readout : StripeReadout
        How the rows were read.
    order : ReadOrder
        Which rows were read.
    origin, size : int
        First detector row and number of rows of the frame.

    Returns
    -------
    Assembly
        In coordinates of the stored images.
    """
    placements = []
    nbursts = int(order.bursts.max()) + 1
    for burst in range(nbursts):
        for stripe, (rows, bursts) in enumerate(zip(*order, strict=True)):
            first = int(np.flatnonzero(bursts == burst)[0])
            source = _stored(first, readout.reads, readout.size, readout.slowaxis)
            target = _stored(int(rows[first]) - origin, readout.reads, size, readout.slowaxis)
            placements.append(Placement(stripe, burst, source, target))
    return Assembly(tuple(placements), readout.superstripes, nbursts, readout.along_y)


def _stored(first, count, size, slowaxis) -> slice:
    """Where rows, counted in the order of the readout, are in the stored image, which may have the opposite order."""
    start = size - first - count if slowaxis < 0 else first
    return slice(start, start + count)


def assembled_arrays(exposure, assembly, nints, size):
    """The arrays of the frames, by name."""
    ngroups, ny, nx = exposure.data.shape[1:]
    shape = (size, nx) if assembly.along_y else (ny, size)
    groups = nints, ngroups * assembly.nbursts, *shape
    xp = array_namespace(exposure.data)
    data = xp.full(groups, np.nan, np.float32)
    groupdq = xp.zeros(groups, np.uint8)
    pixeldq = xp.full(shape, REFERENCE_PIXEL, np.uint32)
    place_groups(exposure.data, data, assembly)
    place_groups(exposure.groupdq, groupdq, assembly)
    place_images(exposure.pixeldq, pixeldq[None], assembly)
    arrays = {"data": data, "groupdq": groupdq, "pixeldq": pixeldq}
    if exposure.meta.exposure.zero_frame and exposure.has("zeroframe"):
        arrays["zeroframe"] = xp.full((nints, *shape), np.nan, np.float32)
        place_images(exposure.zeroframe, arrays["zeroframe"], assembly)
    return arrays


def set_times(frames, stripes, readout, assembly):
    """Set the tables and keywords that say when the frames were read."""
    first = math.ceil((stripes.meta.exposure.integration_start or 1) / readout.superstripes)
    if stripes.int_times is not None and len(stripes.int_times):
        try:
            frames.int_times, frames.int_times_stripe = condensed_times(
                np.asarray(stripes.int_times),
                readout.superstripes,
                first,
                frames.model.get_dtype("int_times_stripe"),
            )
        except ValueError as error:
            raise GpucalError(f"{stripes.source}: {error}") from error
    if assembly.nbursts > 1:
        frames.meta.exposure.read_times = read_times(stripes.meta, readout, stripes.source)


def set_keywords(meta, shape, readout, start):
    """Set the keywords of the frames: no stripes any more, and the integrations of whole rounds.

    Parameters
    ----------
    meta : metadata tree
        Edited.
    shape : tuple of int
        Of the data of the frames.
    readout : StripeReadout
        How the stripes were read.
    start : int
        One-based stored row where the frame begins along the slow axis.
    """
    exposure, subarray = meta.exposure, meta.subarray
    last = exposure.integration_end if exposure.integration_end is not None else exposure.nints
    exposure.integration_start = math.ceil((exposure.integration_start or 1) / readout.superstripes)
    exposure.integration_end = _rounds(last, readout)
    exposure.nints = _rounds(exposure.nints, readout)
    exposure.ngroups = shape[1]
    for name in _STRIPE_KEYWORDS:
        setattr(subarray, name, None)
    subarray.ysize, subarray.xsize = shape[-2:]
    setattr(subarray, "ystart" if readout.along_y else "xstart", start)


def _rounds(integrations, readout):
    return None if integrations is None else math.ceil(integrations / readout.superstripes)
