"""Pixels that are not to be used, estimated from the profile across the dispersion of the lines beside theirs.

Neighbouring lines are divided by their maxima, or taken as they are where their signal is less than five times the
error everywhere. Their median is scaled to the good pixels of the line.

Source: the ``pixel_replace`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/pixel_replace/main.html.
"""

import math

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.kernels.flags.dqflags import DO_NOT_USE, FLUX_ESTIMATED, NON_SCIENCE
from gpucal.kernels.spectra.lines import (
    ACROSS,
    BEGIN,
    COUNT,
    STEP_ACROSS,
    STEP_ALONG,
    Lines,
    check_lines,
    pixels_of,
)
from gpucal.kernels.spectra.profile_scale import profile_scale
from gpucal.kernels.spectra.replaced import PLANES, VARIANCE, Pixels

# What a line is: of no good pixel, of good ones alone, or of both kinds.
WITHOUT, WHOLE, MIXED = range(3)

LEAST_SIGNAL = 5.0

# Values are not fitted that are larger: noise of which squares would overflow.
LARGEST = 1e20


def replace_by_profile(pixels: Pixels, lines: Lines, reach: int) -> None:
    """Estimate pixels that are not to be used but are of science; in place.

    Parameters
    ----------
    pixels : Pixels
        Edited.
    lines : Lines
        Which way the dispersion runs.
    reach : int
        How many lines to either side are used.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_lines(lines, **pixels.checks())
    xp = current_backend().xp
    spans = xp.zeros((lines.nslits, 4), np.int64)
    find_spans((lines.nslits,), lines.table, pixels.dq, spans)
    kind = xp.zeros(lines.count, np.int8)
    largest, signal = (xp.full(lines.count, np.nan, np.float32) for _ in range(2))
    look_at_line((lines.count,), lines, spans, pixels.planes, pixels.dq, kind, largest, signal)
    given, flags = pixels.planes.copy(), pixels.dq.copy()
    profiles = xp.full(pixels.planes.shape, np.nan, np.float32)
    facts = kind, largest, signal
    replace_line((lines.count,), lines, spans, facts, reach, given, flags, profiles, *pixels)


@pixel_kernel
def find_spans(slit, table, dq, spans):
    """Which part of a slit holds all its good pixels: first and last line, first and last pixel across."""
    row = table[slit]
    first_line, last_line, first_row, last_row = row[COUNT], -1, row[ACROSS], -1
    for element in range(row[COUNT]):
        for across in range(row[ACROSS]):
            if not dq[row[BEGIN] + element * row[STEP_ALONG] + across * row[STEP_ACROSS]] & DO_NOT_USE:
                first_line, last_line = min(first_line, element), max(last_line, element)
                first_row, last_row = min(first_row, across), max(last_row, across)
    spans[slit, 0], spans[slit, 1], spans[slit, 2], spans[slit, 3] = first_line, last_line, first_row, last_row


@pixel_kernel
def look_at_line(line, lines, spans, planes, dq, kind, largest, signal):
    """What a line is, its largest absolute value, and its largest signal over error."""
    span = spans[lines.slit[line]]
    if lines.element[line] < span[0] or lines.element[line] > span[1]:
        return
    place, step, _ = pixels_of(lines, line)
    bad, none = 0, 0
    most, best = np.float32(math.nan), np.float32(math.nan)
    for across in range(span[2], span[3] + 1):
        pixel = place + across * step
        if dq[pixel] & NON_SCIENCE:
            none += 1
        elif dq[pixel] & DO_NOT_USE:
            bad += 1
        if not dq[pixel] & DO_NOT_USE:
            value = abs(planes[0, pixel])
            most = value if value > most or most != most else most
            ratio = abs(planes[0, pixel] / planes[1, pixel]) if planes[1, pixel] != 0 else np.float32(math.inf) * value
            best = ratio if ratio > best or best != best else best
    if bad + none <= span[3] - span[2]:
        kind[line] = WHOLE if bad == 0 else MIXED
    largest[line], signal[line] = most, best


@pixel_kernel
def replace_line(line, lines, spans, facts, reach, given, flags, profiles, planes, dq, held):
    """Replace what is bad in one line."""
    kind, largest, signal = facts
    if kind[line] != MIXED:
        return
    first, last, count, best = neighbours(line, lines, kind, signal, reach)
    if count == 0:
        return
    as_it_is = best < LEAST_SIGNAL
    span = spans[lines.slit[line]]
    place, step, _ = pixels_of(lines, line)
    write_profiles(line, lines, span, kind, largest, as_it_is, first, last, given, flags, profiles, held)
    top, greatest, any_good = np.float32(math.nan), np.float32(math.nan), False
    for across in range(span[2], span[3] + 1):
        pixel = place + across * step
        value = given[0, pixel]
        if not flags[pixel] & DO_NOT_USE and value == value:
            any_good = True
            top = value if value > top or top != top else top
            size = abs(profiles[0, pixel])
            greatest = size if size > greatest or greatest != greatest else greatest
    if not any_good:
        return
    norm = np.float32(1)
    if not as_it_is and usual_scale(line, kind, largest, first, last) and greatest < LARGEST:
        norm, is_fitted = profile_scale(given[0], profiles[0], flags, place, step, span[2], span[3], top)
    else:
        is_fitted = False
    factor = top if is_fitted else np.float32(1)
    for across in range(span[2], span[3] + 1):
        write_pixel(place + across * step, flags, profiles, norm, factor, planes, dq, held)


@pixel_function
def neighbours(line, lines, kind, signal, reach):
    """The first and the last line beside one that may be used, how many of these there are, and their best signal."""
    element, lines_of_slit = lines.element[line], lines.table[lines.slit[line], COUNT]
    first = line - min(reach, element)
    last = line + min(reach, lines_of_slit - 1 - element)
    count, best = 0, np.float32(math.nan)
    for other in range(first, last + 1):
        if other != line and kind[other] != WITHOUT:
            count += 1
            best = signal[other] if signal[other] > best or best != best else best
    return first, last, count, best


@pixel_function
def usual_scale(line, kind, largest, first, last):
    """Whether the median of the scales of neighbours is other than 1, which stands for none."""
    low, high = np.float32(math.nan), np.float32(math.nan)
    known = 0
    for other in range(first, last + 1):
        if other != line and kind[other] != WITHOUT and largest[other] == largest[other]:
            known += 1
    for other in range(first, last + 1):
        if other != line and kind[other] != WITHOUT and largest[other] == largest[other]:
            below = 0
            for one in range(first, last + 1):
                if one != line and kind[one] != WITHOUT and largest[one] == largest[one]:
                    below += largest[one] < largest[other] or (largest[one] == largest[other] and one < other)
            low = largest[other] if below == (known - 1) // 2 else low
            high = largest[other] if below == known // 2 else high
    return not (low + high) / np.float32(2) == np.float32(1)


@pixel_function
def write_profiles(line, lines, span, kind, largest, as_it_is, first, last, given, flags, profiles, held):
    """Write the medians of the neighbours of a line, pixel by pixel, of all planes."""
    along = lines.table[lines.slit[line], STEP_ALONG]
    place, step, _ = pixels_of(lines, line)
    for across in range(span[2], span[3] + 1):
        pixel = place + across * step
        if not flags[pixel] & DO_NOT_USE or not flags[pixel] & NON_SCIENCE:
            for plane in range(len(PLANES)):
                if held[plane]:
                    profiles[plane, pixel] = median_beside(
                        line, pixel, along, kind, largest, as_it_is, first, last, given[plane], flags, plane >= VARIANCE
                    )


@pixel_function
def median_beside(line, pixel, along, kind, largest, as_it_is, first, last, plane, flags, is_square):
    """The median of what neighbouring lines have at the place of a pixel; NaN if none has anything."""
    known = 0
    for other in range(first, last + 1):
        value = scaled(line, other, pixel, along, kind, largest, as_it_is, plane, flags, is_square)
        known += value == value
    low, high = np.float32(math.nan), np.float32(math.nan)
    for other in range(first, last + 1):
        value = scaled(line, other, pixel, along, kind, largest, as_it_is, plane, flags, is_square)
        if value == value:
            below = 0
            for one in range(first, last + 1):
                rival = scaled(line, one, pixel, along, kind, largest, as_it_is, plane, flags, is_square)
                below += rival < value or (rival == value and one < other)
            low = value if below == (known - 1) // 2 else low
            high = value if below == known // 2 else high
    return (low + high) / np.float32(2)


@pixel_function
def scaled(line, other, pixel, along, kind, largest, as_it_is, plane, flags, is_square):
    """What a neighbouring line has at the place of a pixel, over its largest value; NaN if it is not to be used."""
    place = pixel + (other - line) * along
    if other == line or kind[other] == WITHOUT or flags[place] & DO_NOT_USE:
        return np.float32(math.nan)
    value = np.float32(math.sqrt(plane[place])) if is_square else plane[place]
    if as_it_is:
        return value
    return value / largest[other] if largest[other] != 0 else value * np.float32(math.inf)


@pixel_function
def write_pixel(pixel, flags, profiles, norm, factor, planes, dq, held):
    """Write one pixel of a line: what is not to be used is replaced, or becomes NaN if it is none of science."""
    if not flags[pixel] & DO_NOT_USE:
        return
    if flags[pixel] & NON_SCIENCE:
        planes[0, pixel] = np.float32(math.nan)
        return
    for plane in range(len(PLANES)):
        if held[plane]:
            value = profiles[plane, pixel] * norm * factor
            planes[plane, pixel] = value * value if plane >= VARIANCE else value
    if planes[0, pixel] == planes[0, pixel]:
        dq[pixel] = flags[pixel] ^ np.uint32(DO_NOT_USE) ^ np.uint32(FLUX_ESTIMATED)
