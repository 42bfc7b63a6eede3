"""A star subtracted: what is left, with which errors, and what the options of gpucal alone do."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from gpucal.core import GpucalError
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.steps.starlight.klip import KlipStep
from gpucal.steps.starlight.stack_refs import StackRefsStep
from tests.speckles import NOISE, SIZE, cube, speckles


@pytest.fixture(scope="module")
def star():
    return cube([speckles(), speckles()], seed=1)


@pytest.fixture(scope="module")
def references():
    return cube([1.3 * speckles(drift=0.03, seed=seed) for seed in range(1, 7)], seed=2)


def left_of(science, references, **parameters):
    return KlipStep.call(science.copy(), references.copy(), disable_crds_steppars=True, **parameters)


def point(x, y, flux):
    rows, columns = np.indices((SIZE, SIZE))
    return flux * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 2 / 1.3**2)


def test_noise_is_left_and_the_errors_tell_it(star, references):
    made = left_of(star, references)
    assert made.meta.cal_step.klip == "COMPLETE"
    np.testing.assert_array_equal(made.dq, star.dq)
    assert 0.85 < (made.data / made.err).std() < 1.15
    assert abs(made.data).max() < 0.15 * star.data.max()


@pytest.mark.parametrize("truncate", [1, 3])
def test_errors_do_not_depend_on_how_much_is_kept_where_noise_is_all(truncate, references):
    quiet = cube([speckles()], seed=3)
    alike = cube([1.3 * speckles() for _ in range(6)], seed=4)
    made = left_of(quiet, alike, truncate=truncate)
    assert abs(made.data.std() / NOISE - 1) < 0.35
    assert abs((made.data / made.err).std() - 1) < 0.08


def test_bad_pixels_are_replaced_by_klip_itself(star, references):
    holed, torn = star.copy(), references.copy()
    holed.data[0, 0, 7], holed.dq[1, 63, 0], holed.data[1, 63, 0] = np.nan, DO_NOT_USE, 1e7
    torn.data[2, 5, 5] = np.nan
    made = left_of(holed, torn)
    assert np.isfinite(made.data).all() and np.isfinite(made.err).all()
    assert abs(made.data - left_of(star, references).data).max() < 0.5
    assert made.dq[1, 63, 0] == DO_NOT_USE


def test_references_without_errors_as_those_that_jwst_aligns(star, references):
    """Their noise counts as differences of speckles then: errors are rather too large."""
    untold = references.copy()
    untold.err[:] = np.nan
    made = left_of(star, untold)
    assert 0.6 < (made.data / made.err).std() < 0.95


def test_a_single_reference_will_do(star, references):
    one = references.copy()
    one.data, one.err, one.dq = one.data[:1], one.err[:1], one.dq[:1]
    made = left_of(star, one)
    assert abs(made.data).max() < 0.2 * star.data.max() and np.isfinite(made.err).all()


def test_equal_references_are_one(star, references):
    one, same = references.copy(), references.copy()
    one.data, one.err, one.dq = one.data[:1], one.err[:1], one.dq[:1]
    same.data[:] = same.data[0]
    np.testing.assert_allclose(left_of(star, same).data, left_of(star, one).data, atol=1e-4)


def test_an_image_that_is_all_nan_stays_so(star, references, caplog):
    lost = star.copy()
    lost.data[0] = np.nan
    made = left_of(lost, references)
    assert np.isnan(made.data[0]).all() and np.isfinite(made.data[1]).all()
    assert "Image 1 of the star has no good pixels" in caplog.text


@pytest.mark.parametrize("truncate", [0, 2, 50])
def test_as_jwst(star, references, truncate, monkeypatch):
    peer = pytest.importorskip("jwst.coron.klip", reason="the peer is not installed")
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    made, theirs = left_of(star, references, truncate=truncate), star.copy()
    peer.klip(theirs, references.copy(), truncate, return_psf=False)
    np.testing.assert_allclose(made.data, theirs.data, atol=1e-5)
    if truncate < 6:
        np.testing.assert_allclose(made.err, theirs.err, rtol=1e-4)


def with_companion(star, flux=3.0):
    """A companion 14 pixels to the right of the star, which is at (31.7, 31.7)."""
    beside = star.copy()
    beside.data += point(45.7, 31.7, flux).astype(np.float32)
    return beside


def flux_left(star, references, **parameters):
    """What is left of a companion, as a share of its light."""
    pair = (left_of(one, references, **parameters).data for one in (with_companion(star), star))
    gained = (next(pair) - next(pair))[0]
    mold = point(45.7, 31.7, 1.0)
    return (gained * mold).sum() / (mold**2).sum() / 3.0


def test_fits_that_do_not_see_a_companion_take_none_of_its_light(star, references, monkeypatch):
    from gpucal.steps.parts.starlight import subtraction

    def circle(place, exposure, about):
        rows, columns = np.indices((SIZE, SIZE))
        return np.hypot(columns - 45.7, rows - 31.7) < place.radius

    monkeypatch.setattr(subtraction, "pixels_at", circle)
    seen, unseen = flux_left(star, references), flux_left(star, references, exclude="0.9 90 8")
    assert abs(unseen - 1) < 1e-4 < abs(seen - 1)


def test_rings_are_fitted_each_by_itself(star, references):
    """What is added to the outermost ring changes no other one."""
    more = star.copy()
    more.data[:, 0, 0] += 50
    whole, rings = (
        abs(left_of(more, references, **given).data - left_of(star, references, **given).data)[0]
        for given in ({}, {"annulus": 8.0})
    )
    rows, columns = np.indices((SIZE, SIZE))
    inner = np.hypot(columns - 31.7, rows - 31.7) < 38
    assert rings[inner].max() < 1e-6 < whole[inner].max()


def test_pixels_that_are_not_fitted_are_shown_all_the_same(star, references):
    more = star.copy()
    more.data[:, 2, 2] += 50
    changed = left_of(more, references, fit_radius=[0, 25]).data - left_of(star, references, fit_radius=[0, 25]).data
    assert changed[0, 2, 2] == pytest.approx(50, abs=1e-3)
    changed[:, 2, 2] = 0
    assert abs(changed).max() < 1e-5


def test_blurred_as_the_references(star, references):
    wide = references.copy()
    wide.data = gaussian_filter(wide.data, (0, 4 / 2.3548, 4 / 2.3548), mode="nearest")
    wide.err = wide.err * 0.17
    soft = left_of(star, wide, blur=4.0)
    assert soft.data.std() < 0.5 * left_of(star, references).data.std()
    assert np.median(soft.err) < 0.5 * np.median(left_of(star, references).err)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"exclude": "0.8 145"}, "exclude: '0.8 145' is no place"),
        ({"exclude": "0.8 145 0"}, "is no place"),
        ({"exclude": "a b c"}, "is no place"),
        ({"fit_radius": [200.0, 300.0]}, "no pixel is fitted"),
    ],
)
def test_parameters_that_will_not_do(star, references, parameters, words):
    with pytest.raises(GpucalError, match=words):
        left_of(star, references, **parameters)


def test_rings_need_the_place_of_the_star(star, references):
    lost = star.copy()
    lost.meta.wcsinfo.crpix1 = None
    with pytest.raises(GpucalError, match="say where the star is with star"):
        left_of(lost, references, annulus=8.0)
    assert np.isfinite(left_of(lost, references, annulus=8.0, star=[31.7, 31.7]).data).all()


def test_a_stack_holds_all_integrations_in_order(star, references):
    made = StackRefsStep.call([references.copy(), star.copy()], disable_crds_steppars=True)
    np.testing.assert_array_equal(made.data, np.concatenate([references.data, star.data]))
    np.testing.assert_array_equal(made.err, np.concatenate([references.err, star.err]))
    assert made.meta.cal_step.stack_psfs == "COMPLETE" and not made.hasattr("var_poisson")


def test_a_stack_of_different_sizes_is_refused(star):
    with pytest.raises(GpucalError, match="they have to be of one size"):
        StackRefsStep.call([star.copy(), cube([speckles(size=32)], seed=5)], disable_crds_steppars=True)
