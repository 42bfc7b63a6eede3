"""jwst finds in simulated spectra what was painted: fluxes of points and brightness of the sky."""

import numpy as np
import pytest
from astropy.io import fits


def tables(path):
    """Header and table of each spectrum."""
    with fits.open(path) as hdus:
        return [(hdu.header, hdu.data) for hdu in hdus if hdu.name == "EXTRACT1D"]


def ratio(measured, true):
    return np.nanmedian(np.where(np.isfinite(measured), measured / true, np.nan))


@pytest.mark.parametrize("name", ["fixedslit", "bots", "lrs", "lrs-slitless"])
def test_flux_of_a_point(slit_chain, name):
    chain = slit_chain(name)
    ((_, table),) = tables(chain.after("extract_1d"))
    true = chain.observation.spectra[0](table["WAVELENGTH"])
    assert ratio(table["FLUX"], true) == pytest.approx(1, abs=0.02)


def test_shutters(slit_chain):
    chain = slit_chain("mos")
    spectra = {header["SOURCEID"]: (header, table) for header, table in tables(chain.after("extract_1d"))}
    header, table = spectra[11]
    assert header["SRCTYPE"] == "POINT"
    assert ratio(table["FLUX"], chain.observation.spectra[11](table["WAVELENGTH"])) == pytest.approx(1, abs=0.03)
    header, table = spectra[13]
    assert header["SRCTYPE"] == "EXTENDED"
    true = chain.observation.sky(table["WAVELENGTH"]) + chain.observation.spectra[13](table["WAVELENGTH"])
    assert ratio(table["SURF_BRIGHT"], true) == pytest.approx(1, abs=0.03)
