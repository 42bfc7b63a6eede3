"""The flat field of a spectrograph: product of components, each a slow variation times a fast one.

The slow variation is an image, or one for each of some wavelengths; the fast one a table by wavelength, averaged over
the width of a pixel by Gaussian quadrature with three points.

Source: the ``flat_field`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/flatfield/main.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import NO_SCRATCH, strip_kernel
from gpucal.kernels.flags.dqflags import DO_NOT_USE, NO_FLAT_FIELD, UNRELIABLE_FLAT
from gpucal.kernels.spectra.dispersion import ColumnWavelengths, step_at
from gpucal.kernels.spectra.lookup import Tables, check_tables, interpolated, place_below, value_at
from gpucal.kernels.spectra.windows import Packing, check_packing

BAD_FLAT = DO_NOT_USE | NO_FLAT_FIELD | UNRELIABLE_FLAT

# Gaussian quadrature with three points over an interval of width one about zero.
OUTER_POINT = math.sqrt(0.6) / 2
OUTER_WEIGHT, MIDDLE_WEIGHT = 5 / 18, 8 / 18


class SlowVariation(NamedTuple):
    """What varies slowly with wavelength.

    Attributes
    ----------
    data : (nplanes, ny, nx) float32 array
        Response of each pixel; without planes it is 1.
    err, dq : (nplanes or 1, ny, nx) float32, uint32 array
        Errors and flags.
    wavelength : (nplanes,) float64 array
        Of each plane, increasing, micron; not used where there is one plane.
    """

    data: np.ndarray
    err: np.ndarray
    dq: np.ndarray
    wavelength: np.ndarray


class Component(NamedTuple):
    """One component of a flat field, for all slits.

    Attributes
    ----------
    slow : SlowVariation
        Its images.
    origins : (nslits, 2) int64 array
        Column and row of the images where each slit begins.
    fast : Tables
        Response by wavelength, micron.
    fast_err : (n,) float64 array
        Its errors, at the same wavelengths.
    which : (nslits,) int64 array
        The table of each slit.
    slow_err : Tables
        A further error by wavelength, one table for each slit; zero outside of it.
    """

    slow: SlowVariation
    origins: np.ndarray
    fast: Tables
    fast_err: np.ndarray
    which: np.ndarray
    slow_err: Tables


class SpectralFlat(NamedTuple):
    """A flat field on the pixels of slits, packed.

    Attributes
    ----------
    data, err : (npixels,) float32 array
        Response and its error; while components are joined, ``err`` is the variance relative to the response.
    dq : (npixels,) uint32 array
        Flags.
    """

    data: np.ndarray
    err: np.ndarray
    dq: np.ndarray


def uniform_flat(like, packing: Packing) -> SpectralFlat:
    """A flat field of 1 without errors, for components to be joined to."""
    xp = array_namespace(like)
    size = packing.npixels
    return SpectralFlat(xp.ones(size, np.float32), xp.zeros(size, np.float32), xp.zeros(size, np.uint32))


def join_component(
    joined: SpectralFlat,
    component: Component,
    wavelength,
    columns: ColumnWavelengths,
    packing: Packing,
    is_calibration: bool = False,
) -> None:
    """Multiply a component into a flat field, in place.

    Parameters
    ----------
    joined : SpectralFlat
        The flat field so far; edited.
    component : Component
        What is joined to it. Where its images are flagged they count as 1; where its table has no value this counts as
        1, and the pixel is flagged.
    wavelength : (npixels,) float32 or float64 array
        Packed, micron; a pixel without one has the table's value 1.
    columns : ColumnWavelengths
        Of these.
    packing : Packing
        How the planes are packed.
    is_calibration : bool
        Whether it scales fluxes, so that no value can stand for a missing one: NaN where it is not to be used.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    slow = component.slow
    check_fit(
        data=(slow.data, "nplanes ny nx"),
        planes=(slow.wavelength, "nplanes"),
        err=(slow.err, (len(slow.err), *slow.data.shape[1:])),
        dq=(slow.dq, (len(slow.dq), *slow.data.shape[1:])),
        fast=(component.fast.values, "n"),
        fast_err=(component.fast_err, "n"),
    )
    if not {len(slow.err), len(slow.dq)} <= {len(slow.data), 1}:
        raise ValueError(f"{len(slow.err)} planes of errors, {len(slow.dq)} of flags for {len(slow.data)} of the flat")
    check_tables(component.fast, "fast", component.which)
    check_tables(component.slow_err, "slow_err")
    check_packing(
        packing,
        wavelength=(wavelength, "npixels"),
        means=(columns.means, "ncolumns"),
        spans=(columns.spans, (packing.nslits, 2)),
        which=(component.which, "nslits"),
        origins=(component.origins, (packing.nslits, 2)),
        **{"slow_err.begins": (component.slow_err.begins, (packing.nslits + 1,))},
        **{name: (plane, "npixels") for name, plane in joined._asdict().items()},
    )
    join_pixel(
        packing.grid,
        packing.rows,
        packing.slits,
        wavelength,
        columns,
        slow,
        component.origins,
        component.fast,
        component.fast_err,
        component.which,
        component.slow_err,
        is_calibration,
        joined,
    )


@pixel_kernel
def join_pixel(
    row, x, rows, slits, wavelength, columns, slow, origins, fast, fast_err, which, slow_err, is_calibration, joined
):
    """One pixel of a packed plane."""
    if x >= rows.columns[row]:
        return
    place, slit, y = rows.first[row] + x, rows.slit[row], rows.y[row]
    own = np.float64(wavelength[place])
    if not own > 0:
        own = 0.0
    response, error, flags = slow_response(slow, own, origins[slit, 1] + y, origins[slit, 0] + x)
    further = value_at(own, slow_err, slit)
    if not math.isnan(further):
        error = further
    average, spread = 1.0, 0.0
    if own > 0:
        step = step_at(slits, slit, y, x, wavelength, columns)
        average = averaged(own, step, fast, which[slit])
        spread = interpolated(own, fast.wavelength, fast_err, fast.begins[which[slit]], fast.begins[which[slit] + 1])
        if math.isnan(average):
            average, spread = 1.0, 0.0
            flags |= np.uint32(NO_FLAT_FIELD | DO_NOT_USE)
    variance = in_quadrature(spread * response, error * average)
    response *= average
    if is_calibration:
        if math.isnan(response) or response == 0:
            flags |= np.uint32(NO_FLAT_FIELD | DO_NOT_USE)
        if flags & DO_NOT_USE:
            response = math.nan
    joined.data[place] *= np.float32(response)
    scale = 1.0 if response == 0 else response
    joined.err[place] += np.float32(variance / scale / scale)
    joined.dq[place] |= flags


@pixel_function
def averaged(wavelength, step, tables, table):
    """The mean of a table over the width of a pixel; NaN where that is partly outside of it."""
    reach = OUTER_POINT * step
    outer = value_at(wavelength - reach, tables, table) + value_at(wavelength + reach, tables, table)
    return OUTER_WEIGHT * outer + MIDDLE_WEIGHT * value_at(wavelength, tables, table)


@pixel_function
def in_quadrature(first, second):
    """The sum of two squares; NaN counts as zero."""
    total = 0.0
    if not math.isnan(first):
        total += first * first
    if not math.isnan(second):
        total += second * second
    return total


@pixel_function
def slow_response(slow, wavelength, y, x):
    """The slow variation at a pixel: response, error, flags; 1 where it is missing or not to be used."""
    nplanes = slow.data.shape[0]
    response, error, flags = 1.0, 0.0, np.uint32(0)
    if nplanes == 1:
        response, error, flags = np.float64(slow.data[0, y, x]), np.float64(slow.err[0, y, x]), slow.dq[0, y, x]
    elif nplanes > 1:
        response, error, flags = between_planes(slow, wavelength, y, x)
    if nplanes > 0 and (math.isnan(response) or response == 0):
        flags |= np.uint32(NO_FLAT_FIELD | DO_NOT_USE)
    if flags & DO_NOT_USE:
        response = 1.0
    return response, error, flags


@pixel_function
def between_planes(slow, wavelength, y, x):
    """The slow variation at a wavelength between those of planes; not to be used beyond them."""
    nplanes = slow.data.shape[0]
    grid, last = slow.wavelength, slow.data.shape[0] - 1
    below = 0
    if wavelength >= grid[last]:
        below = nplanes - 2
    elif wavelength > grid[0]:
        below = place_below(wavelength, grid, 0, nplanes)
    width = grid[below + 1] - grid[below]
    part = (wavelength - grid[below]) / width if width != 0 else 0.0
    response = (1.0 - part) * slow.data[below, y, x] + part * slow.data[below + 1, y, x]
    error = np.float64(slow.err[0, y, x])
    if slow.err.shape[0] > 1:
        error = (1.0 - part) * slow.err[below, y, x] + part * slow.err[below + 1, y, x]
    flags = slow.dq[0, y, x]
    if slow.dq.shape[0] > 1:
        flags = slow.dq[below, y, x]
        if part != 0:
            flags |= slow.dq[below + 1, y, x]
    if wavelength < grid[0] or wavelength > grid[last]:
        flags |= np.uint32(DO_NOT_USE)
    return response, error, flags


def complete_flat(joined: SpectralFlat) -> None:
    """Complete the flags and errors of a flat field to which all components were joined, in place.

    It is 1 where it is not to be used, and NaN where it is negative or zero.

    Parameters
    ----------
    joined : SpectralFlat
        Edited: its relative variances become errors.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    check_fit(**{name: (plane, "npixels") for name, plane in joined._asdict().items()})
    complete_strip(joined.data.shape, NO_SCRATCH, joined)


@strip_kernel
def complete_strip(begin, end, samples, state, joined):
    """One strip of pixels."""
    for place in range(begin, end):
        flags, response = joined.dq[place], joined.data[place]
        if flags & (NO_FLAT_FIELD | DO_NOT_USE):
            flags |= np.uint32(BAD_FLAT)
        joined.err[place] = response * np.float32(math.sqrt(joined.err[place]))
        if flags & DO_NOT_USE:
            response = np.float32(1)
        if response <= 0:
            response = np.float32(math.nan)
            flags |= np.uint32(BAD_FLAT)
        joined.data[place], joined.dq[place] = response, flags
