"""Filters, gratings and tilts of the wheel."""

import numpy as np
import pytest

from gpucal.data import Exposure
from gpucal.errors import GpucalError
from gpucal.wcs.lowering import program_of
from gpucal.wcs.modes.nirspec.disperser import disperser_of
from gpucal.wcs.modes.nirspec.imaging import imaging_wcs
from gpucal.wcs.modes.nirspec.optics import optics_of
from gpucal.wcs.modes.nirspec.wavelength_range import spectral_range_of
from gpucal.wcs.refraction import index_of_refraction
from tests.nirspec_slits import exposure, trees


def test_order_and_wavelengths_are_those_of_filter_and_grating(references):
    table = trees(references, "G235M")["wavelengthrange"]
    assert spectral_range_of(exposure(grating="G235M").meta, table) == (-1, 1.66e-6, 3.17e-6)
    lamp = exposure("NRS_AUTOWAVE", instrument__lamp_state="LINE3").meta
    assert spectral_range_of(lamp, table) == (-1, 2.9e-6, 5.3e-6)


def test_a_filter_without_a_row_gets_that_of_its_grating_and_an_unknown_grating_all(references, caplog):
    caplog.set_level("INFO")
    table = trees(references, "G395H")["wavelengthrange"]
    first = [name.endswith("_G395H") for name in table["waverange_selector"]].index(True)
    other = exposure(grating="G395H", instrument__filter="F140X").meta
    assert spectral_range_of(other, table) == (table["order"][first], *table["wavelengthrange"][first])
    assert "has no row F140X_G395H" in caplog.text
    unknown = {**table, "waverange_selector": ["CLEAR_PRISM"]}
    assert spectral_range_of(other, unknown) == (-1, 0.6e-6, 5.3e-6)


def test_without_filter_or_lamp_the_wavelengths_are_not_known(references):
    table = trees(references, "G395M")["wavelengthrange"]
    with pytest.raises(GpucalError, match="lacks LAMP, though the light does not come from the sky"):
        spectral_range_of(exposure(instrument__filter="OPAQUE").meta, table)
    with pytest.raises(GpucalError, match="lacks FILTER"):
        spectral_range_of(exposure(instrument__filter=None).meta, table)


def test_each_sensor_turns_the_disperser_about_the_other_axis(references):
    reference = trees(references, "G395M")["disperser"]
    base = [reference[name] for name in ("theta_x", "theta_y", "theta_z", "tilt_y")]
    without = exposure(instrument__gwa_xtilt=None, instrument__gwa_ytilt=None).meta
    assert list(disperser_of(without, reference, -1).angles) == base
    sensor = reference["gwa_tiltx"]
    slope = np.ravel(sensor["tilt_model"]["coefficients"])[1]
    tilted = exposure(instrument__gwa_xtilt=sensor["zeroreadings"][0] + 0.01, instrument__gwa_ytilt=None).meta
    angles = disperser_of(tilted, reference, -1).angles
    assert angles[0] == base[0]
    assert angles[1] - base[1] == pytest.approx(0.5 * slope * 0.01 / 3600, rel=1e-9)


def test_the_prism_needs_its_temperature(references):
    with pytest.raises(GpucalError, match="lacks GWA_TILT, the temperature of the prism"):
        disperser_of(
            exposure(grating="PRISM", instrument__gwa_tilt=None).meta, trees(references, "PRISM")["disperser"], -1
        )


@pytest.mark.parametrize("grating", ["G395M", "PRISM"])
def test_a_disperser_tells_the_wavelength_of_the_directions_that_it_makes(grating, references):
    disperser = disperser_of(exposure(grating=grating).meta, trees(references, grating)["disperser"], -1)
    wavelengths = np.linspace(1e-6, 5e-6, 50)
    alpha, beta = np.full(50, -0.3), np.full(50, 0.05)
    out = program_of(disperser.to_direction).at(wavelengths, alpha, beta, np.sqrt(1 - alpha**2 - beta**2))
    np.testing.assert_allclose(out[0] ** 2 + out[1] ** 2 + out[2] ** 2, 1, rtol=0, atol=1e-14)
    found = program_of(disperser.to_wavelength).at(alpha, beta, out[0])[0]
    # The table of the prism has a point every 5 nm.
    np.testing.assert_allclose(found, wavelengths, rtol=0, atol=1e-20 if grating == "G395M" else 2e-10)


def test_calcium_fluoride_has_its_index_of_refraction():
    glass = {"kcoef": [0.5675888, 0.4710914, 3.8484723], "lcoef": [0.050263605**2, 0.1003909**2, 34.64904**2],
             "tcoef": [0.0] * 6, "ref_temp": 293.0, "temp": 293.0, "ref_pressure": 0.0, "pressure": 0.0}  # fmt: skip
    # Malitson (1963), Applied Optics 2, 1103, at 24 degrees C.
    found = index_of_refraction(glass, np.array([0.5893, 2.0]))
    np.testing.assert_allclose(found, [1.43381, 1.42387], rtol=0, atol=2e-5)


def test_an_image_is_carried_to_the_sky_and_back(references):
    one = Exposure(exposure("NRS_TACQ", "MIRROR", frame=("SUB32", (1150, 1040), (32, 32))))
    wcs = imaging_wcs(one, optics_of(one.meta, trees(references, "MIRROR")))
    assert wcs.bounding_box == ((-0.5, 31.5), (-0.5, 31.5))
    y, x = np.mgrid[0.0:32.0:4, 0.0:32.0:4]
    sky = wcs.program().at(x, y)
    assert np.hypot((sky[0] - 53.1) * np.cos(np.deg2rad(27.8)), sky[1] + 27.8).max() < 0.1
    back = wcs.program("world", "detector").at(*sky)
    np.testing.assert_allclose(back, [x, y], rtol=0, atol=0.3)


def test_an_image_of_a_lamp_ends_at_the_slits(references):
    one = Exposure(exposure("NRS_IMAGE", "MIRROR", instrument__filter="OPAQUE", instrument__lamp_state="TEST"))
    wcs = imaging_wcs(one, optics_of(one.meta, trees(references, "MIRROR")))
    assert wcs.frame_names == ["detector", "sca", "gwa", "msa"]
    _, _, wavelength = wcs.program().at(1000.0, 1000.0)
    assert wavelength == pytest.approx(2.95, abs=1e-9)
