"""What the references say of the orders of NIRISS SOSS: where each of them lies, how wide and how bright it is.

Wavelengths change along the rows alone, as in the PASTASOSS reference, whose traces have no tilt.
"""

import logging
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.interpolate import BSpline, CubicSpline, make_interp_spline

from gpucal.core import GpucalError
from gpucal.kernels.soss.resolution import Resolution, resolution_of
from gpucal.kernels.soss.traces import Trace, along_line, polynomial, turned
from gpucal.kernels.soss.wave_grid import pixel_borders
from gpucal.steps.parts.flicker.soss_traces import LATER_ROWS, traces_of, wheel_position

log = logging.getLogger(__name__)

# The most rows by which the trace that is looked for iteratively may be off, pixels, and how often it is improved.
CLOSE_ENOUGH, MOST_ROUNDS = 1e-2, 5


class Throughput(NamedTuple):
    """The throughput of an order: a spline, level at its ends, where it is zero.

    Attributes
    ----------
    spline : BSpline
    ends : tuple of float
        The wavelengths beyond which there is no light, micron.
    """

    spline: BSpline
    ends: tuple[float, float]

    def __call__(self, wavelength):
        """The throughput at wavelengths, micron."""
        return self.spline(np.clip(wavelength, *self.ends))


@dataclass
class Order:
    """One order on the detector.

    Attributes
    ----------
    number : int
    wavelength : (nx,) float64 array
        Of the columns, micron; NaN where there is none.
    lower, upper : (nx,) float64 arrays
        Wavelengths of their borders; 0 where there is none.
    columns : (ncolumns,) int array
        Those that the spectrum has.
    rows : (ncolumns,) float64 array
        The middle of the trace in these.
    trace_wavelength : (ncolumns,) float64 array
        The wavelengths there, by a spline, micron.
    profile : (ny, nx) float32 array
        What part of the light of a column falls on a pixel.
    throughput : Throughput
    resolution : Resolution
    """

    number: int
    wavelength: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    columns: np.ndarray
    rows: np.ndarray
    trace_wavelength: np.ndarray
    profile: np.ndarray
    throughput: Throughput
    resolution: Resolution

    @property
    def rising(self) -> np.ndarray:
        """The places of the columns of the spectrum in the order of their wavelengths."""
        known = np.flatnonzero(np.isfinite(self.trace_wavelength))
        return known[np.argsort(self.trace_wavelength[known])]


def orders_of(exposure, references, shape, wanted, turns_profile: bool = False) -> list[Order]:
    """The orders that are wanted, as far as the references have them.

    Parameters
    ----------
    exposure : Exposure
    references : mapping of str to Reference
        With ``pastasoss``, ``specprofile`` and ``speckernel``.
    shape : tuple of int
        Rows and columns of the images.
    wanted : sequence of int
    turns_profile : bool
        Whether profiles turn with the pupil wheel; in jwst they do not, and traces do.

    Returns
    -------
    list of Order

    Raises
    ------
    GpucalError
        If the references lack orders, or do not fit the exposure.
    """
    reference = references["pastasoss"]
    model, meta = reference.model, reference.meta
    known = {int(trace.spectral_order): number for number, trace in enumerate(model.traces)}
    if not {1, 2} <= set(known):
        raise GpucalError(
            f"{reference.label}: lacks order 1 or 2 of SOSS; name another file with override_pastasoss"
        )
    missing = [order for order in wanted if order not in known]
    if missing:
        log.warning(
            "Order %s is not extracted: %s does not have it", ", ".join(map(str, missing)), reference.label
        )
    turn = wheel_position(exposure, reference) - meta.pwcpos_cmd
    later = LATER_ROWS.get(str(exposure.meta.subarray.name).upper(), 0)
    traces = traces_of(model, later)
    grid = np.linspace(meta.wavemap_wlmin, meta.wavemap_wlmax, meta.wavemap_nwl)
    made = []
    for order in wanted:
        if order in known:
            number = known[order]
            path = path_of(traces[number], turn, grid)
            profile = profile_of(references["specprofile"], number, shape, exposure.source)
            if turns_profile:
                profile = turned_profile(profile, traces[number], turn)
            made.append(order_of(order, number, path, grid, profile, model, references["speckernel"]))
    return made


def path_of(trace: Trace, turn: float, grid) -> tuple[np.ndarray, np.ndarray]:
    """Columns and rows of a turned trace at wavelengths.

    Parameters
    ----------
    trace : Trace
    turn : float
        Degrees.
    grid : (n,) float64 array
        Rising, micron.
    """
    columns, rows = turned(trace.points, trace.pivot, turn)
    (first_column, first_turn), (last_column, last_turn) = trace.extents
    wavelength = polynomial(
        trace.coefficients,
        (columns - first_column) / (last_column - first_column),
        (turn - first_turn) / (last_turn - first_turn),
    )
    return along_line(wavelength, columns, grid), along_line(wavelength, rows, grid)


def order_of(order: int, number: int, path, grid, profile, model, speckernel) -> Order:
    """An order, whose trace at wavelengths is known."""
    at_columns, at_rows = path
    nx = profile.shape[1]
    wavelength = wavelengths_of_columns(at_columns, grid, nx)
    rising = slice(None, None, -1) if at_columns[0] > at_columns[1] else slice(None)
    columns = np.arange(min(int(model.traces[number].cutoff), nx))
    rows, trace_wavelength = (
        CubicSpline(at_columns[rising], one[rising])(columns) for one in (at_rows, grid)
    )
    lower, upper = pixel_borders(wavelength)
    center = np.zeros(nx)
    center[columns] = np.where(np.isfinite(trace_wavelength), trace_wavelength, 0.0)
    kernels = speckernel.model
    resolution = resolution_of(
        np.asarray(kernels.wavelengths, np.float32)[0],
        np.asarray(kernels.kernels, np.float32),
        center,
        int(kernels.meta.halfwidth),
    )
    throughput = throughput_of(model.throughputs[number])
    return Order(
        order, wavelength, lower, upper, columns, rows, trace_wavelength, profile, throughput, resolution
    )


def wavelengths_of_columns(at_columns, grid, nx: int) -> np.ndarray:
    """The wavelengths of columns, from the columns at wavelengths; NaN beyond them."""
    columns, shift = np.arange(nx, dtype=float), np.zeros(nx)
    for _round in range(MOST_ROUNDS):
        found = np.interp(columns - shift, at_columns[::-1], grid[::-1])
        error = np.interp(found, grid, at_columns) - columns
        shift = shift + error
        if (np.abs(error) < CLOSE_ENOUGH).all():
            break
    return np.interp(columns - shift, at_columns[::-1], grid[::-1], left=np.nan, right=np.nan)


def throughput_of(held) -> Throughput:
    """The throughput of an order of the PASTASOSS reference."""
    wavelength, values = np.sort(np.asarray(held.wavelength, float)), np.array(held.throughput, float)
    values[[0, -1]] = 0.0
    spline = make_interp_spline(wavelength, values, k=3, bc_type=("clamped", "clamped"))
    return Throughput(spline, (wavelength[0], wavelength[-1]))


def profile_of(reference, number: int, shape, source: str) -> np.ndarray:
    """The profile of an order, without the pixels beyond the exposure that it may have on all sides."""
    profile = np.asarray(reference.model.profile[number].data, np.float32)
    beyond = [have - need for have, need in zip(profile.shape, shape, strict=True)]
    if min(beyond) < 0 or any(more % 2 for more in beyond):
        raise GpucalError(
            f"{reference.label}: profiles of {profile.shape[0]} x {profile.shape[1]} pixels are for another subarray "
            f"than that of {source}, of {shape[0]} x {shape[1]}; name another file with override_specprofile"
        )
    return profile[
        tuple(slice(more // 2, more // 2 + need) for more, need in zip(beyond, shape, strict=True))
    ]


def turned_profile(profile: np.ndarray, trace: Trace, turn: float) -> np.ndarray:
    """A profile that is moved along its columns as the trace moves when it turns."""
    columns, before = turned(trace.points, trace.pivot, 0.0)
    at, after = turned(trace.points, trace.pivot, turn)
    every = np.arange(profile.shape[1], dtype=float)
    shift = along_line(at, after, every) - along_line(columns, before, every)
    rows = np.arange(profile.shape[0], dtype=float)
    moved = [
        np.interp(rows - by, rows, line, left=0.0, right=0.0)
        for by, line in zip(shift, profile.T, strict=True)
    ]
    return np.ascontiguousarray(np.array(moved, np.float32).T)
