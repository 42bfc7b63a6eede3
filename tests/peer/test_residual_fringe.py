"""Residual fringes are those that jwst finds with its Bayesian package, in spectra and in images."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.as_peer import VARIABLE
from gpucal.data import Exposure
from gpucal.kernels.fringes.evidence import evidence
from gpucal.kernels.fringes.sines import fit_sines
from gpucal.steps.parts.fringes import spectrum
from gpucal.steps.spectra.residual_fringe import ResidualFringeStep
from tests.fringed_spectra import exposure_of, fringed_image, fringed_spectrum, references_of


@pytest.mark.parametrize("robust", [True, False])
def test_sines_and_their_evidence(robust):
    from BayesicFitting import LevenbergMarquardtFitter, RobustShell, SineModel

    rng = np.random.default_rng(7)
    places = np.linspace(1.0, 1.17, 500)
    data = 0.02 * np.cos(2 * np.pi * 610 * places) + 0.01 * np.sin(2 * np.pi * 680 * places + 1)
    data, weights = data + rng.normal(0, 4e-3, 500), rng.uniform(0.8, 1.2, 500)
    data[50:54] += 0.2
    starts = np.array([611.0, 679.5])

    def fit(parameters=None, keep=None):
        model = SineModel()
        model.addModel(SineModel())
        if parameters is not None:
            model.parameters = parameters
        fitter = LevenbergMarquardtFitter(places, model, verbose=0, keep=keep)
        whole = RobustShell(fitter, domain=10) if robust else fitter
        return whole.fit(data, weights=weights), fitter

    theirs, fitter = fit(fit(keep=dict(zip((0, 3), starts, strict=True)))[0])
    ours = fit_sines(data, weights, places, starts, robust)
    np.testing.assert_allclose(ours.parameters, np.reshape(theirs, (2, 3)).T, rtol=1e-7)
    found = evidence(ours.squares, ours.sum_weights, ours.curvature, (-3, 10), (0.001, 10))
    assert found == pytest.approx(fitter.getEvidence(limits=[-3, 10], noiseLimits=[0.001, 10]), abs=1e-6)


@pytest.mark.parametrize("channel", [1, 2, 4])
def test_spectra(channel):
    from jwst.residual_fringe.utils import fit_residual_fringes_1d

    flux, wavelengths, _ = fringed_spectrum(channel)
    flux[[7, 300]] = np.nan, -1e-3
    ignore = [(5.0, 5.1), (7.9, 8.0)]
    theirs = fit_residual_fringes_1d(flux.copy(), wavelengths, channel=channel, ignore_regions=ignore)
    ours = spectrum.corrected(flux, wavelengths, channel, ignore)
    np.testing.assert_allclose(ours, theirs, rtol=1e-7)
    assert np.nanmax(np.abs(ours / flux - 1)) > 0.01


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(("channel", "nbad", "tilt"), [(1, 10, 1.8), (3, 0, 0.0)])
def test_images(channel, nbad, tilt, peer_step, tmp_path, monkeypatch):
    """Of channel 3 without pixels that are bad or in no slice, where jwst's baseline of the dichroic fringe fails."""
    from jwst.residual_fringe.residual_fringe import ResidualFringeCorrection

    image, _ = fringed_image(channel, ncolumns=1, nbad=nbad, tilt=tilt)
    references = references_of(image, channel, tmp_path)
    world = np.stack([image.wavelengths] * 3)
    monkeypatch.setattr(Exposure, "ifu_slices", property(lambda exposure: SimpleNamespace(world=world)))
    monkeypatch.setattr(ResidualFringeCorrection, "_get_wave_map", lambda correction: image.wavelengths)
    monkeypatch.setattr("jwst.residual_fringe.utils.slice_info", only(channel))
    monkeypatch.setenv(VARIABLE, "1")  # ties between troughs as jwst decides them here
    parameters = {"skip": False, "ignore_region_min": ["5.3"], "ignore_region_max": ["5.35"], **references}
    ours = ResidualFringeStep.call(exposure_of(image, channel), **parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = peer_step("residual_fringe", exposure_of(image, channel), **parameters)
    compare(ours, theirs).assert_agrees()
    changed = np.abs(theirs.data / image.data - 1)[image.slices > 0]
    assert np.nanmax(changed) > 0.02 and np.nanmedian(changed) > 0.01


def only(channel):
    """What jwst asks of slices, for images without a slice of the detector's other channel, where it fails."""
    from jwst.residual_fringe.utils import slice_info

    def of_one_channel(slices, asked):
        if asked == channel:
            return slice_info(slices, asked)
        return np.zeros(0, int), np.zeros(2), np.zeros((0, 3), int), np.zeros((0, *slices.shape))

    return of_one_channel
