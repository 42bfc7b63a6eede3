"""Spectra that are off by known amounts are told to be."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from bench.truth.slits.measures import measure_spectra
from gpucal.simulate import SlitObservation
from gpucal.simulate.spectra.spectrum import Line, Spectrum

STEP = 2e-3
TRUE = Spectrum(1e-3, -1.0, 3.0, (Line(3.2, 2e-5, 4e-3), Line(4.1, 2e-5, 4e-3), Line(4.9999, 2e-5, 4e-3)))


def product(path, spectrum, error, rng, source=0, kind="POINT"):
    """Write an x1d of one spectrum, with noise of a size that its errors tell."""
    wavelength = np.arange(2.9, 5.0, STEP)
    value = spectrum(wavelength) + error * rng.standard_normal(len(wavelength))
    columns = {"WAVELENGTH": wavelength, "FLUX": value, "FLUX_ERROR": np.full_like(value, error)}
    columns |= {"SURF_BRIGHT": value, "SB_ERROR": columns["FLUX_ERROR"]}
    table = np.rec.fromarrays(list(columns.values()), [(name, "f8") for name in columns])
    hdu = fits.BinTableHDU(table, name="EXTRACT1D")
    hdu.header["SLTNAME"], hdu.header["SOURCEID"], hdu.header["SRCTYPE"] = "S200A1", source, kind
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    return path


def observed(**spectra):
    known = {int(name[1:]): spectrum for name, spectrum in spectra.items()} or {0: TRUE}
    return SlitObservation((), (), (), None, known, Spectrum(0.4), {}, Path(), "")


def test_what_is_off(tmp_path):
    moved = replace(TRUE, lines=tuple(replace(one, wavelength=one.wavelength + 0.1 * STEP) for one in TRUE.lines))
    rng = np.random.default_rng(1)
    path = product(tmp_path / "x1d.fits", lambda wavelength: 1.02 * moved(wavelength), 1e-6, rng)
    (found,) = measure_spectra(observed(), path)
    assert (found.source, found.kind) == ("S200A1", "POINT")
    assert found.continuum == pytest.approx(1.02, abs=1e-4)
    assert found.line_shift == pytest.approx(0.1, abs=0.03)
    assert found.line_flux == pytest.approx(1.02, abs=0.02)


def test_errors(tmp_path):
    path = product(tmp_path / "x1d.fits", TRUE, 2e-5, np.random.default_rng(2))
    (found,) = measure_spectra(observed(), path)
    assert found.spread_of_pulls == pytest.approx(1, abs=0.1)
    assert found.scatter == pytest.approx(0.026, abs=0.003)


def test_only_sources_are_measured(tmp_path):
    rng = np.random.default_rng(3)
    known = observed(s11=TRUE, s12=TRUE)
    assert measure_spectra(known, product(tmp_path / "a.fits", TRUE, 1e-6, rng, 4, "EXTENDED")) == []
    (found,) = measure_spectra(known, product(tmp_path / "b.fits", TRUE, 1e-6, rng, 12, "EXTENDED"))
    assert found.kind == "EXTENDED" and found.continuum == pytest.approx(1, abs=1e-3)
    assert measure_spectra(observed(), product(tmp_path / "c.fits", TRUE, 1e-6, rng, 14, "EXTENDED")) == []
