"""Spectra of SOSS that are off by known amounts are told to be."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from bench.truth.soss.measures import measure_orders
from gpucal.simulate import SossObservation, SossPlan
from gpucal.simulate.spectra.soss.soss_painting import flux_of_columns

PLAN = SossPlan(nints=8)
ERROR = 1e-3


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    """Spectra of order 1 that are 3 % too bright in the blue half, with errors twice as large as told."""
    wavelength, star = flux_of_columns(PLAN.star, 1, PLAN.position)
    light = []
    for number in range(1, PLAN.nints + 1):
        part = PLAN.transit.part_before((number - 0.5) / PLAN.nints)
        light.append(star * 1e-6 * (1 - part * PLAN.transit.depth_at(wavelength)))
    flux = np.array(light) * np.where(wavelength < np.median(wavelength), 1.03, 1.0)
    error = ERROR * flux
    flux = flux + 2 * error * np.random.default_rng(5).standard_normal(flux.shape)
    columns = {"WAVELENGTH": np.broadcast_to(wavelength, flux.shape), "FLUX": flux, "FLUX_ERROR": error}
    table = np.rec.fromarrays(list(columns.values()), [(name, "f8", (2048,)) for name in columns])
    hdu = fits.BinTableHDU(table, name="EXTRACT1D")
    hdu.header["SPORDER"] = 1
    path = tmp_path_factory.mktemp("soss") / "x1dints.fits"
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    return path


def test_what_is_off(product):
    observation = SossObservation((), (), Path(), PLAN, {}, Path(), "")
    (found,) = measure_orders(observation, product)
    assert found.order == 1
    assert (found.blue, found.red) == (pytest.approx(1.03, abs=5e-4), pytest.approx(1.0, abs=5e-4))
    assert found.pulls == pytest.approx(2, abs=0.05)
    assert found.depth == pytest.approx(1, abs=0.02)
    assert found.depth_scatter == pytest.approx(2 * ERROR * np.sqrt(1 / 4 + 1 / 4), rel=0.1)
