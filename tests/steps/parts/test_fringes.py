"""Residual fringes of spectra and images, against the truth."""

import logging

import numpy as np
import pytest

from gpucal.kernels.fringes.search import Search
from gpucal.reference import ReferenceFileError
from gpucal.steps.parts.fringes import image, spectrum
from gpucal.steps.parts.fringes.errors import NotFitted
from gpucal.steps.parts.fringes.reference import FringeReference
from tests.fringed_spectra import Tables, frequency_tables, fringed_image, fringed_spectrum


def reference(channel, **parameters):
    return FringeReference(Tables(frequency_tables(channel, **parameters)), "SHORT")


@pytest.mark.parametrize("channel", [1, 3])
def test_fringes_of_a_spectrum_are_removed(channel):
    flux, wavelengths, truth = fringed_spectrum(channel)
    before = flux.copy()
    found = spectrum.corrected(flux, wavelengths, channel)
    np.testing.assert_array_equal(flux, before)
    assert np.std(flux / truth - 1) > 0.016
    assert np.std(found / truth - 1) < 0.0055  # noise is 0.0033
    strongest = np.argmax(truth)
    assert found[strongest] == pytest.approx(truth[strongest], rel=0.02)


def test_the_dichroic_fringe_is_sought_in_channels_3_and_4(caplog):
    flux, wavelengths, truth = fringed_spectrum(3)
    left = {channel: np.std(spectrum.corrected(flux, wavelengths, channel) / truth - 1) for channel in (1, 4, None)}
    assert left[4] == left[None] < 0.8 * left[1]


def test_what_is_not_above_zero_stays():
    flux, wavelengths, _ = fringed_spectrum(1)
    flux[[5, 200, 999]] = np.nan, -1.0, 0.0
    found = spectrum.corrected(flux, wavelengths, 1)
    np.testing.assert_array_equal(found[[5, 200, 999]], [np.nan, -1.0, 0.0])
    assert (found != flux).sum() > 900


def test_regions_can_be_ignored(caplog):
    flux, wavelengths, truth = fringed_spectrum(1, nlines=0)
    np.testing.assert_array_equal(spectrum.corrected(flux, wavelengths, 1, [(4.8, 5.3), (5.2, 5.8)]), flux)
    assert "No flux can be fitted" in caplog.text
    half = wavelengths > 5.3
    other = np.where(half, flux, truth * (1 + 0.02 * np.sin(2 * np.pi * 1e4 / wavelengths / 3.6)))
    found = spectrum.corrected(other, wavelengths, 1, [(4.8, 5.3)])
    assert np.std((found / truth - 1)[half]) < 0.0055 < 0.016 < np.std((flux / truth - 1)[half])
    assert np.std((found / truth - 1)[~half]) > 0.016  # fringes of the other half are divided out, and are not there


def test_spectra_without_flux_stay_as_they_are(caplog):
    wavelengths = np.linspace(27.7, 28.5, 300)
    np.testing.assert_array_equal(spectrum.corrected(-np.ones(300), wavelengths, 4), -np.ones(300))
    np.testing.assert_array_equal(spectrum.corrected(np.ones(300), wavelengths, 4), np.ones(300))
    assert [record.message[:12] for record in caplog.records] == ["No flux is a", "No flux can "]


def test_short_spectra_are_refused():
    with pytest.raises(NotFitted, match="shorter than 5 periods"):
        spectrum.corrected(np.ones(100), np.linspace(5.0, 5.02, 100), 1)
    with pytest.raises(NotFitted, match="only 1 of 100 values are above 0"):
        spectrum.corrected(np.eye(1, 100)[0], np.linspace(5.0, 5.7, 100), 1)


@pytest.mark.parametrize("channel", [1, 3])
def test_fringes_of_an_image_are_removed(channel, caplog):
    caplog.set_level(logging.INFO)
    given, truth = fringed_image(channel)
    made = image.corrected(given, reference(channel))
    bad = (given.dq > 0) | np.isnan(given.data)
    np.testing.assert_array_equal(np.isnan(made.data), bad)
    np.testing.assert_array_equal(made.data[(given.slices == 0) & ~bad], 0)
    before, after = (np.nanstd((data / truth)[~bad] - 1) for data in (given.data, made.data))
    assert after < 0.5 * before and after < 0.0125  # noise is 0.0067
    assert f"Channel {channel}: fringes of {len(made.corrections)} columns corrected" in caplog.text
    for (number, x), done in made.corrections.items():
        assert number // 100 == channel
        assert 1 / done.removed[0].found.fitted[0][0] == pytest.approx(2.8 + 0.03 * x, abs=0.02)
        if channel == 3:
            assert 1 / done.removed[1].found.fitted[0][0] == pytest.approx(0.4, abs=0.001)


def test_columns_of_little_signal_stay_as_they_are():
    given, _ = fringed_image(1)
    made = image.corrected(given, reference(1, least_snr=1e4))
    assert made.corrections == {}
    np.testing.assert_array_equal(made.data, np.where(given.dq > 0, np.nan, given.data))


def test_a_column_that_cannot_be_fitted_stays_and_is_told(caplog, monkeypatch):
    given, _ = fringed_image(1)
    short = given.wavelengths.copy()
    short[:, 2] = np.where(np.isnan(short[:, 2]), np.nan, 5.0 + 1e-6 * np.arange(1024))
    made = image.corrected(given._replace(wavelengths=short), reference(1))
    assert 2 not in {x for _, x in made.corrections} and len(made.corrections) > 2
    np.testing.assert_array_equal(made.data[:, 2], np.where(given.dq[:, 2] > 0, np.nan, given.data[:, 2]))
    assert "1 columns stay as they are: 1 as the spectrum is shorter than 5 periods of 2.9 cm-1" in caplog.text


def test_wavelengths_can_be_ignored():
    given, _ = fringed_image(1)
    made = image.corrected(given, reference(1), [(5.0, 5.3)])
    (_, x), done = next(iter(made.corrections.items()))
    ignored = (given.wavelengths[:, x] > 5.0) & (given.wavelengths[:, x] < 5.3)
    assert done.weights[ignored].max() <= 1e-8 < done.weights[~ignored & done.inside].max()
    assert (made.data[ignored, x] == given.data[ignored, x]).mean() > 0.97  # bad ones are NaN


def test_what_the_reference_says_of_a_slice():
    found = reference(3).of_slice(302)
    assert found.searches == (
        Search(2.9, 1.5, 0.005, 10, True, (-3.0, 10.0), (0.001, 10.0)),
        Search(0.4, 0.15, 0.001, 15, False, (-3.0, 10.0), (0.001, 10.0)),
    )
    assert found.least_snr == (10.0, 10.0)
    assert len(reference(1).of_slice(101).searches) == 1
    np.testing.assert_allclose(reference(1).largest_amplitude(np.array([5.0, 20.0])), 0.4)
    with pytest.raises(ReferenceFileError, match=r"fringefreq\.fits: tells nothing of the fringes of slice 303"):
        reference(3).of_slice(303)
    with pytest.raises(ReferenceFileError, match="has no table rfc_freq_long_table"):
        FringeReference(Tables(frequency_tables(1)), "LONG")
