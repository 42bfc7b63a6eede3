"""References of slit spectroscopy: complete, as data models want them, and served."""

import json

import crds
import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.simulate.crds_cache import CrdsCache, crds_environment
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.spectra.msa_metadata import MsaConfiguration, SlitInUse, Slitlet
from gpucal.simulate.spectra.slit_losses import pathloss
from gpucal.simulate.spectra.spectral_references import Setting, provide_spectral_references

SLITS = Setting("NRS_FIXEDSLIT", "NRS1", "F290LP", "ALLSLITS", "G395M")
SHUTTERS = Setting("NRS_MSASPEC", "NRS1", "F290LP", "FULL", "G395M")
LRS = Setting("MIR_LRS-FIXEDSLIT", "MIRIMAGE", "P750L", "FULL")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One cache for all settings."""
    return CrdsCache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def provided(cache):
    """References of a setting, written once."""
    made = {}

    def provide(setting):
        if setting not in made:
            made[setting] = provide_spectral_references(cache, setting, failed_open=[(3, 66, 101)])
        return made[setting]

    return provide


# Files of the observatory: older than the schemas that they are validated with.
OPTICS = {"camera", "collimator", "disperser", "fore", "fpa", "ote", "wavelengthrange"}
MODELS = {
    SLITS: {
        "fflat": "NirspecFlatModel",
        "sflat": "NirspecFlatModel",
        "dflat": "NirspecFlatModel",
        "pathloss": "PathlossModel",
        "photom": "NrsFsPhotomModel",
        "area": "NirspecSlitAreaModel",
        "apcorr": "NrsFsApcorrModel",
        "psf": "SpecPsfModel",
        "wavecorr": "WaveCorrModel",
        "msa": "MSAModel",
        "camera": "CameraModel",
        "collimator": "CollimatorModel",
        "disperser": "DisperserModel",
        "fore": "FOREModel",
        "fpa": "FPAModel",
        "ote": "OTEModel",
        "wavelengthrange": "WavelengthrangeModel",
    },
    SHUTTERS: {
        "fflat": "NirspecQuadFlatModel",
        "barshadow": "BarshadowModel",
        "photom": "NrsMosPhotomModel",
        "area": "NirspecMosAreaModel",
        "apcorr": "NrsMosApcorrModel",
        "pathloss": "PathlossModel",
        "wavecorr": "WaveCorrModel",
    },
    LRS: {
        "distortion": "DistortionModel",
        "specwcs": "MiriLRSSpecwcsModel",
        "flat": "FlatModel",
        "photom": "MirLrsPhotomModel",
        "pathloss": "MirLrsPathlossModel",
        "apcorr": "MirLrsApcorrModel",
        "psf": "SpecPsfModel",
    },
}


@pytest.mark.parametrize("setting", MODELS, ids=lambda setting: setting.exp_type)
def test_data_models_open_them(provided, setting):
    paths = provided(setting)
    for kind, name in MODELS[setting].items():
        with getattr(datamodels, name)(str(paths[kind]), strict_validation=True) as model:
            if kind not in OPTICS:
                model.validate()
            assert model.meta.instrument.name == setting.instrument


@pytest.mark.parametrize("setting", MODELS, ids=lambda setting: setting.exp_type)
def test_crds_serves_them(cache, provided, setting):
    paths = provided(setting)
    parameters = {
        "META.INSTRUMENT.NAME": setting.instrument,
        "META.INSTRUMENT.DETECTOR": setting.detector,
        "META.INSTRUMENT.FILTER": setting.filter,
        "META.INSTRUMENT.GRATING": setting.grating or "N/A",
        "META.EXPOSURE.TYPE": setting.exp_type,
        "META.SUBARRAY.NAME": setting.subarray,
        "META.OBSERVATION.DATE": "2023-06-01",
        "META.OBSERVATION.TIME": "00:00:00",
    }
    with crds_environment(cache.environment()):
        found = crds.getreferences(parameters, reftypes=sorted(paths), observatory="jwst")
    assert {kind: str(path) for kind, path in paths.items()} == found


def test_contents_do_not_depend_on_what_was_there(tmp_path, provided):
    whole = provided(SLITS)["sflat"]
    cache = CrdsCache(tmp_path)
    name = cache.reference_path(provided(SLITS)["fflat"].name)
    name.parent.mkdir(parents=True)
    name.write_bytes(b"")  # a fflat that is not made again
    again = provide_spectral_references(cache, SLITS)["sflat"]
    with datamodels.NirspecFlatModel(str(whole)) as one, datamodels.NirspecFlatModel(str(again)) as other:
        np.testing.assert_array_equal(one.data, other.data)


def test_shutters_that_stay_open_are_listed(provided):
    rows = json.loads(provided(SHUTTERS)["msaoper"].read_text())["msaoper"]
    assert [(row["Q"], row["x"], row["y"], row["state"]) for row in rows] == [(3, 66, 101, "open")]
    assert "msaoper" not in provided(SLITS)


def test_a_wide_slit_passes_more(provided):
    model = pathloss("NRS_FIXEDSLIT")
    passed = {aperture.name: aperture.pointsource_data[:, 10, 10] for aperture in model.apertures}
    assert np.ptp(passed["S1600A1"]) < 1e-4
    assert (np.diff(passed["S200A1"]) < 0).all() and passed["S200A1"][-1] < 0.5 < passed["S400A1"][-1]


def test_other_settings_are_refused(cache):
    with pytest.raises(SimulationError, match="G140H with F100LP"):
        provide_spectral_references(cache, Setting("NRS_FIXEDSLIT", "NRS1", "F100LP", "FULL", "G140H"))


def test_msa_metadata(tmp_path):
    slitlets = (Slitlet(1, 3, 60, (99, 100, 101), 11, 100, (0.4, 0.6)), Slitlet(4, 3, 75, (130,)))
    configuration = MsaConfiguration(slitlets, (SlitInUse("S200A1", 18),), sky={11: (53.1, -27.8)})
    path = tmp_path / "msa.fits"
    configuration.write(path)
    shutters = fits.getdata(path, "SHUTTER_INFO")
    main = shutters[(shutters["primary_source"] == "Y") & (shutters["source_id"] == 11)]
    assert main["shutter_column"].tolist() == [100, 101, 99]
    assert main["dither_point_index"].tolist() == [1, 2, 3]
    assert (shutters["background"][shutters["slitlet_id"] == 4] == "Y").all()
    assert (shutters["fixed_slit"] == "S200A1").sum() == 3
    sources = fits.getdata(path, "SOURCE_INFO")
    assert sources["source_id"].tolist() == [11, 18]
    assert sources["ra"][0] == 53.1
