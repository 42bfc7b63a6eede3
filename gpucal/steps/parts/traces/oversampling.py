"""Spectra in smaller pixels across the dispersion, by the splines of their traces."""

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.kernels.flags.dqflags import DO_NOT_USE, FLUX_ESTIMATED
from gpucal.kernels.spectra.oversampling import Oversampled, interpolated, oversampled
from gpucal.steps.parts.mosaics.slit_drizzling import FLUXES
from gpucal.steps.parts.traces.models import Fit, Fits, Limits, fitted_spectra
from gpucal.steps.parts.traces.places import along_columns, on_detector
from gpucal.steps.parts.traces.profile import compact_pixels, native_step
from gpucal.steps.parts.traces.settings import TraceSettings
from gpucal.steps.parts.traces.small_pixels import Small, small_pixels

ERRORS = ("err", "var_rnoise", "var_poisson", "var_flat")

# Arrays of the pixels that were.
DROPPED = (
    "area", "barshadow", "flatfield_point", "flatfield_uniform", "pathloss_point", "pathloss_uniform", "photom_point",
    "photom_uniform",
)  # fmt: skip


def oversample(spectra, settings: TraceSettings, limits: Limits, factor: float, with_residual: bool) -> list:
    """Make smaller pixels of an image of spectra, in place.

    Parameters
    ----------
    spectra : Slit or Exposure
        A slit, or an integral field. Edited.
    settings : TraceSettings
        Of its exposure.
    limits : Limits
        See `gpucal.steps.parts.traces.models.trace_model`.
    factor : float
        Small pixels for each pixel.
    with_residual : bool
        Whether what the trace leaves is added to it.

    Returns
    -------
    list of (ny, nx) float32 array
        On the backend: the trace everywhere, about compact sources, the data interpolated linearly, and what the
        trace leaves.
    """
    backend = current_backend()
    fits = fitted_spectra(spectra, settings, limits, factor)
    small = small_pixels(spectra, settings, factor, fits.shape)
    linear, full, compact, residual = _images(fits, small, settings, limits, factor)
    data = np.where(np.isfinite(compact), compact, linear)
    if with_residual:
        data = data + np.where(np.isfinite(compact) & np.isfinite(residual), residual, 0.0)
    nearest = small.nearest(fits.shape[0])
    dq = along_columns(spectra.dq, settings)[nearest].copy()
    estimated = ~np.isnan(data) & (dq & DO_NOT_USE > 0)
    dq[estimated] = (dq[estimated] ^ np.uint32(DO_NOT_USE)) | np.uint32(FLUX_ESTIMATED)
    planes = {"data": data + fits.level}
    for name in (one for one in ERRORS if spectra.has(one)):
        planes[name] = _errors(along_columns(getattr(spectra, name), settings), name, fits, nearest, estimated, factor)
    # jwst 3.0.0 adds the level twice where both traces are one array.
    level = fits.level * (2 if as_peer() and limits.slope <= 0 else 1)
    made = [full + level, compact + level, linear, residual]
    if spectra["meta.bunit_data"] in FLUXES:
        planes = {name: plane / factor ** (2 if name.startswith("var") else 1) for name, plane in planes.items()}
        made = [made[0], *(one / factor for one in made[1:])]
    bad = (dq & DO_NOT_USE > 0) | np.any([np.isnan(plane) for plane in planes.values()], axis=0)
    dq[bad] |= np.uint32(DO_NOT_USE)
    for name, plane in planes.items():
        setattr(spectra, name, on_detector(np.where(bad, np.nan, plane).astype(np.float32), settings))
    spectra.dq = on_detector(dq, settings)
    made = [on_detector(one.astype(np.float32), settings) for one in made]
    spectra.trace_model = made[1]
    small.give(spectra, settings)
    for name in DROPPED:
        delattr(spectra, name)
    for name in ("pixelarea_steradians", "pixelarea_arcsecsq"):
        if (area := spectra[f"meta.photometry.{name}"]) is not None:
            spectra[f"meta.photometry.{name}"] = area / factor
    return [backend.xp.asarray(one) for one in made]


def _images(fits: Fits, small: Small, settings: TraceSettings, limits: Limits, factor: float) -> np.ndarray:
    """The data interpolated linearly, the trace everywhere and about compact sources, and what it leaves."""
    made = np.full((4, *small.place.shape), np.nan)
    for fit in fits.fits:
        rows = _small_rows(fit, factor)
        own = _spectra(fit, fits.knots, small.place[rows], settings, limits, factor)
        for image, part in zip(made, own, strict=True):
            known = ~np.isnan(part)
            image[rows][known] = part[known]
    return made


def _small_rows(fit: Fit, factor: float) -> slice:
    """The small pixels of the rows of a fit."""
    first = round(fit.rows.start * factor)
    return slice(first, first + int(np.ceil(len(fit.place) * factor)))


def _spectra(fit: Fit, knots: int, small_place, settings: TraceSettings, limits: Limits, factor: float):
    """What `_images` tells, of one fit."""
    backend, edge = current_backend(), int(factor)
    data, place = (backend.asarray(np.ascontiguousarray(one)) for one in (fit.data, fit.place))
    if fit.splines is None:
        none = np.full(small_place.shape, np.nan)
        return backend.asnumpy(interpolated(data, place, factor, edge, True)), none, none, none
    source, places = (backend.asarray(np.ascontiguousarray(one)) for one in (fit.source, small_place))
    fitted = fit.trace.fits, fit.trace.scale
    made: Oversampled = oversampled(
        data, place, places, fit.splines, source, *fitted, factor, edge, not settings.is_upright
    )
    linear, full, residual = (backend.asnumpy(one) for one in made)
    if limits.slope <= 0:
        return linear, full, full, residual
    steep = _steep_places(fit, backend.asnumpy(fit.trace.fits), limits.slope, edge)
    ends = backend.asnumpy(fit.splines.ends)[fit.source]
    inside = (small_place >= ends[:, 0]) & (small_place <= ends[:, 1]) & (fit.source >= 0)
    there = np.where(inside, small_place, np.nan)
    near = compact_pixels(there, steep, native_step(fit.place), knots, settings.pad)
    return linear, full, np.where(near, full, np.nan), residual


def _steep_places(fit: Fit, fits: np.ndarray, limit: float, edge: int) -> np.ndarray:
    """Places where splines change by more than a limit from pixel to pixel, but for the ends of lines."""
    known = np.isfinite(fits) & (np.isfinite(fit.data).sum(0) > 3)
    number, count = np.cumsum(known, axis=0), known.sum(axis=0)
    change = np.abs(np.diff(fits, axis=0, prepend=np.nan))
    return fit.place[known & (number > edge) & (number <= count - edge) & (change > limit)]


def _errors(error, name: str, fits: Fits, nearest, estimated, factor: float) -> np.ndarray:
    """Errors or a variance in small pixels, larger since the noise of neighbours is the same."""
    backend, is_variance = current_backend(), name.startswith("var")
    error = np.sqrt(error) if is_variance else error
    made = np.full(estimated.shape, np.nan, np.float32)
    for fit in fits.fits:
        inside = np.where(np.isfinite(fit.place), error[fit.rows], np.float32(np.nan)).astype(np.float32)
        arrays = (backend.asarray(np.ascontiguousarray(one)) for one in (inside, fit.place))
        part = backend.asnumpy(interpolated(*arrays, factor, 0, False)).astype(np.float32)
        known = ~np.isnan(part)
        made[_small_rows(fit, factor)][known] = part[known]
    made[~np.isfinite(error[nearest]) & ~estimated] = np.nan
    inflation = 0.23 * factor + 0.77
    return made**2 * np.float32(inflation**2) if is_variance else made * np.float32(inflation)
