"""Outliers of integrations, which show the same sky at the same pixels: compared with their median."""

import math

import numpy as np

from gpucal.backend import current_backend, row_tiles
from gpucal.kernels.outliers.flag_rules import flag_plain
from gpucal.kernels.outliers.medians import median_image, rolling_medians
from gpucal.kernels.outliers.weights import drop_light
from gpucal.steps.parts.bit_flags import bad_bits
from gpucal.steps.parts.outliers.images import check_axes, limits_of
from gpucal.steps.parts.outliers.marks import error_of, mark
from gpucal.steps.parts.outliers.products import save_series_median


def flag_time_series(members, step) -> None:
    """Flag the outliers of time series, by a median that rolls over the integrations of each.

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
            width = step.rolling_window_width
            rolls = 1 < width < exposure.shape_of("data")[0]
            _flag(members, place, exposure, step, width if rolls else None, all_count=not rolls)


def flag_coronagraphs(members, step) -> None:
    """Flag the outliers of coronagraphs, by the median of all integrations of each; see `flag_time_series`."""
    check_axes(members, 3, "integrations")
    for place in range(len(members)):
        with members.lease(place) as exposure:
            _flag(members, place, exposure, step)


def _flag(members, place: int, exposure, step, width: int | None = None, all_count: bool = False) -> None:
    """Flag the outliers of one exposure, some rows at a time; flagged pixels count in its median only if all do."""
    (core, _), xp = limits_of(step), current_backend().xp
    data, err = exposure.data, error_of(exposure)
    good = None if all_count or not exposure.has("dq") else exposure.dq & bad_bits(step.good_bits, "good_bits") == 0
    threshold = math.nan if good is None or not good.any() else step.maskpt
    outliers = xp.empty(data.shape, bool)
    kept = xp.empty(data.shape if width else data.shape[1:], np.float32) if step.save_intermediate_results else None
    for rows in row_tiles(data.shape[1], 16 * len(data) * data.shape[2]):
        part = known = xp.ascontiguousarray(data[:, rows])
        if good is not None:
            known = part.copy()
            drop_light(known, good[:, rows], threshold)
        medians = rolling_medians(known, width) if width else median_image(known)[None]
        outliers[:, rows] = flag_plain(part, xp.ascontiguousarray(err[:, rows]), medians, core.snr)
        if kept is not None:
            kept[..., rows, :] = medians if width else medians[0]
    if kept is not None:
        save_series_median(step, exposure, kept, "CubeModel" if width else "ImageModel")
    mark(members, place, outliers)
