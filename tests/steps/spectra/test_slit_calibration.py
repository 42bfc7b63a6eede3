"""Calibration of slits: what cannot be corrected is told, backwards is back, and a device is met on its own terms."""

import copy
import logging

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.backend import use_backend
from gpucal.core import GpucalError
from gpucal.data import InputError
from gpucal.reference import ReferenceFileError
from gpucal.steps.images.flat_field import FlatFieldStep
from gpucal.steps.images.photom import PhotomStep
from gpucal.steps.spectra.barshadow import BarShadowStep
from gpucal.steps.spectra.pathloss import PathLossStep
from gpucal.steps.spectra.wavecorr import WavecorrStep
from tests.pipelines.conftest import strict_device  # noqa: F401  (a fixture)
from tests.slit_calibration import FIXED, SERIES, SHUTTERS, overrides, slits_of

CHAINS = {
    FIXED: (WavecorrStep, FlatFieldStep, PathLossStep, PhotomStep),
    SHUTTERS: (WavecorrStep, FlatFieldStep, PathLossStep, BarShadowStep, PhotomStep),
    SERIES: (WavecorrStep, FlatFieldStep, PhotomStep),
}
ARRAYS = ("data", "err", "dq", "wavelength", "var_poisson", "var_flat")


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    """Overrides for exposures of a type."""
    made = {}

    def make(kind):
        if kind not in made:
            with pytest.MonkeyPatch.context() as patch:
                made[kind] = overrides(kind, tmp_path_factory.mktemp(kind), patch)
        return made[kind]

    return make


def run(step, model, given, **parameters):
    used = {name: path for name, path in given.items() if name.removeprefix("override_") in step.reference_file_types}
    return step.call(model, **used, **parameters)


def calibrated(kind, given):
    model = slits_of(kind)
    for step in CHAINS[kind]:
        model = run(step, model, given)
    return model


def arrays_of(model):
    return [getattr(slit, name) for slit in getattr(model, "slits", [model]) for name in ARRAYS]


@pytest.mark.parametrize("kind", CHAINS)
def test_a_device_does_the_same(kind, references, request):
    with use_backend("cpu"):
        expected = arrays_of(calibrated(kind, references(kind)))
    request.getfixturevalue("strict_device")
    found = arrays_of(calibrated(kind, references(kind)))
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert np.isfinite(expected[0]).sum() > 100


@pytest.mark.parametrize("step", [FlatFieldStep, PathLossStep, PhotomStep])
def test_backwards_is_back(step, references):
    before = slits_of(FIXED)
    for slit in before.slits:
        slit.var_flat = np.zeros_like(slit.data)
    there = run(step, copy.deepcopy(before), references(FIXED))
    back = run(step, there, references(FIXED), inverse=True)
    for one, other in zip(back.slits, before.slits, strict=True):
        kept = np.isfinite(one.data)
        np.testing.assert_allclose(one.data[kept], other.data[kept], rtol=5e-7)
    assert kept.sum() > 100


def test_slits_without_a_correction_are_told(references, caplog):
    model = slits_of(FIXED)
    model.slits[0].name, model.slits[2].source_ypos = "S999", 3.0
    for step in (WavecorrStep, PathLossStep, PhotomStep):
        model = run(step, model, references(FIXED))
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "Slit S999 goes on without wavelength correction: the wavecorr reference does not have its aperture" in told
    assert any(text.startswith("Slit S999 goes on without flux calibration: ") for text in told)
    outside = "Slit S200A2 goes on without path loss correction: its source, at (0.1, 3)"
    assert any(text.startswith(outside) for text in told)
    assert [slit.wavelength_corrected for slit in model.slits] == [False, False, True]
    assert [slit.pathloss_correction_type for slit in model.slits] == [None, "UNIFORM", None]
    assert [slit.meta.bunit_data for slit in model.slits] == ["DN/s", "MJy/sr", "MJy"]
    np.testing.assert_array_equal(model.slits[0].data, slits_of(FIXED).slits[0].data)


def test_wavelengths_that_would_not_increase(references, caplog, tmp_path):
    with datamodels.WaveCorrModel(references(FIXED)["override_wavecorr"]) as reference:
        for aperture in reference.apertures:
            aperture.zero_point_offset.lookup_table = 400 * np.sin(np.arange(12))[:, None] + np.zeros((12, 15))
        reference.save(tmp_path / "steep.asdf")
    model = WavecorrStep.call(slits_of(FIXED), override_wavecorr=str(tmp_path / "steep.asdf"))
    assert model.meta.cal_step.wavecorr == "SKIPPED"
    assert caplog.text.count("would not increase") == 2


def test_wavelengths_are_not_corrected_twice(references):
    model = run(WavecorrStep, slits_of(FIXED), references(FIXED))
    with pytest.raises(GpucalError, match="has corrected its wavelengths already"):
        run(WavecorrStep, model, references(FIXED))


def test_nothing_is_done_where_all_sources_fill_their_slits(references):
    model = slits_of(FIXED)
    for slit in model.slits:
        slit.source_type = "EXTENDED"
    assert run(WavecorrStep, model, references(FIXED)).meta.cal_step.wavecorr == "SKIPPED"


def test_exposures_of_other_kinds_are_left_alone(references):
    model = slits_of(FIXED)
    model.meta.exposure.type = "NRS_LAMP"
    assert run(PathLossStep, model, references(FIXED)).meta.cal_step.pathloss == "SKIPPED"
    assert run(PhotomStep, model, references(FIXED)).meta.cal_step.photom == "SKIPPED"
    assert run(BarShadowStep, model, references(SHUTTERS)).meta.cal_step.barshadow == "SKIPPED"
    model.meta.exposure.type = "NRS_AUTOFLAT"
    assert run(FlatFieldStep, model, references(FIXED)).meta.cal_step.flat_field == "SKIPPED"


def test_slits_that_a_flat_does_not_cover(references):
    model = slits_of(FIXED)
    model.slits[1].xstart = 100
    with pytest.raises(ReferenceFileError, match=r"sflat.fits: its \(128, 128\) pixels do not cover slit S400A1"):
        run(FlatFieldStep, model, references(FIXED))


def test_shutters_that_a_flat_does_not_have(references):
    model = slits_of(SHUTTERS)
    model.slits[1].quadrant, model.slits[1].xcen = 5, 0
    with pytest.raises(ReferenceFileError, match=r"has no shutter \(0, 41\) of quadrant 5"):
        run(FlatFieldStep, model, references(SHUTTERS))


def test_flats_of_the_user_for_other_slits(references, tmp_path):
    FlatFieldStep.call(
        slits_of(FIXED),
        **{name: path for name, path in references(FIXED).items() if "flat" in name},
        save_interpolated_flat=True,
        output_dir=str(tmp_path),
    )
    flats = next(tmp_path.glob("*interpolatedflat.fits"))
    model = slits_of(FIXED)
    del model.slits[2]
    with pytest.raises(InputError, match="holds flat fields of 3 slits .* has 2 slits"):
        FlatFieldStep.call(model, user_supplied_flat=str(flats))


def test_fluxes_need_the_areas_of_pixels(references):
    given = references(FIXED) | {"override_area": "N/A"}
    with pytest.raises(ReferenceFileError, match="has no area reference"):
        run(PhotomStep, slits_of(FIXED), given)


def test_the_factor_of_a_source_that_fills_the_slit_has_the_throughput_of_its_time(references, monkeypatch):
    found = {}
    for as_jwst in ("", "1"):
        monkeypatch.setenv("GPUCAL_AS_PEER", as_jwst)
        slit = run(PhotomStep, slits_of(FIXED), references(FIXED)).slits[0]
        area = slit.meta.photometry.pixelarea_steradians
        ratio = slit.photom_point / slit.photom_uniform / area
        found[as_jwst] = np.nanmedian(ratio)
    np.testing.assert_allclose(found[""], 1, rtol=1e-6)  # wavelengths without correction are the same here
    assert abs(found["1"] - 1) > 0.01


@pytest.mark.parametrize("step", [FlatFieldStep, PathLossStep, PhotomStep])
def test_slits_have_to_be_cut_out_first(step, references):
    model = datamodels.ImageModel((4, 4))
    model.meta.instrument.name, model.meta.instrument.detector, model.meta.exposure.type = "NIRSPEC", "NRS1", FIXED
    with pytest.raises(InputError, match="its slits are not cut out yet; run extract_2d on it first"):
        run(step, model, references(FIXED))
