"""Stray light of MIRI's spectrometer is subtracted as jwst does."""

import logging
import re

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.steps.images.straylight import StraylightStep
from tests.mrs_exposures import cross_artifact, rates, regions

# What the light of showers has the unit and the axes of; jwst leaves that out.
SAID_OF_THE_IMAGE = re.compile(r"BUNIT|DISPAXIS|meta\.bunit_.*|meta\.wcsinfo\.dispersion_direction")


@pytest.fixture(autouse=True)
def sums_of_numpy(monkeypatch):
    """The sums of jwst's C code, which takes a minute, made by numpy: row by row, over profiles of all distances."""
    from jwst.straylight import straylight

    def scattered(image, places, first, stop, fwhm, height, width, offset, inner, outer):
        away = np.arange(1 - len(places), len(places))
        light, model = np.maximum(image, 0), np.empty_like(image, dtype=float)
        sigma = width / np.sqrt(8 * np.log(2))
        for y in range(len(image)):
            profile = height[y] / (1 + (2 * away / float(fwhm[y])) ** 2)
            for at, wide, high in ((offset[y], sigma[y], inner[y]), (2 * offset[y], 2 * sigma[y], outer[y])):
                for side in (-1, 1):
                    profile = profile + high * np.exp(-0.5 * ((away + side * float(at)) / wide) ** 2)
            # A source at column i adds the part of the profile whose middle is at i.
            whole = np.convolve(light[y, first:stop], profile)
            model[y] = whole[len(places) - 1 - first :][: len(places)]
        return model

    monkeypatch.setattr(straylight, "makemodel_ccode", scattered)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return cross_artifact(tmp_path_factory.mktemp("straylight") / "mrsxartcorr.fits")


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(("detector", "band"), [("MIRIFUSHORT", "MEDIUM"), ("MIRIFULONG", "LONG")])
def test_the_cross_artifact_and_the_level(detector, band, reference, peer_step):
    given = {"override_mrsxartcorr": reference, "override_regions": "N/A"}
    ours = StraylightStep.call(rates(detector, band), **given)
    compare(ours, peer_step("straylight", rates(detector, band), **given)).assert_agrees()
    assert np.nanmax(abs(ours.data - rates(detector, band).data)) > 0.5


@pytest.mark.usefixtures("offline")
def test_channels_of_different_parts(reference, peer_step, caplog):
    given = {"override_mrsxartcorr": reference, "override_regions": "N/A"}
    exposure = rates(band="SHORT-MEDIUM")
    with caplog.at_level(logging.WARNING, "gpucal"):
        ours = StraylightStep.call(exposure, **given)
    compare(ours, peer_step("straylight", exposure, **given)).assert_agrees()
    assert any("no parameters for BAND SHORT-MEDIUM" in line for line in caplog.messages)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"shower_plane": 8, "shower_x_stddev": 3.3, "shower_y_stddev": 5.2},
        {"shower_low_reject": 5, "shower_high_reject": 60},
    ],
)
def test_showers(parameters, reference, tmp_path, peer_step):
    given = {"override_mrsxartcorr": reference, "override_regions": regions(tmp_path / "regions.asdf")}
    given |= parameters | {"clean_showers": True, "save_shower_model": True}
    exposure = rates()
    products = {}
    for name, call in (
        ("ours", StraylightStep.call),
        ("theirs", lambda *a, **b: peer_step("straylight", *a, **b)),
    ):
        (tmp_path / name).mkdir()
        products[name] = call(exposure, output_dir=str(tmp_path / name), **given)
    compare(products["ours"], products["theirs"]).assert_agrees()
    saved = [tmp_path / name / "mrs1_mirifushort_shower_model.fits" for name in products]
    light = compare(*saved).apart_from(SAID_OF_THE_IMAGE)
    assert [one.name for one in light.extensions if one.agrees] == ["SCI", "DQ", "ERR"] and not light.keywords
