"""Splines across the dispersion and the traces made of them, against polynomials, which splines fit without rest."""

import numpy as np
import pytest

from gpucal.kernels.spectra.oversampling import interpolated, oversampled
from gpucal.kernels.spectra.spline_fit import ACCEPTED, FAILED
from gpucal.kernels.spectra.trace_image import trace_of
from gpucal.kernels.spectra.trace_splines import Settings, fit_splines

ROWS, LINES = 9, 6


def settings(**changes):
    usual = Settings(2, 3, np.float64(1.6), np.float64(2.5), np.float64(2.5), 3)
    return usual._replace(**changes)


def shape_of(places):
    return 1 + 0.5 * places + 0.2 * places**3


@pytest.fixture
def spectrum():
    """Places that are tilted against the pixels, and the light of lines that are 1 to 6 times as bright."""
    places = (np.arange(ROWS)[:, None] * 0.3 - 1.2 + 0.02 * np.arange(LINES)).astype(np.float32)
    flux = (shape_of(places.astype(float)) * (1 + np.arange(LINES))).astype(np.float32)
    flux[7, 2] = np.nan
    return places, flux


def fitted(backend, places, values, **changes):
    wanted = changes.pop("wanted", np.ones(LINES, bool))
    return fit_splines(backend.asarray(places), backend.asarray(values), backend.asarray(wanted), settings(**changes))


def test_a_polynomial_is_its_own_spline(spectrum, backend):
    places, flux = spectrum
    values = (flux / (1 + np.arange(LINES))).astype(np.float32)
    values[4, 1] += 30  # an outlier, which the second fit leaves out
    wanted = np.arange(LINES) != 3
    splines = fitted(backend, places, values, wanted=wanted)
    status, ends = backend.asnumpy(splines.status), backend.asnumpy(splines.ends)
    assert status.tolist() == [ACCEPTED, ACCEPTED, ACCEPTED, 0, ACCEPTED, ACCEPTED]
    # The gap before the first point is taken from 0, as in jwst: it is too wide, and the point is left out.
    assert ends[0].tolist() == [places[0, 0], places[8, 1], places[0, 1], places[8, 1]]
    source = np.array([0, 1, 2, 2, 4, -1])
    trace = trace_of(*(backend.asarray(one) for one in (places, flux, source)), splines)
    image, slope = backend.asnumpy(trace.image), backend.asnumpy(trace.slope)
    truth = shape_of(places.astype(float)) * (1 + np.arange(LINES))
    np.testing.assert_allclose(image[1:-1, :5], truth[1:-1, :5], rtol=2e-5)
    assert np.isnan(image[[0, -1]]).all() and np.isnan(image[:, 5]).all()
    steps = np.abs(np.diff(shape_of(places.astype(float)), axis=0))
    np.testing.assert_allclose(slope[2:-1, :5], steps[1:-1, :5], rtol=1e-4)
    assert not slope[:2].any() and not slope[-1].any()


def test_lines_without_a_pixel_near_them_have_no_spline(spectrum, backend):
    places, flux = spectrum
    flux[:, 2:] = np.nan
    assert backend.asnumpy(fitted(backend, places, flux).status).tolist()[4:] == [FAILED, FAILED]


def test_points_too_far_from_each_other_have_no_spline(spectrum, backend):
    places, flux = spectrum
    status = backend.asnumpy(fitted(backend, places, flux, reach=1, intervals=60).status)
    assert (status == FAILED).all()


def test_straight_lines_in_smaller_pixels(spectrum, backend):
    places, _ = spectrum
    places[0, 1] = np.nan  # where the slit begins one row later
    line = np.arange(ROWS, dtype=np.float32)[:, None] * [1.0, 2, 3, 4, 5, 6]
    line[4, 0] = np.nan
    line[3:, 5] = np.nan
    arrays = (backend.asarray(one.astype(np.float32)) for one in (line, places))
    small = backend.asnumpy(interpolated(*arrays, 2.0, 2, True))
    rows = np.arange(2 * ROWS) / 2 - 0.25
    truth = rows[:, None] * [1.0, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(small[2:-2, 2], truth[2:-2, 2], rtol=1e-6)
    assert np.isnan(small[[0, 1, -2, -1], 2]).all()
    assert np.isnan(small[:4, 1]).all() and small[4, 1] == truth[4, 1]
    assert np.flatnonzero(np.isnan(small[2:-2, 0])).tolist() == [6, 7]  # nearest to what is not known
    assert np.isnan(small[:, 5]).all()  # three pixels are too few


def test_traces_in_smaller_pixels(spectrum, backend):
    places, flux = spectrum
    flux[7, 2] = shape_of(float(places[7, 2])) * 3
    values = (flux / (1 + np.arange(LINES))).astype(np.float32)
    splines = fitted(backend, places, values)
    source = np.array([0, 1, 2, 3, -1, 5])
    arrays = [backend.asarray(one) for one in (places, flux, source)]
    trace = trace_of(*arrays, splines)
    small_places = np.repeat(places.astype(float), 2, axis=0) + np.tile([-0.075, 0.075], ROWS)[:, None]
    made = oversampled(
        arrays[1], arrays[0], backend.asarray(small_places), splines, arrays[2], trace.fits, trace.scale, 2.0, 2, True
    )
    image, rest = backend.asnumpy(made.trace), backend.asnumpy(made.residual)
    truth = shape_of(small_places) * (1 + np.arange(LINES))
    np.testing.assert_allclose(image[5:-5, :4], truth[5:-5, :4], rtol=3e-5)
    assert np.isnan(image[:, 4]).all() and np.isnan(image[:2]).all() and np.isnan(image[-2:]).all()
    assert np.nanmax(np.abs(rest[2:-2, :4])) < 1e-4
