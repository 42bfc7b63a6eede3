"""Apertures, against a plain statement of their rules, and jwst's own."""

import numpy as np
import pytest

from gpucal.backend import current_backend
from gpucal.kernels.spectra.apertures import (
    KNOWN,
    PLACES,
    WAVELENGTHS,
    WEIGHTS,
    Aperture,
    aperture_weights,
    line_sums,
)
from tests.kernels.spectra.slits import packed_slits

CASES = {
    "pixels": dict(ystart=2.3, ystop=6.7, xstart=3, xstop=24),
    "narrow": dict(ystart=3.2, ystop=3.4),
    "width": dict(ystart=2, ystop=7, extract_width=3.6),
    "polynomials": dict(src_coeff=[[1.2, 0.05], [4.1, 0.04], [5.9], [7.2, 0.01, -0.0005]]),
    "wavelengths": dict(src_coeff=[[-1.0, 3.0], [2.0, 4.0]], independent_var="wavelength"),
}


def aperture(lines, regions, trace=None, span=None, by_wavelength=False, partial=True):
    """The same regions, pairs of coefficients, for all slits."""
    most = max(len(limit) for region in regions for limit in region)
    limits = np.array([[[*limit, *[0.0] * (most - len(limit))] for limit in region] for region in regions])
    backend, nslits = current_backend(), lines.nslits
    arrays = (
        np.arange(nslits + 1) * len(regions),
        np.full(nslits * len(regions), by_wavelength),
        np.tile(limits, (nslits, 1, 1)),
        np.zeros(lines.count) if trace is None else trace,
        np.tile(span or (0, 10**6), (nslits, 1)),
        np.full(nslits, partial),
    )
    return Aperture(*(backend.asarray(array) for array in arrays), nslits * len(regions))


def regions_of(case):
    """What an aperture of the reference means, as regions."""
    if "src_coeff" in case:
        pairs = zip(case["src_coeff"][::2], case["src_coeff"][1::2], strict=True)
        return [([low[0] + 0.5, *low[1:]], [high[0] - 0.5, *high[1:]]) for low, high in pairs]
    if "extract_width" in case:
        low = (case["ystart"] + case["ystop"]) / 2 - (case["extract_width"] - 1) / 2
        return [([low], [low + case["extract_width"] - 1])]
    return [([case["ystart"]], [case["ystop"]])]


@pytest.mark.parametrize("name", CASES)
def test_like_jwst(name):
    peer = pytest.importorskip("jwst.extract_1d.extract", reason="the peer is not installed: pip install .[peer]")
    case, slits = CASES[name], packed_slits()
    span = (case.get("xstart", 0), case.get("xstop", 10**6))
    by_wavelength = case.get("independent_var") == "wavelength"
    ours = aperture(slits.lines, regions_of(case), span=span, by_wavelength=by_wavelength)
    weights = slits.unpack(aperture_weights(slits.lines, ours, slits.wavelength, False))
    for slit, weight in zip(slits.slits, weights, strict=True):
        given = dict(src_coeff=None, extract_width=None, trace=None, independent_var="pixel", bkg_fit="poly")
        theirs = peer.box_profile(weight.shape, {**given, "dispaxis": 1, **case}, slit["wavelength"].astype(float))
        np.testing.assert_allclose(weight, theirs, atol=1e-12)
        assert weight.any()


def test_an_aperture_follows_a_trace(backend):
    slits = packed_slits()
    trace = np.linspace(3, 5, slits.lines.count)
    trace[4] = np.nan
    ours = aperture(slits.lines, [([-1.25], [1.25])], trace)
    weights = aperture_weights(slits.lines, ours, slits.wavelength, True)
    first, second = slits.unpack(weights)
    known = np.isfinite(slits.slits[0]["wavelength"])
    whole = np.where(known, first, np.nan)
    assert not first[~known].any() and not first[:, 4].any()
    along = np.nansum(whole, axis=0)[known.all(axis=0) & (np.arange(30) != 4)]
    np.testing.assert_allclose(along, 3.5)
    row = trace[31]
    expected = np.clip(np.minimum(np.arange(14) - (row - 1.25) + 1, (row + 1.25) - np.arange(14) + 1), 0, 1)
    np.testing.assert_allclose(second[:, 1], np.where(np.isfinite(slits.slits[1]["wavelength"][:, 1]), expected, 0))


def test_whole_pixels_only():
    slits = packed_slits()
    ours = aperture(slits.lines, [([2.3], [6.7])], partial=False)
    first, _second = slits.unpack(aperture_weights(slits.lines, ours, slits.wavelength, False))
    np.testing.assert_array_equal(first[:, 5], [0, 0, 0, 1, 1, 1, 1, 0, 0])


def test_sums_of_lines(backend):
    slits = packed_slits()
    rng = np.random.default_rng(4)
    weights = [np.clip(rng.normal(0.3, 0.3, slit["wavelength"].shape), 0, 1) for slit in slits.slits]
    sums = line_sums(slits.lines, slits.pack(weights), slits.wavelength)
    for number, (slit, weight) in enumerate(zip(slits.slits, weights, strict=True)):
        found, wavelength = slits.of_slit(sums, number), slit["wavelength"].astype(float)
        known = np.where(np.isfinite(wavelength), weight, 0)
        np.testing.assert_allclose(found[WEIGHTS], weight.sum(0))
        np.testing.assert_allclose(found[PLACES], (weight * np.arange(len(weight))[:, None]).sum(0))
        np.testing.assert_allclose(found[KNOWN], known.sum(0))
        np.testing.assert_allclose(found[WAVELENGTHS], np.nansum(known * wavelength, axis=0))
