"""The light of channel 1 that leaks into channel 3 is subtracted, and what is told where it cannot be."""

import logging

import numpy as np
import pytest

from gpucal.steps import SpectralLeakStep
from tests.cube_cases import leaking_part, leaks, spectrum_of_band

BANDS = {"1B": ("1", "MEDIUM", 5.6, 6.6), "3A": ("3", "SHORT", 11.5, 13.5), "2A": ("2", "SHORT", 7.5, 8.8)}


def of_band(name, **keys):
    return spectrum_of_band(*BANDS[name], **keys)


def table_of(model):
    (spectrum,) = model.spec
    return np.asarray(spectrum.spec_table)


def run(folder, *models):
    return SpectralLeakStep(override_mrsptcorr=leaks(folder / "leaks.fits")).run(list(models))


def test_what_leaks_is_subtracted(tmp_path):
    given = [of_band(name) for name in ("2A", "1B", "3A")]
    other, source, target = map(table_of, given)
    results = run(tmp_path, *given)
    assert [one.meta.cal_step.spectral_leak for one in results] == [None, None, "COMPLETE"]
    wavelength = target["WAVELENGTH"]
    part = np.interp(wavelength, *leaking_part())
    found = table_of(results[2])
    for name in target.dtype.names:
        wanted = target[name].copy()
        if name in ("FLUX", "RF_FLUX"):
            wanted -= part * np.interp(wavelength, 2 * source["WAVELENGTH"], source[name])
            assert (wanted < target[name]).all()
        np.testing.assert_allclose(found[name], wanted, rtol=1e-6)
    np.testing.assert_array_equal(table_of(results[0]), other)
    np.testing.assert_array_equal(table_of(given[2]), target)


@pytest.mark.parametrize(("channel", "last", "status"), [("12", 8.8, "COMPLETE"), ("12", 5.9, "SKIPPED")])
def test_spectra_of_several_bands_count_if_they_have_the_wavelengths(channel, last, status, tmp_path):
    several = spectrum_of_band(channel, "MULTIPLE", 4.9, last)
    results = run(tmp_path, several, of_band("3A"))
    assert results[1].meta.cal_step.spectral_leak == status


@pytest.mark.parametrize(
    ("models", "message"),
    [
        (lambda: (of_band("1B"), of_band("2A")), "no spectrum of channel 3 SHORT"),
        (lambda: (of_band("3A"),), "no spectrum of channel 1 MEDIUM"),
        (lambda: (of_band("2A"),), "no spectrum of channel 1 MEDIUM nor of channel 3 SHORT"),
        (lambda: (of_band("1B"), of_band("3A"), of_band("2A", source_type="EXTENDED")), "is of an extended source"),
    ],
)
def test_without_both_bands_of_a_point_source_nothing_is_done(models, message, tmp_path, caplog):
    given = models()
    with caplog.at_level(logging.INFO):
        results = run(tmp_path, *given)
    assert message in caplog.text
    assert {one.meta.cal_step.spectral_leak for one in results} == {"SKIPPED"}
    for before, after in zip(given, results, strict=True):
        np.testing.assert_array_equal(table_of(before), table_of(after))


def test_other_spectra_have_no_leak(tmp_path):
    model = of_band("1B")
    model.meta.exposure.type = "NRS_IFU"
    (result,) = run(tmp_path, model)
    assert result.meta.cal_step.spectral_leak == "SKIPPED"
