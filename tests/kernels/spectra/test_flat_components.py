"""Flat fields of spectra: held against the same rules, written for whole arrays of one slit."""

import numpy as np
import pytest

from gpucal.kernels.flags.dqflags import DO_NOT_USE, NO_FLAT_FIELD, UNRELIABLE_FLAT
from gpucal.kernels.spectra.dispersion import column_wavelengths
from gpucal.kernels.spectra.flat_components import (
    Component,
    SlowVariation,
    complete_flat,
    join_component,
    uniform_flat,
)
from gpucal.kernels.spectra.lookup import pack_tables
from gpucal.kernels.spectra.windows import packing_of

SHAPES = [(4, 17), (3, 11)]
ORIGINS = np.array([(2, 5), (9, 1)])
DETECTOR = (12, 24)
PLANES = np.array([1.2, 1.5, 1.9])
BAD = DO_NOT_USE | NO_FLAT_FIELD | UNRELIABLE_FLAT


def wavelengths():
    """Two slits, with holes, empty columns at the ends and one between."""
    rng = np.random.default_rng(8)
    found = []
    for ny, nx in SHAPES:
        plane = 1.1 + 0.05 * np.arange(nx) + 0.004 * np.arange(ny)[:, None]
        plane[rng.random(plane.shape) < 0.15] = np.nan
        plane[:, :2] = plane[:, -1:] = plane[:, 6] = np.nan
        found.append(plane)
    return found


def slow(rng, nplanes, nerr=None):
    shape = (nplanes, *DETECTOR)
    count = nplanes if nerr is None else nerr
    data, err = (rng.uniform(0.5, 1.5, shape).astype(np.float32) for _ in range(2))
    if nplanes:
        data[:, 3, 4:8], data[:, 6, 6] = np.nan, 0
    dq = rng.choice([0, 0, 0, 4, DO_NOT_USE, NO_FLAT_FIELD], shape).astype(np.uint32)
    return SlowVariation(data, err[:count], dq[:count], PLANES[:nplanes])


def fast(rng, low, high):
    return np.sort(rng.uniform(low, high, 30)), rng.uniform(0.5, 1.5, 30), rng.uniform(0, 0.1, 30)


def stepped(wavelength):
    """The step from each pixel to the next one, with holes filled by the mean of their column."""
    filled = np.where(wavelength > 0, wavelength, np.nan)
    used = np.flatnonzero(np.isfinite(filled).any(axis=0))
    for x in used:
        hole = np.isnan(filled[:, x])
        filled[hole, x] = np.nanmean(filled[:, x])
    filled[:, : used[0]], filled[:, used[-1] :] = filled[:, used[:1]], filled[:, used[-1:]]
    step = np.diff(filled, axis=1)
    return np.hstack([step, step[:, -1:]])


def slow_part(component, wavelength, ys, xs):
    """Response, error and flags of the images."""
    if not len(component.data):
        return np.ones(wavelength.shape), np.zeros(wavelength.shape), np.zeros(wavelength.shape, np.uint32)
    data, err, dq = (plane[:, ys, xs] for plane in component[:3])
    if len(data) == 1:
        response, error, flags = data[0].astype(float), err[0].astype(float), dq[0].copy()
    else:
        below = np.clip(np.searchsorted(PLANES, wavelength, "right") - 1, 0, len(data) - 2)
        part = (wavelength - PLANES[below]) / np.diff(PLANES)[below]
        at = below, *np.indices(wavelength.shape)
        after = below + 1, *at[1:]
        response = (1 - part) * data[at] + part * data[after]
        error = (1 - part) * err[at] + part * err[after] if len(err) > 1 else err[0].astype(float)
        flags = np.where(part == 0, dq[at], dq[at] | dq[after]) if len(dq) > 1 else dq[0].copy()
        flags[(wavelength < PLANES[0]) | (wavelength > PLANES[-1])] |= DO_NOT_USE
    flags[np.isnan(response) | (response == 0)] |= DO_NOT_USE | NO_FLAT_FIELD
    return np.where(flags & DO_NOT_USE, 1, response), error, flags


def expected(wavelength, origin, components):
    """The flat of one slit."""
    ys, xs = (origin[axis] + np.arange(wavelength.shape[1 - axis]) for axis in (1, 0))
    own, step = np.nan_to_num(wavelength), stepped(wavelength)
    total, variance, dq = np.ones(own.shape), np.zeros(own.shape), np.zeros(own.shape, np.uint32)
    for slow_images, (grid, values, errors), further, is_calibration in components:
        response, error, flags = slow_part(slow_images, own, ys[:, None], xs)
        if further is not None:
            error = np.interp(own, *further, 0, 0)
        average = np.zeros(own.shape)
        for weight, point in ((5 / 18, -1), (8 / 18, 0), (5 / 18, 1)):
            at = own + point * np.sqrt(0.6) / 2 * step
            average += weight * np.interp(at, grid, values, np.nan, np.nan)
        spread = np.interp(own, grid, errors)
        average[own == 0], spread[own == 0] = 1, 0
        missing = np.isnan(average)
        average[missing], spread[missing] = 1, 0
        flags[missing] |= DO_NOT_USE | NO_FLAT_FIELD
        square = (spread * response) ** 2 + np.nan_to_num(error * average) ** 2
        response = response * average
        if is_calibration:
            response[flags & DO_NOT_USE > 0] = np.nan
        total, variance, dq = total * response, variance + square / response**2, dq | flags
    dq[dq & (DO_NOT_USE | NO_FLAT_FIELD) > 0] |= BAD
    err = total * np.sqrt(variance)
    total[dq & DO_NOT_USE > 0] = 1
    return total, err, dq


def cases():
    """Three components: a table alone with a further error, one image, and several planes."""
    rng = np.random.default_rng(5)
    fore = slow(rng, 0), [fast(rng, 1.25, 2.5), fast(rng, 0.5, 1.55)], fast(rng, 1.3, 1.6)[:2], True
    image = slow(rng, 1), [fast(rng, 0.5, 3), fast(rng, 0.9, 2.5)], None, False
    planes = slow(rng, 3), [fast(rng, 0.5, 3)] * 2, None, False
    return [fore, image, planes]


def packed(part, backend):
    """A component of all slits, on the backend."""
    slow_images, tables, further, _ = part
    move = backend.asarray
    return Component(
        SlowVariation(*map(move, slow_images)),
        move(ORIGINS),
        pack_tables([table[:2] for table in tables]),
        move(np.concatenate([table[2] for table in tables])),
        move(np.arange(len(tables))),
        pack_tables([further or ([], [])] * len(tables)),
    )


@pytest.mark.parametrize("nerr", [None, 1])
def test_components_of_all_slits(nerr, backend):
    parts, planes = cases(), wavelengths()
    if nerr:
        parts[2] = (slow(np.random.default_rng(1), 3, nerr), *parts[2][1:])
    begins = np.cumsum([0, *(plane.size for plane in planes)])
    packing = packing_of(np.array([(begin, *plane.shape) for begin, plane in zip(begins, planes, strict=False)]))
    wavelength = backend.asarray(np.concatenate([plane.ravel() for plane in planes]))
    columns = column_wavelengths(wavelength, packing)
    joined = uniform_flat(wavelength, packing)
    for part in parts:
        join_component(joined, packed(part, backend), wavelength, columns, packing, part[3])
    complete_flat(joined)
    for slit, plane in enumerate(planes):
        own = [(images, tables[slit], further, last) for images, tables, further, last in parts]
        data, err, dq = expected(plane, ORIGINS[slit], own)
        found = [backend.asnumpy(one)[begins[slit] : begins[slit + 1]].reshape(plane.shape) for one in joined]
        np.testing.assert_array_equal(found[2], dq)
        np.testing.assert_allclose(found[0], data, rtol=3e-6)
        np.testing.assert_allclose(found[1], err, rtol=3e-6)
    assert 0 < (found[2] == 0).sum() < found[2].size


def test_a_flat_below_zero_is_no_flat(backend):
    packing = packing_of(np.array([(0, 1, 3)]))
    flat = uniform_flat(backend.xp.empty(3), packing)
    flat.data[:] = backend.asarray(np.array([-0.5, 0, 2], np.float32))
    flat.err[:] = np.float32(0.25)
    complete_flat(flat)
    np.testing.assert_array_equal(backend.asnumpy(flat.data), np.array([np.nan, np.nan, 2], np.float32))
    np.testing.assert_array_equal(backend.asnumpy(flat.dq), [BAD, BAD, 0])
    np.testing.assert_array_equal(backend.asnumpy(flat.err), [-0.25, 0, 1])


def test_columns_without_wavelengths(backend):
    packing = packing_of(np.array([(0, 2, 4), (8, 2, 3)]))
    values = np.array([np.nan, 1, 0, 2, np.nan, 3, np.nan, 4, *[np.nan] * 6], np.float32)
    means, spans = column_wavelengths(backend.asarray(values), packing)
    np.testing.assert_array_equal(backend.asnumpy(means), [np.nan, 2, np.nan, 3, *[np.nan] * 3])
    np.testing.assert_array_equal(backend.asnumpy(spans), [(1, 3), (0, -1)])


def test_planes_that_do_not_match_are_refused():
    part = packed_on_host(nerr=2)
    planes = np.full(3, 1.5)
    packing = packing_of(np.array([(0, 1, 2), (2, 1, 1)]))
    with pytest.raises(ValueError, match="2 planes of errors, 2 of flags for 3 of the flat"):
        join_component(uniform_flat(planes, packing), part, planes, column_wavelengths(planes, packing), packing)


def packed_on_host(nerr):
    from gpucal.backend import current_backend

    part = cases()[2]
    return packed((slow(np.random.default_rng(1), 3, nerr), *part[1:]), current_backend())
