"""Outliers of integrations, which show the same sky at the same pixels: compared with their median."""

import math

import numpy as np

from gpucal.backend import current_backend, row_tiles
from gpucal.kernels.outliers.flag_rules import flag_plain
from gpucal.kernels.outliers.medians import median_image
from gpucal.kernels.outliers.weights import drop_light
from gpucal.steps.parts.bit_flags import bad_bits
from gpucal.steps.parts.outliers.images import check_axes, limits_of
from gpucal.steps.parts.outliers.marks import error_of, mark
from gpucal.steps.parts.outliers.products import save_series_median


def flag_coronagraphs(members, step) -> None:
    """Flag the outliers of coronagraphs, by the median of all integrations of each.

    Parameters
    ----------
    members : Members
        Edited.
    step : OutlierDetectionStep
        With its parameters.

    Raises
    ------
    GpucalError
        If a parameter cannot be understood, or there are no integrations or no errors.
    """
    check_axes(members, 3, "integrations")
    for place in range(len(members)):
        with members.lease(place) as exposure:
            mark(members, place, _outliers_of(exposure, step))


def _outliers_of(exposure, step):
    """The outliers of one exposure, some rows at a time; flagged pixels do not count in its median."""
    (core, _), xp = limits_of(step), current_backend().xp
    data, err = exposure.data, error_of(exposure)
    outliers = xp.empty(data.shape, bool)
    kept = xp.empty(data.shape[1:], np.float32) if step.save_intermediate_results else None
    threshold = threshold_of(exposure, step)
    for rows in row_tiles(data.shape[1], 16 * len(data) * data.shape[2]):
        part = xp.ascontiguousarray(data[:, rows])
        medians = median_image(known_part(exposure, step, rows, threshold))[None]
        outliers[:, rows] = flag_plain(part, xp.ascontiguousarray(err[:, rows]), medians, core.snr)
        if kept is not None:
            kept[rows] = medians[0]
    if kept is not None:
        save_series_median(step, exposure, kept, "ImageModel")
    return outliers


def threshold_of(exposure, step) -> float:
    """The weight that pixels need to count in a median; NaN if all do."""
    if not exposure.has("dq") or not (exposure.dq & bad_bits(step.good_bits, "good_bits") == 0).any():
        return math.nan
    return step.maskpt


def known_part(exposure, step, rows: slice, threshold: float, integrations: slice = slice(None)):
    """Some rows of integrations, (n, nrows, nx) float32 array, with NaN where pixels do not count in a median.

    Parameters
    ----------
    exposure : Exposure
    step : OutlierDetectionStep
        With its parameters.
    rows : slice
    threshold : float
        See `threshold_of`.
    integrations : slice
    """
    known = exposure.data[integrations, rows].copy()
    if not math.isnan(threshold):
        good = exposure.dq[integrations, rows] & bad_bits(step.good_bits, "good_bits") == 0
        drop_light(known, good, threshold)
    return known
