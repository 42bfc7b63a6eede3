"""Spectra of slits, against jwst's own extraction of each of them, and a plain statement of it."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.spectra.background import Background, median_background, polynomial_background
from gpucal.kernels.spectra.box import sum_apertures
from gpucal.kernels.spectra.fitting import Terms, fit_lines
from gpucal.kernels.spectra.optimal import fitted_spectra
from gpucal.kernels.spectra.scene import scene_of_fits, scene_of_sums
from tests.kernels.spectra.slits import packed_slits

NINTS = 2


def boxes(slits, low=3.2, high=6.4):
    """An aperture between two rows of each slit."""
    return [_between(slit["wavelength"].shape, low, high) for slit in slits.slits]


def regions(slits):
    """Rows at both ends."""
    shapes = [slit["wavelength"].shape for slit in slits.slits]
    return [_between(shape, -1, 1.5) + _between(shape, 7.5, 99) for shape in shapes]


def _between(shape, low, high):
    rows = np.arange(shape[0])
    weight = np.clip(np.minimum(rows - low + 1, high - rows + 1), 0, 1)
    return np.repeat(weight[:, None], shape[1], axis=1)


def terms_of(slits, powers=1, region=None, profiles=(), smoothing=0):
    backend = current_backend()
    count, asked = slits.lines.nslits, backend.asarray
    packed = backend.xp.empty((len(profiles), slits.lines.npixels))
    for place, one in enumerate(profiles):
        packed[place] = slits.pack(one)
    empty = asked(np.empty(0))
    region = empty if region is None else slits.pack(region)
    whole = np.full(count, powers, np.int64), np.full(count, smoothing, np.int64)
    return Terms(asked(whole[0]), packed, region, asked(whole[1]), powers)


def no_background(slits):
    nothing = current_backend().xp.empty((NINTS * slits.lines.count, 0))
    return Background(nothing, nothing)


NAMES = (
    "flux", "var_rnoise", "var_poisson", "var_flat",
    "background", "bkg_var_rnoise", "bkg_var_poisson", "bkg_var_flat", "npixels",
)


def assert_like_jwst(slits, found, profiles, bkg=None, images=None, **settings):
    peer = pytest.importorskip("jwst.extract_1d.extract1d", reason="the peer is not installed: pip install .[peer]")
    for number, slit in enumerate(slits.slits):
        for integration in range(NINTS):
            planes = [slit[name][integration] for name in ("data", "var_rnoise", "var_poisson", "var_flat")]
            *theirs, model = peer.extract1d(
                planes[0], [one[number] for one in profiles], *planes[1:],
                profile_bg=None if bkg is None else bkg[number], **settings,
            )
            for name, values in zip(NAMES, theirs, strict=True):
                ours = slits.of_slit(getattr(found, name), number)[integration]
                np.testing.assert_allclose(ours, values[0], rtol=1e-6, atol=1e-9, err_msg=name)
            if images is not None:
                scene, residual = (slits.unpack(image, NINTS)[number][integration] for image in images)
                np.testing.assert_allclose(scene, model, rtol=2e-5, atol=1e-6)
                np.testing.assert_allclose(residual, planes[0] - model, rtol=1e-5, atol=2e-4)


def test_a_box(backend):
    slits = packed_slits(nints=NINTS)
    weights = boxes(slits)
    found = sum_apertures(slits.lines, slits.planes, slits.pack(weights), terms_of(slits, 0), no_background(slits))
    for number, (slit, weight) in enumerate(zip(slits.slits, weights, strict=True)):
        np.testing.assert_allclose(
            slits.of_slit(found.flux, number), np.nansum(slit["data"].astype(float) * weight, axis=1)
        )
        known = np.isfinite(slit["data"])
        np.testing.assert_allclose(slits.of_slit(found.npixels, number), (known * weight).sum(1))
        np.testing.assert_allclose(
            slits.of_slit(found.var_flat, number), np.nansum(slit["var_flat"].astype(float) * weight**2, axis=1)
        )
        assert not slits.of_slit(found.background, number).any()


@pytest.mark.parametrize("smoothing", [0, 5])
@pytest.mark.parametrize("powers", [1, 2, 3])
def test_a_box_on_a_polynomial_like_jwst(backend, powers, smoothing):
    slits = packed_slits(nints=NINTS, bad=0.15)
    weights, bkg = boxes(slits), regions(slits)
    terms, packed = terms_of(slits, powers, bkg, smoothing=smoothing), slits.pack(weights)
    background = polynomial_background(slits.lines, slits.planes, terms, packed)
    found = sum_apertures(slits.lines, slits.planes, packed, terms, background)
    images = scene_of_sums(slits.lines, slits.planes, packed, terms, background, found)
    settings = dict(fit_bkg=True, bkg_fit_type="poly", bkg_order=powers - 1, bg_smooth_length=smoothing)
    assert_like_jwst(slits, found, [weights], bkg, images, **settings)


@pytest.mark.filterwarnings("ignore:nan_treatment")
@pytest.mark.parametrize("smoothing", [0, 3])
def test_a_box_on_a_median_like_jwst(backend, smoothing):
    slits = packed_slits(nints=NINTS, bad=0.2)
    weights, bkg = boxes(slits), [np.ceil(one) for one in regions(slits)]
    bkg[0][:, 7] = 0
    terms, packed = terms_of(slits, 1, bkg, smoothing=smoothing), slits.pack(weights)
    background = median_background(slits.lines, slits.planes, terms, packed)
    found = sum_apertures(slits.lines, slits.planes, packed, terms, background)
    settings = dict(fit_bkg=True, bkg_fit_type="median", bg_smooth_length=smoothing)
    assert_like_jwst(slits, found, [weights], bkg, **settings)
    assert np.isnan(slits.of_slit(found.flux, 0)[:, 7]).all()


def test_an_aperture_without_pixels_has_no_flux(backend):
    slits = packed_slits(nints=NINTS)
    weights = [0 * one for one in boxes(slits)]
    found = sum_apertures(slits.lines, slits.planes, slits.pack(weights), terms_of(slits, 0), no_background(slits))
    assert backend.xp.isnan(found.flux).all()
    assert not found.npixels.any() and not found.var_poisson.any()


def profile(slits, place, sign=1.0):
    made = []
    for slit in slits.slits:
        rows = np.arange(slit["wavelength"].shape[0])[:, None]
        one = np.exp(-((rows - place - 0.02 * np.arange(slit["wavelength"].shape[1])) ** 2) / 3)
        made.append(sign * one / one.sum(0))
    return made


@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("powers", [0, 1, 2])
def test_optimal_like_jwst(backend, powers, pair):
    slits = packed_slits(nints=NINTS, bad=0)  # of lines with bad pixels jwst knows no variance of the background
    profiles = [profile(slits, 4.3)] + ([profile(slits, 8.1, -1.0)] if pair else [])
    terms = terms_of(slits, powers, profiles=profiles)
    solution = fit_lines(slits.lines, slits.planes, terms)
    found = fitted_spectra(slits.lines, slits.planes, terms, solution)
    images = scene_of_fits(slits.lines, slits.planes, terms, solution)
    settings = dict(extraction_type="optimal", fit_bkg=powers > 0, bkg_order=powers - 1)
    assert_like_jwst(slits, found, profiles, None, images, **settings)


def test_optimal_with_bad_pixels(backend):
    slits = packed_slits(nints=NINTS, bad=0.1)
    profiles = [profile(slits, 4.3)]
    terms = terms_of(slits, 1, profiles=profiles)
    found = fitted_spectra(slits.lines, slits.planes, terms, fit_lines(slits.lines, slits.planes, terms))
    slit, one = slits.slits[0], profiles[0][0]
    for element in range(0, 30, 7):
        known = np.isfinite(slit["data"][1, :, element])
        design = np.stack([np.ones(known.sum()), one[known, element]], axis=1)
        share = np.linalg.pinv(design)[1]
        flux = share @ slit["data"][1, known, element].astype(float)
        variance = share**2 @ slit["var_poisson"][1, known, element].astype(float)
        np.testing.assert_allclose(slits.of_slit(found.flux, 0)[1, element], flux, rtol=1e-6)
        np.testing.assert_allclose(slits.of_slit(found.var_poisson, 0)[1, element], variance, rtol=1e-6)
        alone = one[:, element] * known / (one[known, element] ** 2).sum()
        alone = np.nansum(alone**2 * slit["var_poisson"][1, :, element])
        np.testing.assert_allclose(
            slits.of_slit(found.bkg_var_poisson, 0)[1, element], max(variance - alone, 0), rtol=1e-5, atol=1e-9
        )
