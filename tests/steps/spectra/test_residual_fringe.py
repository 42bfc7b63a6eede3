"""The residual_fringe step: what it edits, saves and refuses."""

import logging
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from gpucal.core import GpucalError
from gpucal.data import Exposure
from gpucal.reference import ReferenceFileError
from gpucal.steps.spectra.residual_fringe import ResidualFringeStep
from tests.fringed_spectra import exposure_of, fringed_image, references_of


@pytest.fixture
def case(backend, tmp_path, monkeypatch):
    """An image, its exposure, and the references; the exposure has coordinates in name only."""
    image, _ = fringed_image(1, ncolumns=1)
    world = backend.asarray(np.stack([image.wavelengths] * 3))
    monkeypatch.setattr(Exposure, "ifu_slices", property(lambda exposure: SimpleNamespace(world=world)))
    return image, exposure_of(image, 1), references_of(image, 1, tmp_path)


def test_the_light_alone_is_edited(case):
    image, model, references = case
    result = ResidualFringeStep.call(model, skip=False, **references)
    bad = (image.dq > 0) | np.isnan(image.data)
    np.testing.assert_array_equal(np.isnan(result.data), bad)
    np.testing.assert_array_equal(result.err, image.err)
    np.testing.assert_array_equal(result.dq, image.dq)
    changed = (result.data != image.data) & ~bad
    assert changed.sum() > 1000 and not changed[image.slices == 0].any()
    assert np.nanmax(np.abs(result.data / image.data - 1)[image.slices > 0]) < 0.05
    assert result.meta.cal_step.residual_fringe == "COMPLETE"


def test_what_was_found_is_saved(case, tmp_path):
    image, model, references = case
    result = ResidualFringeStep.call(
        model, skip=False, save_intermediate_results=True, output_dir=str(tmp_path), **references
    )
    table = Table.read(tmp_path / "mrs1_out_table.ecsv", format="ascii.ecsv")
    assert table.colnames[:4] == ["Slice", "col", "fringe", "sn"] and set(table["Slice"]) == {101, 102}
    expected = [2.8 + 0.03 * x for x in table["col"]]
    np.testing.assert_allclose(table["peak_freq"], expected, rtol=0, atol=0.02)
    with fits.open(tmp_path / "mrs1_fit_results.fits") as images:
        assert [hdu.name for hdu in images[1:7]] == [
            "RFC_FACTORS", "FIT_MASK", "WEIGHTS_FEATURES", "WEIGHTED_PIXEL_FRACTION", "BACKGROUND_FIT",
            "KNOT_LOCATIONS",
        ]  # fmt: skip
        assert images[0].header["EXP_TYPE"] == "MIR_MRS"
        fitted = images["FIT_MASK"].data == 1
        product = image.data * images["RFC_FACTORS"].data
        np.testing.assert_allclose(product[fitted], result.data[fitted], rtol=3e-7)
        assert (images["RFC_FACTORS"].data[~fitted] == 0).all()


def test_other_exposures_are_skipped(case):
    _, model, references = case
    model.meta.exposure.type = "NRS_IFU"
    assert ResidualFringeStep.call(model, skip=False, **references).meta.cal_step.residual_fringe == "SKIPPED"


def test_the_fringe_flat_has_to_be_applied_before(case):
    _, model, references = case
    model.meta.cal_step.fringe = "SKIPPED"
    with pytest.raises(GpucalError, match="step fringe has to be run before residual_fringe, and S_FRINGE is SKIPPED"):
        ResidualFringeStep.call(model, skip=False, **references)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [(["5.0", "5.5"], ["5.1"], "has 2 wavelengths, and ignore_region_max 1"), (["short"], ["5.1"], "no wavelengths: ")],
)
def test_regions_without_an_end(case, first, last, words):
    _, model, references = case
    with pytest.raises(GpucalError, match=words):
        ResidualFringeStep.call(model, skip=False, ignore_region_min=first, ignore_region_max=last, **references)


def test_regions_that_are_ignored(case, caplog):
    image, model, references = case
    with caplog.at_level(logging.INFO, "gpucal"):
        result = ResidualFringeStep.call(
            model, skip=False, ignore_region_min=["4.8"], ignore_region_max=["5.8"], **references
        )
    bad = image.dq > 0
    np.testing.assert_array_equal(result.data[~bad], image.data[~bad])


def test_regions_of_another_shape(case, tmp_path):
    image, model, references = case
    other = references_of(image._replace(slices=image.slices[:, :-1]), 1, tmp_path)
    with pytest.raises(ReferenceFileError, match=r"a plane 7 of shape \(1024, 7\) is needed"):
        ResidualFringeStep.call(model, skip=False, **references | other)
