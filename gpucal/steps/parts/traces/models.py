"""Models of traces: splines across the dispersion, for the slits or slices with enough light for them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.outliers.medians import median_image
from gpucal.kernels.spectra.spline_fit import ACCEPTED, FAILED
from gpucal.kernels.spectra.trace_image import Trace, trace_of
from gpucal.kernels.spectra.trace_splines import Settings, Splines, fit_splines
from gpucal.steps.parts.traces.places import Places, along_columns, on_detector, places_of
from gpucal.steps.parts.traces.profile import (
    Profile,
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
        Signal over error of the profile that a slit needs, or how many deviations above the mean that of a slice has to
        be; 0 or less for all.
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
    """Splines of a slit or a slice; arrays on the host, wavelength along their columns.

    Attributes
    ----------
    rows : slice
        Of the image, in which the arrays are.
    data : (nacross, nlines) float32 array
        Above the level; NaN outside of the slit.
    place : (nacross, nlines) float32 array
        Along the slit.
    splines : Splines or None
        On the backend; None where there is too little light.
    source : (nlines,) int64 array
        The line whose spline each line has; -1 for none.
    trace : Trace or None
        On the backend.
    """

    rows: slice
    data: np.ndarray
    place: np.ndarray
    splines: Splines | None = None
    source: np.ndarray | None = None
    trace: Trace | None = None


class Fits(NamedTuple):
    """Splines of an image.

    Attributes
    ----------
    shape : tuple of int
        Of the image, wavelength along its columns.
    level : float32
        Below zero where the mean of the data is, else zero.
    fits : list of Fit
        Of the slit, or of each slice.
    """

    shape: tuple[int, int]
    level: np.float32
    fits: list[Fit]

    @property
    def knots(self) -> int:
        """The intervals of the first spline in use; 0 if there is none."""
        return next((knots_of_first(fit.splines, fit.source) for fit in self.fits if fit.splines is not None), 0)


def trace_model(spectra, settings: TraceSettings, limits: Limits) -> TraceModel:
    """Model the traces of an image of spectra; of a series, those of its median.

    Parameters
    ----------
    spectra : Slit or Exposure
        A slit, or an integral field. Not changed.
    settings : TraceSettings
        Of its exposure.
    limits : Limits
        What is modelled.
    """
    made = fitted_spectra(spectra, settings, limits)
    compact, full = (np.full(made.shape, np.nan, np.float32) for _ in range(2))
    backend = current_backend()
    for fit in (one for one in made.fits if one.splines is not None):
        image, inside = backend.asnumpy(fit.trace.image), np.isfinite(fit.place)
        full[fit.rows][inside] = image[inside]
        if limits.slope > 0:
            steep = fit.place[backend.asnumpy(fit.trace.slope) > limits.slope]
            inside &= compact_pixels(fit.place, steep, native_step(fit.place), made.knots, settings.pad)
        compact[fit.rows][inside] = image[inside]
    return TraceModel(*(on_detector(one + made.level, settings) for one in (compact, full)))


def fitted_spectra(spectra, settings: TraceSettings, limits: Limits, factor: float = 1.0) -> Fits:
    """Fit the splines of an image; see `trace_model`.

    Parameters
    ----------
    spectra, settings, limits
        See `trace_model`.
    factor : float
        Small pixels that will be made of one: the arrays of each fit begin at a whole number of these.
    """
    shape = spectra.shape_of("data")
    data, err = (median_image(one) if len(shape) == 3 else one for one in (spectra.data, spectra.err))
    data, err = (along_columns(one, settings).astype(np.float32) for one in (data, err))
    places = places_of(spectra, settings)
    within = places.labels > 0
    mean, scatter = clipped_statistics(data[within])
    level = np.float32(mean) if mean < 0 else np.float32(0)
    data = data - level
    made = Fits(data.shape, level, [])
    for number in places.numbers:
        inside = places.labels == number
        rows = _rows_about(inside, factor)
        own = (np.where(inside[rows], one[rows], np.float32(np.nan)) for one in (data, err, places.place))
        enough = _test_of_light(data, places, number, settings, limits)
        made.fits.append(_fitted(rows, *own, settings, enough))
    return made


def _rows_about(inside: np.ndarray, factor: float) -> slice:
    """The rows that have pixels, from one on that begins at a whole number of small pixels."""
    rows = np.flatnonzero(inside.any(axis=1))
    first = next(row for row in range(rows[0], -1, -1) if float(row * factor).is_integer())
    return slice(first, int(rows[-1]) + 1)


def _test_of_light(data, places: Places, number: int, settings, limits: Limits) -> Callable[[Profile | None], bool]:
    """Whether a profile has enough light: by its errors, or, of a slice, by the light of all that are like it."""
    if limits.signal <= 0:
        return lambda profile: True
    if not places.is_field:
        return lambda profile: profile is not None and np.nanmax(profile.snr, initial=-np.inf) > limits.signal
    like = places.labels > 0
    if settings.channel:
        like &= places.labels // settings.channel == number // settings.channel
    mean, scatter = clipped_statistics(data[like])
    least = mean + limits.signal * scatter
    return lambda profile: profile is not None and np.nanmax(profile.flux, initial=-np.inf) > least


def _fitted(rows: slice, data, err, place, settings: TraceSettings, has_light) -> Fit:
    """The splines of a slit or a slice."""
    fit = Fit(rows, data, place)
    if not np.isfinite(place).any() or (bright := light_to_fit(data, err, place, has_light)) is None:
        return fit
    length = (np.nanmax(place) - np.nanmin(place)) / native_step(place)
    wanted = (np.isfinite(bright) & np.isfinite(place)).sum(axis=0) > settings.least_of(length)
    with np.errstate(all="ignore"):  # a line may have no light
        scaled = bright / line_sums(bright, profile_of(bright, err, place))
    splines, source = fitted_lines(place, scaled, wanted, settings.of_pixels(length), settings.order_of(place.shape[1]))
    if not (source >= 0).any():
        return fit
    on_backend = (current_backend().asarray(np.ascontiguousarray(one)) for one in (place, bright, source))
    return fit._replace(splines=splines, source=source, trace=trace_of(*on_backend, splines))


def light_to_fit(data, err, place, has_light: Callable[[Profile | None], bool]):
    """The data without bad edges, over which splines are fitted; None where the profile has too little light."""
    profile = profile_of(data, err, place)
    for _ in range(2):
        if not has_light(profile):
            return None
        if profile is None:
            return data
        data = without_edges(data, place, profile)
        profile = profile_of(data, err, place)
    return data


def fitted_lines(place, values, wanted, settings: Settings, order: np.ndarray) -> tuple[Splines, np.ndarray]:
    """Splines, and the line whose spline each line has: its own, or that of the last one before it; -1 for none."""
    backend = current_backend()
    arrays = [backend.asarray(np.ascontiguousarray(one)) for one in (place, values)]
    splines = Splines(*map(backend.asnumpy, fit_splines(*arrays, backend.asarray(wanted), settings)))
    before = order[: _first(splines.status[order] == ACCEPTED)]
    failed = before[splines.status[before] == FAILED]
    if failed.size and settings.intervals > FEWER_KNOTS:
        wanted = np.zeros(values.shape[1], bool)
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
