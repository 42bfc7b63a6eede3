"""Slits in smaller pixels across the dispersion, by the splines of their traces."""

from typing import NamedTuple

import numpy as np

from gpucal.as_peer import as_peer
from gpucal.backend import current_backend
from gpucal.kernels.flags.dqflags import DO_NOT_USE, FLUX_ESTIMATED
from gpucal.kernels.spectra.oversampling import interpolated, oversampled
from gpucal.steps.parts.mosaics.slit_drizzling import FLUXES
from gpucal.steps.parts.traces.models import Fit, Limits, along_columns, fitted_slit, on_detector
from gpucal.steps.parts.traces.profile import compact_pixels, native_step
from gpucal.steps.parts.traces.settings import TraceSettings
from gpucal.wcs import frames
from gpucal.wcs.nodes import beside, bounding_box, chain, identity, scale, shift
from gpucal.wcs.world import Wcs

ERRORS = ("err", "var_rnoise", "var_poisson", "var_flat")

# Arrays of the pixels that were.
DROPPED = (
    "area", "barshadow", "flatfield_point", "flatfield_uniform", "pathloss_point", "pathloss_uniform", "photom_point",
    "photom_uniform",
)  # fmt: skip


class Small(NamedTuple):
    """Small pixels of a slit; on the host, wavelength along their columns.

    Attributes
    ----------
    row : (nsmall,) float64 array
        Where they are, pixels.
    place, wavelength : (nsmall, nlines) float64 array
        Along the slit, and in micron.
    """

    row: np.ndarray
    place: np.ndarray
    wavelength: np.ndarray


def oversample_slit(slit, settings: TraceSettings, limits: Limits, factor: float, with_residual: bool) -> list:
    """Make smaller pixels of a slit, in place.

    Parameters
    ----------
    slit : Slit
        Edited.
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
    fit = fitted_slit(slit, settings, limits)
    small = small_pixels(slit, settings, factor, fit.data.shape)
    linear, full, compact, residual = _spectra(fit, small, settings, limits, factor)
    data = np.where(np.isfinite(compact), compact, linear)
    if with_residual:
        data = data + np.where(np.isfinite(compact) & np.isfinite(residual), residual, 0.0)
    nearest = np.clip(np.rint(small.row).astype(int), 0, len(fit.data) - 1)
    dq = along_columns(slit.dq, settings)[nearest].copy()
    estimated = ~np.isnan(data) & (dq & DO_NOT_USE > 0)
    dq[estimated] = (dq[estimated] ^ np.uint32(DO_NOT_USE)) | np.uint32(FLUX_ESTIMATED)
    planes = {"data": data + fit.level}
    for name in (one for one in ERRORS if slit.has(one)):
        planes[name] = _errors(along_columns(getattr(slit, name), settings), name, fit, nearest, estimated, factor)
    # jwst 3.0.0 adds the level twice where both traces are one array.
    level = fit.level * (2 if as_peer() and limits.slope <= 0 else 1)
    made = [full + level, compact + level, linear, residual]
    if slit["meta.bunit_data"] in FLUXES:
        planes = {name: plane / factor ** (2 if name.startswith("var") else 1) for name, plane in planes.items()}
        made = [made[0], *(one / factor for one in made[1:])]
    bad = (dq & DO_NOT_USE > 0) | np.any([np.isnan(plane) for plane in planes.values()], axis=0)
    dq[bad] |= np.uint32(DO_NOT_USE)
    for name, plane in planes.items():
        setattr(slit, name, on_detector(np.where(bad, np.nan, plane).astype(np.float32), settings))
    slit.dq = on_detector(dq, settings)
    slit.wavelength = on_detector(small.wavelength.astype(np.float32), settings)
    made = [on_detector(one.astype(np.float32), settings) for one in made]
    slit.trace_model = made[1]
    for name in DROPPED:
        delattr(slit, name)
    slit.set_wcs(_with_small_pixels(slit.get_wcs(), factor, settings).to_tree())
    for name in ("pixelarea_steradians", "pixelarea_arcsecsq"):
        if (area := slit[f"meta.photometry.{name}"]) is not None:
            slit[f"meta.photometry.{name}"] = area / factor
    return [backend.xp.asarray(one) for one in made]


def small_pixels(slit, settings: TraceSettings, factor: float, shape: tuple[int, int]) -> Small:
    """The small pixels of a slit of this shape, wavelength along its columns."""
    nacross, nlines = shape
    row = np.arange(int(np.ceil(nacross * factor))) / factor - (factor - 1) / (factor * 2)
    y, x = np.meshgrid(row, np.arange(nlines, dtype=float), indexing="ij")
    wcs = slit.get_wcs()
    if settings.is_upright:
        x, y = nacross - y - 1, x
    along = wcs.program(end=settings.frame).at(x, y)
    if not settings.is_upright:
        return Small(row, settings.sign * along[settings.axis], 1e6 * along[2])
    wavelength = wcs.program().at(x, y)[2]
    if wcs.bounding_box is not None:
        (left, right), (low, high) = wcs.bounding_box
        wavelength[(x < left) | (x > right) | (y < low) | (y > high)] = np.nan
    return Small(row, settings.sign * along[settings.axis], wavelength)


def _spectra(fit: Fit, small: Small, settings: TraceSettings, limits: Limits, factor: float):
    """The data interpolated linearly, the trace everywhere and about compact sources, and what it leaves."""
    backend, edge = current_backend(), int(factor)
    data, place = (backend.asarray(np.ascontiguousarray(one)) for one in (fit.data, fit.place))
    if fit.splines is None:
        none = np.full(small.place.shape, np.nan)
        return backend.asnumpy(interpolated(data, place, factor, edge, True)), none, none, none
    source, places = (backend.asarray(np.ascontiguousarray(one)) for one in (fit.source, small.place))
    fitted = fit.trace.fits, fit.trace.scale
    made = oversampled(data, place, places, fit.splines, source, *fitted, factor, edge, not settings.is_upright)
    linear, full, residual = (backend.asnumpy(one) for one in made)
    if limits.slope <= 0:
        return linear, full, full, residual
    steep = _steep_places(fit, backend.asnumpy(fit.trace.fits), limits.slope, edge)
    ends = backend.asnumpy(fit.splines.ends)[fit.source]
    inside = (small.place >= ends[:, 0]) & (small.place <= ends[:, 1]) & (fit.source >= 0)
    there = np.where(inside, small.place, np.nan)
    near = compact_pixels(there, steep, native_step(fit.place), fit.knots, settings.pad)
    return linear, full, np.where(near, full, np.nan), residual


def _steep_places(fit: Fit, fits: np.ndarray, limit: float, edge: int) -> np.ndarray:
    """Places where splines change by more than a limit from pixel to pixel, but for the ends of lines."""
    known = np.isfinite(fits) & (np.isfinite(fit.data).sum(0) > 3)
    number, count = np.cumsum(known, axis=0), known.sum(axis=0)
    change = np.abs(np.diff(fits, axis=0, prepend=np.nan))
    return fit.place[known & (number > edge) & (number <= count - edge) & (change > limit)]


def _errors(error, name: str, fit: Fit, nearest, estimated, factor: float) -> np.ndarray:
    """Errors or a variance in small pixels, larger since the noise of neighbours is the same."""
    backend, is_variance = current_backend(), name.startswith("var")
    error = np.sqrt(error) if is_variance else error
    inside = np.where(np.isfinite(fit.place), error, np.float32(np.nan)).astype(np.float32)
    arrays = (backend.asarray(np.ascontiguousarray(one)) for one in (inside, fit.place))
    made = backend.asnumpy(interpolated(*arrays, factor, 0, False)).astype(np.float32)
    made[~np.isfinite(error[nearest]) & ~estimated] = np.nan
    inflation = 0.23 * factor + 0.77
    return made**2 * np.float32(inflation**2) if is_variance else made * np.float32(inflation)


def _with_small_pixels(wcs: Wcs, factor: float, settings: TraceSettings) -> Wcs:
    """The coordinates of small pixels: a step from these to the pixels, before all others."""
    offset = -(factor - 1) / (factor * 2)
    small = chain(scale(1 / factor), shift(offset))
    step = beside(small, identity(1)) if settings.is_upright else beside(identity(1), small)
    step["name"], step["inputs"], step["outputs"] = "coord2det", ["x", "y"], ["x", "y"]
    if wcs.bounding_box is not None:
        box = [(low, high) for low, high in wcs.bounding_box]
        across = 0 if settings.is_upright else 1
        box[across] = tuple((end - offset) * factor for end in box[across])
        step["bounding_box"] = bounding_box(x=box[0], y=box[1])
    frame = frames.plane("coordinates", ("x", "y"), "pixel")
    return Wcs((frame, *wcs.frames), (step, *wcs.transforms), wcs.name)
