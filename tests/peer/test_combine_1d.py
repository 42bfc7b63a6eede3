"""Combined spectra are equal to those of jwst: of slits, of several products, and of integrations."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.steps import Combine1dStep


def spectra(seed, shift=0.0, scale=1.0, count=2, length=60):
    """Spectra of slits, on grids that are shifted and stretched."""
    rng, model = np.random.default_rng(seed), datamodels.MultiSpecModel()
    for number in range(count):
        table = np.zeros(length + number, datamodels.SpecModel().get_dtype("spec_table"))
        wavelength = 1.0 + 0.01 * scale * (np.arange(len(table)) + shift + 0.1 * number)
        table["WAVELENGTH"] = wavelength if number == 0 else wavelength[::-1]
        for name in ("FLUX", "FLUX_ERROR", "SURF_BRIGHT", "SB_ERROR"):
            table[name] = rng.uniform(1, 2, len(table))
        table["FLUX"][7], table["FLUX"][30], table["DQ"][12], table["DQ"][13] = np.nan, 50.0, 1, 4
        spectrum = datamodels.SpecModel(spec_table=table)
        for name, unit in (("flux", "Jy"), ("surf_bright", "MJy/sr")):
            spectrum.spec_table.columns[name].unit = unit
        spectrum.name, spectrum.spectral_order = f"S{number}", 1 if number < 2 else 2
        spectrum.source_id, spectrum.source_type, spectrum.dispersion_direction = 3, "POINT", 1
        spectrum.source_ra, spectrum.source_dec, spectrum.slit_ra, spectrum.slit_dec = 10.1, -5.2, 10.0, -5.0
        from jwst.extract_1d.spec_wcs import create_spectral_wcs

        spectrum.meta.wcs = create_spectral_wcs(10.0, -5.0, table["WAVELENGTH"])
        model.spec.append(spectrum)
    return described(model, seed)


def described(model, seed):
    model.meta.exposure.exposure_time, model.meta.exposure.integration_time = 100.0 + seed, 50.0
    model.meta.exposure.type, model.meta.instrument.name = "NRS_FIXEDSLIT", "NIRSPEC"
    model.meta.target.ra, model.meta.target.dec = 10.0, -5.0
    model.meta.filename = f"exposure{seed}_x1d.fits"
    return model


def with_one_unfit():
    model = spectra(5, count=3)
    model.spec[0].spec_table["FLUX"] = np.nan
    model.spec[1].spec_table["WAVELENGTH"][3] = 9.0
    return model


CASES = {
    "one": (lambda: [spectra(1)], {}),
    "alike": (lambda: [spectra(number, count=1) for number in range(3)], {"exptime_key": "EFFINTTM"}),
    "shifted": (lambda: [spectra(number, 0.3 * number, 1 + number / 90) for number in range(3)], {}),
    "many": (lambda: [spectra(number, 0.01 * number, count=1) for number in range(12)], {"exptime_key": "unit weight"}),
    "clipped": (lambda: [spectra(number, count=1) for number in range(5)], {"sigma_clip": 2.5}),
    "orders": (lambda: [spectra(number, count=3) for number in range(2)], {"exptime_key": "nothing"}),
    "unfit": (lambda: [with_one_unfit()], {}),
}


def assert_equal(ours, theirs, folder):
    ours.save(folder / "ours.fits")
    theirs.save(folder / "theirs.fits")
    agreement = compare(folder / "ours.fits", folder / "theirs.fits")
    assert agreement.structure == ()
    told = [str(one) for one in agreement.keywords]
    assert [one for one in told if not any(word in one for word in ("ilename", "FILENAME", "pool", "table_name"))] == []
    assert [str(one) for one in agreement.extensions if one.relative > 1e-14 or not one.agrees] == []


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("case", CASES)
def test_spectra(case, tmp_path, peer_step):
    from jwst.datamodels import ModelContainer

    make, parameters = CASES[case]
    models = make()
    theirs = peer_step("combine_1d", ModelContainer(models) if len(models) > 1 else models[0], **parameters)
    ours = Combine1dStep.call(make(), **parameters)
    assert_equal(ours, theirs, tmp_path)
    assert len(ours.spec) == (2 if case == "orders" else 1)


@pytest.mark.usefixtures("offline")
def test_integrations(tmp_path, peer_step):
    def series():
        from jwst.datamodels.utils.tso_multispec import make_tso_specmodel

        model = datamodels.TSOMultiSpecModel()
        model.spec.append(make_tso_specmodel(list(spectra(1, count=1).spec) + list(spectra(2, count=1).spec)))
        for name, value in (("name", "S0"), ("spectral_order", 1), ("slit_ra", 10.0), ("slit_dec", -5.0)):
            setattr(model.spec[0], name, value)
        return described(model, 3)

    assert_equal(Combine1dStep.call(series()), peer_step("combine_1d", series()), tmp_path)
