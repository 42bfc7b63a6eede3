"""The targ_centroid step: the image that comes without coordinates, and when the step is skipped."""

import numpy as np
import pytest

from bench.peer_tests.offline import cache_without_rules
from gpucal.data import Exposure
from gpucal.data.membership import Membership
from gpucal.simulate.crds_cache import crds_environment
from gpucal.steps.parts.lrs_types import SLIT_TYPE
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from gpucal.steps.spectra.targ_centroid import TargCentroidStep
from tests.lrs_exposures import DISTORTION, OFFSETS, exposure, overrides, specwcs, target_image


@pytest.fixture(scope="module")
def spectrum(tmp_path_factory):
    """A spectrum with coordinates: ``spectrum()`` gives a copy."""
    folder = tmp_path_factory.mktemp("lrs")
    with crds_environment(cache_without_rules(folder / "crds")):
        made = AssignWcsStep.call(exposure(SLIT_TYPE), **overrides(specwcs(folder)))
        made.meta.target.source_type = "POINT"
        yield made.copy


@pytest.fixture(scope="module")
def image():
    """The image of the target with coordinates: ``image()`` gives a copy."""
    kinds = dict.fromkeys((f"override_{kind}" for kind in AssignWcsStep.reference_file_types), "N/A")
    kinds |= {"override_distortion": str(DISTORTION), "override_filteroffset": str(OFFSETS)}
    return AssignWcsStep.call(target_image(SLIT_TYPE), sip_approx=False, **kinds).copy


def centred(model, image, folder, **parameters):
    image.save(folder / "image.fits")
    return TargCentroidStep.call(
        model, ta_file=str(folder / "image.fits"), override_filteroffset=str(OFFSETS), **parameters
    )


def test_the_source_of_the_spectrum_moves_with_that_of_the_image(spectrum, image, tmp_path):
    moved = image()
    moved.data = np.roll(moved.data, (-2, 3), (0, 1))
    there, here = centred(spectrum(), moved, tmp_path), centred(spectrum(), image(), tmp_path)
    assert there.meta.cal_step.targ_centroid == "COMPLETE"
    np.testing.assert_allclose([here.ta_xpos, here.ta_ypos], [324.4, 300.6], atol=0.02)
    np.testing.assert_allclose([there.ta_xpos, there.ta_ypos], [327.4, 298.6], atol=0.02)
    assert there.source_xpos - here.source_xpos == pytest.approx(there.ta_xpos - here.ta_xpos, abs=1e-9)
    assert there.source_ypos - here.source_ypos == pytest.approx(there.ta_ypos - here.ta_ypos, abs=1e-9)


def test_a_spectrum_of_another_subarray_than_the_image(spectrum, image, tmp_path, monkeypatch):
    whole, part = spectrum(), spectrum()
    part.meta.subarray.xstart, part.meta.subarray.ystart = 11, 21
    expected = centred(whole, image(), tmp_path)
    moved = centred(part.copy(), image(), tmp_path)
    assert expected.source_xpos - moved.source_xpos == pytest.approx(10, abs=1e-9)
    assert expected.source_ypos - moved.source_ypos == pytest.approx(20, abs=1e-9)
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    assert centred(part, image(), tmp_path).source_xpos == expected.source_xpos


def test_a_member_of_the_association_is_the_image(spectrum, image, tmp_path):
    image().save(tmp_path / "image.fits")
    given = Exposure(spectrum())
    given.membership = Membership(others={"target_acquisition": [tmp_path / "image.fits"]})
    result = TargCentroidStep(override_filteroffset=str(OFFSETS)).run(given)
    assert result.source_xpos == centred(spectrum(), image(), tmp_path).source_xpos


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda image: setattr(image.meta.exposure, "type", "MIR_IMAGE"), "and not an image, MIR_TACONFIRM"),
        (lambda image: setattr(image.meta.instrument, "filter", "FLENS"), "does not tell how far the filter FLENS"),
        (lambda image: setattr(image.meta.dither, "x_offset", None), "does not tell the dither"),
        (lambda image: image.data.fill(np.nan), "too few pixels with a value"),
        (lambda image: image.data.fill(1.0), "no Gaussian could be fitted"),
    ],
)
def test_an_image_that_does_not_tell_where_the_source_is(change, reason, spectrum, image, tmp_path, caplog):
    changed = image()
    change(changed)
    caplog.set_level("INFO")
    result = centred(spectrum(), changed, tmp_path)
    assert result.meta.cal_step.targ_centroid == "SKIPPED" and reason in caplog.text


def test_without_an_image_it_is_skipped(spectrum, caplog):
    caplog.set_level("INFO")
    result = TargCentroidStep.call(spectrum(), override_filteroffset=str(OFFSETS))
    assert result.meta.cal_step.targ_centroid == "SKIPPED"
    assert "neither ta_file nor a member target_acquisition names one" in caplog.text
