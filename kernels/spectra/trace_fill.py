"""Pixels without a value, taken from a model of the trace; their errors are interpolated along the dispersion.

Source: the ``pixel_replace`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/pixel_replace/main.html.
"""

import math

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.kernels.flags.dqflags import DO_NOT_USE, FLUX_ESTIMATED
from gpucal.kernels.spectra.lines import ACROSS, BEGIN, COUNT, STEP_ACROSS, STEP_ALONG, Lines, check_lines
from gpucal.kernels.spectra.replaced import PLANES, VARIANCE, Pixels


def replace_by_trace(pixels: Pixels, model, lines: Lines) -> None:
    """Take pixels whose data are not finite from a model, where it is; in place.

    Parameters
    ----------
    pixels : Pixels
        Edited.
    model : (npixels,) float32 array
        Of the trace; NaN where there is none.
    lines : Lines
        Which way the dispersion runs.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_lines(lines, model=(model, "npixels"), **pixels.checks())
    xp = current_backend().xp
    replaceable = ~xp.isfinite(pixels.planes[0]) & xp.isfinite(model)
    widest = int(lines.table[:, ACROSS].max())
    fill_along((lines.nslits, widest), lines.table, replaceable, model, pixels.planes, pixels.dq, pixels.held)


@pixel_kernel
def fill_along(slit, row, table, replaceable, model, planes, dq, held):
    """The pixels of a slit that are at one place across the dispersion."""
    if row >= table[slit, ACROSS]:
        return
    first = table[slit, BEGIN] + row * table[slit, STEP_ACROSS]
    step, count = table[slit, STEP_ALONG], table[slit, COUNT]
    for plane in range(1, len(PLANES)):
        if held[plane]:
            interpolate_along(planes[plane], replaceable, first, step, count, plane >= VARIANCE)
    for element in range(count):
        place = first + element * step
        if replaceable[place]:
            planes[0, place] = model[place]
            dq[place] = (dq[place] & ~np.uint32(DO_NOT_USE)) | np.uint32(FLUX_ESTIMATED)


@pixel_function
def interpolate_along(plane, replaceable, first, step, count, is_square):
    """Interpolate a plane at what is replaced, linearly between the nearest others; beyond them, as the nearest."""
    left = -1
    for element in range(count):
        place = first + element * step
        if not replaceable[place]:
            left = element if math.isfinite(plane[place]) else left
            continue
        right = element + 1
        while right < count and (replaceable[first + right * step] or not math.isfinite(plane[first + right * step])):
            right += 1
        if left < 0 and right == count:
            plane[place] = np.float32(math.nan)
            continue
        low = root_of(plane[first + left * step], is_square) if left >= 0 else 0.0
        high = root_of(plane[first + right * step], is_square) if right < count else low
        value = high if left < 0 else low
        if left >= 0 and right < count:
            value = (high - low) / (right - left) * (element - left) + low
        single = np.float32(value)
        plane[place] = single * single if is_square else single


@pixel_function
def root_of(value, is_square):
    """A value, or the root of a square, in double precision."""
    return np.float64(np.float32(math.sqrt(value))) if is_square else np.float64(value)
