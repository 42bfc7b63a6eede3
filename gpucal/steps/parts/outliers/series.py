"""Outliers of time series: compared with a median that rolls over the integrations."""

from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend, row_tiles
from gpucal.data.members import group_of
from gpucal.data.segments import first_integration
from gpucal.kernels.outliers.flag_rules import flag_plain
from gpucal.kernels.outliers.medians import median_image, rolling_medians
from gpucal.kernels.outliers.scales import scales_of
from gpucal.steps.parts.outliers.images import check_axes, limits_of
from gpucal.steps.parts.outliers.integrations import known_part, threshold_of
from gpucal.steps.parts.outliers.marks import OutlierMarks, error_of, mark_bits
from gpucal.steps.parts.outliers.products import save_series_median


class Beside(NamedTuple):
    """Integrations of the segments before and behind one, (n, ny, nx) float32 arrays; None where there are none."""

    before: np.ndarray | None = None
    behind: np.ndarray | None = None

    def around(self, known, rows: slice):
        """Some rows of a segment with its neighbours, and where in these it begins."""
        xp = current_backend().xp
        before, behind = (None if one is None else one[:, rows] for one in self)
        parts = [one for one in (before, known, behind) if one is not None]
        return xp.ascontiguousarray(xp.concatenate(parts)), 0 if before is None else len(before)


def flag_time_series(members, step) -> None:
    """Flag the outliers of time series, by a median that rolls over the integrations of each.

    With ``across_segments`` the segments of an exposure are one series, as if they had come in one file.

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
    places = range(len(members))
    for series in segments_of(members) if step.across_segments else [[place] for place in places]:
        found = _outliers_of_series(members, series, step)
        for place, marks in zip(series, found, strict=True):  # not before all of the series are found
            mark_bits(members, place, marks)


def segments_of(members) -> list[list[int]]:
    """The places of exposures that are segments of one, in order of their integrations."""
    series: dict = {}
    for place, exposure in enumerate(members):
        key = group_of(exposure), exposure.meta.instrument.detector, exposure.shape_of("data")[1:]
        series.setdefault(key if key[0] else (place,), []).append(place)
    return [sorted(places, key=lambda place: first_integration(members[place])) for places in series.values()]


def _outliers_of_series(members, places: list[int], step) -> list[OutlierMarks]:
    """The outliers of all segments of a series."""
    lengths = [members[place].shape_of("data")[0] for place in places]
    width = step.rolling_window_width
    rolls = 1 < width < sum(lengths)
    whole = _median_of_all(members, places) if len(places) > 1 and not rolls else None
    found = []
    for index, place in enumerate(places):
        beside = _beside(members, places, index, step) if rolls else Beside()
        with members.lease(place) as exposure:
            medians = _Medians(exposure, step, width if rolls else None, beside, whole)
            found.append(OutlierMarks.of(medians.outliers()))
    return found


def _median_of_all(members, places: list[int]):
    """The median of all integrations of several segments, (1, ny, nx) array."""
    xp, (ny, nx) = current_backend().xp, members[places[0]].shape_of("data")[1:]
    total = sum(members[place].shape_of("data")[0] for place in places)
    whole = xp.empty((1, ny, nx), np.float32)
    for rows in row_tiles(ny, 16 * total * nx):
        parts = []
        for place in places:
            with members.lease(place) as exposure:
                parts.append(exposure.data[:, rows].copy())
        whole[0, rows] = median_image(xp.concatenate(parts))
    return whole


def _beside(members, places: list[int], index: int, step) -> Beside:
    """As many integrations before and behind a segment as a median reaches."""
    parts = []
    for others, is_before in ((places[:index][::-1], True), (places[index + 1 :], False)):
        wanted, taken = step.rolling_window_width, []
        for place in others:
            if not wanted:
                break
            with members.lease(place) as exposure:
                nints, ny = exposure.shape_of("data")[:2]
                some = slice(max(nints - wanted, 0), None) if is_before else slice(0, wanted)
                taken.append(known_part(exposure, step, slice(0, ny), threshold_of(exposure, step), some))
            wanted -= len(taken[-1])
        ordered = taken[::-1] if is_before else taken
        parts.append(current_backend().xp.concatenate(ordered) if ordered else None)
    return Beside(*parts)


class _Medians:
    """What the integrations of a segment are compared with.

    Parameters
    ----------
    exposure : Exposure
        The segment.
    step : OutlierDetectionStep
        With its parameters.
    width : int or None
        Integrations of a rolling median; None for one of all.
    beside : Beside
        What the segments about it show.
    whole : array or None
        The median of all segments, where there is such.
    """

    def __init__(self, exposure, step, width: int | None, beside: Beside, whole):
        self.exposure, self.step, self.width, self.beside, self.whole = exposure, step, width, beside, whole
        self.data, self.err = exposure.data, error_of(exposure)
        self.threshold = threshold_of(exposure, step)

    def at(self, rows: slice):
        """The medians of some rows, for each integration or (1, nrows, nx) for all."""
        if self.whole is not None:
            return self.whole[:, rows]
        if self.width is None:  # in jwst all pixels count then, flagged or not
            return median_image(current_backend().xp.ascontiguousarray(self.data[:, rows]))[None]
        known, first = self.beside.around(known_part(self.exposure, self.step, rows, self.threshold), rows)
        medians = rolling_medians(known, self.width, only_complete=as_peer())
        if as_peer() and self.width == 2:  # jwst fills all of them from the last
            medians[:] = medians[-1]
        return medians[first : first + len(self.data)]

    def outliers(self):
        """The outliers, (nints, ny, nx) bool array; some rows at a time."""
        (core, _), xp = limits_of(self.step), current_backend().xp
        keeps = self.step.save_intermediate_results or self.step.scale_median
        number = 1 if self.width is None else len(self.data)
        kept = xp.empty((number, *self.data.shape[1:]), np.float32) if keeps else None
        outliers = xp.empty(self.data.shape, bool)
        for rows in row_tiles(self.data.shape[1], 16 * len(self.data) * self.data.shape[2]):
            medians = self.at(rows)
            if kept is not None:
                kept[:, rows] = medians
            if not self.step.scale_median:
                outliers[:, rows] = self.compared(rows, medians, core.snr)
        if self.step.scale_median:
            scales = scales_of(self.data, self.err, kept, core.snr)
            for rows in row_tiles(self.data.shape[1], 16 * len(self.data) * self.data.shape[2]):
                outliers[:, rows] = self.compared(rows, kept[:, rows] * scales[:, None, None], core.snr)
        if self.step.save_intermediate_results:
            image, kind = (kept[0], "ImageModel") if self.width is None else (kept, "CubeModel")
            save_series_median(self.step, self.exposure, image, kind)
        return outliers

    def compared(self, rows: slice, medians, snr: float):
        """Which pixels of some rows differ from what is expected."""
        data, err = (current_backend().xp.ascontiguousarray(one[:, rows]) for one in (self.data, self.err))
        return flag_plain(data, err, medians, snr)
