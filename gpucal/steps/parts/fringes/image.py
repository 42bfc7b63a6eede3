"""Residual fringes of an image of the MRS, column by column in each slice."""

import logging
import warnings
from collections import Counter
from typing import NamedTuple

import numpy as np

from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.startup.deferred import import_splines
from gpucal.steps.parts.fringes.columns import Column, Correction, correct_column
from gpucal.steps.parts.fringes.errors import NotFitted
from gpucal.steps.parts.fringes.reference import FringeReference

log = logging.getLogger(__name__)

# Signal over error that a pixel needs to be fitted.
LEAST_SNR = 10

# Channels with fringes of the dichroics.
DICHROIC_CHANNELS = (3, 4)


class Image(NamedTuple):
    """An image, on the host.

    Attributes
    ----------
    data, err : (ny, nx) float32 arrays
        Values and errors in one unit.
    dq : (ny, nx) integer array
        Flags.
    wavelengths : (ny, nx) float64 array
        In micron; NaN outside of slices.
    slices : (ny, nx) integer array
        100 times the channel and the number of the slice; 0 where there is none.
    """

    data: np.ndarray
    err: np.ndarray
    dq: np.ndarray
    wavelengths: np.ndarray
    slices: np.ndarray


class Corrected(NamedTuple):
    """What was made of an image.

    Attributes
    ----------
    data : (ny, nx) float32 array
        Without fringes; NaN where pixels are not to be used.
    weights : (ny, nx) float64 array
        How much each pixel counts before lines are looked for; what was fitted has its own, in `corrections`.
    corrections : dict of (int, int) to Correction
        What was done, by slice and column.
    """

    data: np.ndarray
    weights: np.ndarray
    corrections: dict[tuple[int, int], Correction]


def corrected(image: Image, reference: FringeReference, ignore=()) -> Corrected:
    """Divide an image by its residual fringes.

    How many columns were corrected, and how many were not and why, is told in the log.

    Parameters
    ----------
    image : Image
        Not changed.
    reference : FringeReference
        The periods to look for.
    ignore : sequence of (float, float)
        Between which wavelengths, micron, nothing is fitted.

    Raises
    ------
    ReferenceFileError
        If the reference does not tell the fringes of a slice.
    """
    import_splines()
    bad = (image.dq & np.asarray(DO_NOT_USE, image.dq.dtype)).astype(bool) | ~np.isfinite(image.data)
    positive = image.data[image.data > 0]
    level = np.median(positive) if positive.size else image.data.dtype.type(1)
    flux = np.where(bad, 0, image.data) / level
    weights = _weights_of(image.data)
    used = weights.copy()
    for first, last in ignore:
        used[(image.wavelengths > first) & (image.wavelengths < last)] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        usable = image.data / image.err > LEAST_SNR
    made, failed = {}, Counter()
    numbers = np.unique(image.slices[image.slices > 0])
    for number in map(int, numbers):
        fringes = reference.of_slice(number)
        for x, column in _columns_of(image, number, flux, used, usable, reference):
            try:
                correction = correct_column(column, fringes)
            except NotFitted as error:
                failed[str(error)] += 1
                continue
            if correction is not None:
                made[number, x] = correction
    _tell(made, failed)
    return Corrected(_put_together(image.data, bad, level, made), weights, made)


def _weights_of(data):
    """The flux of each column, relative to its mean."""
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of columns without data
        weights = data / np.array([np.nanmean(column) for column in data.T])
    return np.where(np.isnan(weights) | (weights == np.inf), 0.0, weights).astype(np.float64)


def _columns_of(image: Image, number: int, flux, weights, usable, reference: FringeReference):
    """The columns of a slice, with their places."""
    inside = image.slices == number
    for x in np.flatnonzero(inside.any(axis=0)):
        here = inside[:, x]
        wavelengths = image.wavelengths[:, x] * here
        yield int(x), Column(
            np.where(here, flux[:, x], 0.0).astype(np.float64),
            wavelengths,
            np.where(here, weights[:, x], 0.0),
            usable[:, x],
            reference.largest_amplitude(wavelengths),
            number // 100 in DICHROIC_CHANNELS,
        )


def _put_together(data, bad, level, made):
    """The image, with corrected columns where they are above 0 in their slice."""
    result = data.copy()
    for (_, x), correction in made.items():
        rows = np.flatnonzero(correction.inside)
        result[rows, x] = correction.flux[rows].astype(data.dtype) * level
    result[bad] = np.nan
    return result


def _tell(made, failed) -> None:
    channels = Counter(number // 100 for number, _ in made)
    for channel, count in sorted(channels.items()):
        log.info("Channel %d: fringes of %d columns corrected", channel, count)
    if failed:
        reasons = ", ".join(f"{count} as {reason}" for reason, count in failed.most_common())
        log.warning("%d columns stay as they are: %s", failed.total(), reasons)
