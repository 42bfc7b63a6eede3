"""Models of the trace of slits: splines across the dispersion, where there is enough light for them."""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.outliers.medians import median_image
from gpucal.kernels.spectra.spline_fit import ACCEPTED, FAILED
from gpucal.kernels.spectra.trace_image import Trace, trace_of
from gpucal.kernels.spectra.trace_splines import Settings, Splines, fit_splines
from gpucal.steps.parts.traces.profile import (
    clipped_statistics,
    compact_pixels,
    native_step,
    profile_of,
    without_edges,
)
from gpucal.steps.parts.traces.settings import TraceSettings

# A slit with a signal below this many errors, such as one of nods that were subtracted, has negative light.
NEGATIVE_NOD = -5.0

# A first fit that fails is tried once more with so many knots less.
FEWER_KNOTS = 3


class Limits(NamedTuple):
    """What traces are modelled.

    Attributes
    ----------
    signal : float
        Signal over error of the profile that a slit needs; 0 or less for all slits.
    slope : float
        By how much splines of compact sources change from pixel to pixel; 0 or less for all places.
    """

    signal: float = 10.0
    slope: float = 0.1


class TraceModel(NamedTuple):
    """The model of a trace, (ny, nx) float32 arrays on the backend.

    Attributes
    ----------
    compact, full
        About compact sources, and everywhere; NaN elsewhere.
    """

    compact: object
    full: object


class Fit(NamedTuple):
    """Splines of a slit; arrays on the host, wavelength along their columns.

    Attributes
    ----------
    data : (nacross, nlines) float32 array
        Above the level; NaN outside of the slit.
    place : (nacross, nlines) float32 array
        Along the slit.
    level : float32
        Below zero where the mean of the data is, else zero.
    splines : Splines or None
        On the backend; None where there is too little light.
    source : (nlines,) int64 array
        The line whose spline each line has; -1 for none.
    trace : Trace or None
        On the backend.
    """

    data: np.ndarray
    place: np.ndarray
    level: np.float32
    splines: Splines | None = None
    source: np.ndarray | None = None
    trace: Trace | None = None

    @property
    def knots(self) -> int:
        """The intervals of the first spline in use."""
        return knots_of_first(self.splines, self.source)


def trace_model(slit, settings: TraceSettings, limits: Limits) -> TraceModel:
    """Model the trace of a slit; of a series, that of its median.

    Parameters
    ----------
    slit : Slit
        Not changed.
    settings : TraceSettings
        Of its exposure.
    limits : Limits
        What is modelled.
    """
    fit = fitted_slit(slit, settings, limits)
    compact = full = np.full(fit.data.shape, np.nan, np.float32)
    if fit.splines is not None:
        backend = current_backend()
        compact = full = backend.asnumpy(fit.trace.image)
        if limits.slope > 0:
            steep = fit.place[backend.asnumpy(fit.trace.slope) > limits.slope]
            near = compact_pixels(fit.place, steep, native_step(fit.place), fit.knots, settings.pad)
            compact = np.where(near, full, np.float32(np.nan))
    return TraceModel(*(on_detector(one + fit.level, settings) for one in (compact, full)))


def on_detector(image: np.ndarray, settings: TraceSettings):
    """An image whose columns are wavelengths, as the detector has it, on the backend."""
    turned = np.rot90(image, k=-1) if settings.is_upright else image
    return current_backend().asarray(np.ascontiguousarray(turned))


def along_columns(image, settings: TraceSettings) -> np.ndarray:
    """An image of the detector on the host, turned so that its columns are wavelengths."""
    image = current_backend().asnumpy(image)
    return np.rot90(image) if settings.is_upright else image


def fitted_slit(slit, settings: TraceSettings, limits: Limits) -> Fit:
    """Fit the splines of a slit; see `trace_model`."""
    shape = slit.shape_of("data")
    data, err = (median_image(one) if len(shape) == 3 else one for one in (slit.data, slit.err))
    place = places_along(slit, settings, shape[-2:])
    if settings.is_upright:
        place = np.rot90(place)
    inside = np.isfinite(place)
    data, err = (
        np.where(inside, along_columns(one, settings).astype(np.float32), np.float32(np.nan)) for one in (data, err)
    )
    mean, _ = clipped_statistics(data[inside])
    level = np.float32(mean) if mean < 0 else np.float32(0)
    fit = Fit(data - level, place, level)
    if not inside.any() or (bright := light_to_fit(fit.data, err, place, limits.signal)) is None:
        return fit
    how = settings.of_pixels((np.nanmax(place) - np.nanmin(place)) / native_step(place))
    with np.errstate(all="ignore"):  # a line may have no light
        scaled = bright / line_sums(bright, profile_of(bright, err, place))
    splines, source = fitted_lines(place, scaled, how, settings.backwards)
    if not (source >= 0).any():
        return fit
    on_backend = (current_backend().asarray(np.ascontiguousarray(one)) for one in (place, bright, source))
    return fit._replace(splines=splines, source=source, trace=trace_of(*on_backend, splines))


def places_along(slit, settings: TraceSettings, shape: tuple[int, int]) -> np.ndarray:
    """Places along the slit of its pixels, growing with y or x; (ny, nx) float32 array, NaN outside of the slit."""
    wcs = slit.get_wcs()
    place = current_backend().asnumpy(wcs.program(end=settings.frame).on_grid(shape)[settings.axis])
    if wcs.bounding_box is not None:
        (left, right), (low, high) = wcs.bounding_box
        y, x = np.arange(shape[0])[:, None], np.arange(shape[1])
        place = np.where((x < left) | (x > right) | (y < low) | (y > high), np.nan, place)
    return (settings.sign * place).astype(np.float32)


def light_to_fit(data, err, place, least_signal: float):
    """The data without bad edges, over which splines are fitted; None where the profile has too little signal."""
    profile = profile_of(data, err, place)
    for _ in range(2):
        if least_signal > 0 and (profile is None or not np.nanmax(profile.snr, initial=-np.inf) > least_signal):
            return None
        if profile is None:
            return data
        data = without_edges(data, place, profile)
        profile = profile_of(data, err, place)
    return data


def fitted_lines(place, values, settings: Settings, backwards: bool) -> tuple[Splines, np.ndarray]:
    """Splines, and the line whose spline each line has: its own, or that of the last one before it; -1 for none."""
    backend = current_backend()
    arrays = [backend.asarray(np.ascontiguousarray(one)) for one in (place, values)]
    wanted = np.ones(values.shape[1], bool)
    splines = Splines(*map(backend.asnumpy, fit_splines(*arrays, backend.asarray(wanted), settings)))
    order = np.arange(values.shape[1])[:: -1 if backwards else 1]
    before = order[: _first(splines.status[order] == ACCEPTED)]
    failed = before[splines.status[before] == FAILED]
    if failed.size and settings.intervals > FEWER_KNOTS:
        wanted[:] = False
        wanted[failed] = True
        fewer = settings._replace(intervals=settings.intervals - FEWER_KNOTS)
        again = Splines(*map(backend.asnumpy, fit_splines(*arrays, backend.asarray(wanted), fewer)))
        place_of_first = _first(again.status[failed] == ACCEPTED)
        for line in failed[place_of_first : place_of_first + 1]:
            splines.status[line], splines.intervals[line] = ACCEPTED, fewer.intervals
            splines.ends[line] = again.ends[line]
            splines.coefficients[line, : again.coefficients.shape[1]] = again.coefficients[line]
    source, last = np.full(values.shape[1], -1), -1
    for line in order:
        last = line if splines.status[line] == ACCEPTED else last
        source[line] = last if splines.status[line] != 0 else -1
    return Splines(*map(backend.asarray, splines)), source


def line_sums(data, profile) -> np.ndarray:
    """The sum of each line by which splines are normalized; of positive pixels alone where nods were subtracted."""
    if profile is not None and np.nanmin(profile.snr, initial=np.inf) < NEGATIVE_NOD:
        return np.sum(data, where=data > 0, axis=0)
    return np.nansum(data, axis=0)


def knots_of_first(splines: Splines, source: np.ndarray) -> int:
    """The intervals of the first spline in use."""
    backend = current_backend()
    own = source[source >= 0][0]
    low, high = backend.asnumpy(splines.ends)[own, 2:]
    spacing = (high - low) / np.float32(backend.asnumpy(splines.intervals)[own])
    half = spacing / np.float32(2)
    return int(np.ceil(((high - half) - (low + half)) / spacing)) + 1


def _first(found: np.ndarray) -> int:
    """The place of the first that is true; the number of all if none is."""
    return int(found.argmax()) if found.any() else len(found)
