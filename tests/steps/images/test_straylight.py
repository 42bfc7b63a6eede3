"""What straylight refuses."""

import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.reference import ReferenceFileError
from gpucal.steps.images.straylight import StraylightStep
from tests.mrs_exposures import cross_artifact, rates, regions


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    folder = tmp_path_factory.mktemp("straylight")
    given = {
        "mrsxartcorr": cross_artifact(folder / "mrsxartcorr.fits"),
        "regions": regions(folder / "regions.asdf"),
    }
    return {f"override_{kind}": path for kind, path in given.items()}


def test_a_plane_that_the_reference_lacks(references):
    with pytest.raises(ReferenceFileError, match=r"has no plane 9; its regions have shape \(9, 1024, 1032\)"):
        StraylightStep.call(rates(), clean_showers=True, shower_plane=9, **references)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"shower_x_stddev": float("nan")}, "shower_x_stddev is nan"),
        ({"shower_y_stddev": 0.0}, "shower_y_stddev is 0.0"),
        ({"shower_high_reject": 150.0}, "shower_high_reject is 150.0"),
        ({"shower_low_reject": 99.0, "shower_high_reject": 1.0}, "it has to be below shower_high_reject"),
    ],
)
def test_parameters_of_showers_have_limits(references, parameters, message):
    with pytest.raises(GpucalError, match=message):
        StraylightStep.call(rates(), clean_showers=True, **parameters, **references)


def test_regions_of_another_size(references, tmp_path):
    model = datamodels.RegionsModel(references["override_regions"])
    model.regions = model.regions[:, :512, :512].copy()
    model.save(tmp_path / "small.asdf")
    with pytest.raises(ReferenceFileError, match=r"small.asdf: its regions have shape \(9, 512, 512\)"):
        StraylightStep.call(
            rates(), clean_showers=True, **references | {"override_regions": str(tmp_path / "small.asdf")}
        )


def test_a_table_that_the_reference_lacks(references, tmp_path):
    model = datamodels.MirMrsXArtCorrModel(references["override_mrsxartcorr"])
    del model._instance["ch2a_table"]
    model.save(tmp_path / "less.fits")
    with pytest.raises(
        ReferenceFileError, match=r"less\.fits: ch2a_table should tell how each of 1024 rows scatters"
    ):
        StraylightStep.call(rates(), **references | {"override_mrsxartcorr": str(tmp_path / "less.fits")})


def test_a_part_of_the_detector(references):
    part = datamodels.IFUImageModel((512, 1032))
    part.update(rates())
    with pytest.raises(GpucalError, match=r"has shape \(512, 1032\), and full frames of MIRIFUSHORT have"):
        StraylightStep.call(part, **references)


def test_another_detector(references):
    image = rates()
    image.meta.instrument.detector = "MIRIMAGE"
    with pytest.raises(
        GpucalError, match="keyword DETECTOR is MIRIMAGE, and the detectors of the medium resolution"
    ):
        StraylightStep.call(image, **references)
