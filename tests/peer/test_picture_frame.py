"""The picture_frame step agrees with the peer, in its result and in the products that it saves beside it."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare, compare_folders
from gpucal.steps.images.picture_frame import PictureFrameStep

SIZE = 2048


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """A pattern with noise, in a file."""
    distance = np.linspace(-1, 1, SIZE) ** 6
    rates = 0.1 * np.add.outer(distance, distance) + np.random.default_rng(1).normal(0, 0.01, (SIZE, SIZE))
    model = datamodels.PictureFrameModel(data=rates.astype(np.float32))
    model.meta.instrument.name, model.meta.instrument.detector = "NIRSPEC", "NRS1"
    path = tmp_path_factory.mktemp("references") / "pictureframe.fits"
    model.save(path)
    return str(path)


def test_rates(offline, peer_step, pattern, tmp_path):
    rng = np.random.default_rng(2)
    model = datamodels.ImageModel(data=rng.normal(0.2, 0.05, (SIZE, SIZE)).astype(np.float32))
    model.dq = np.zeros((SIZE, SIZE), np.uint32)
    model.data[300:500, 100:1800] += rng.exponential(3, (200, 1700))
    model.data[:, :4] = np.nan
    with datamodels.open(pattern) as reference:
        model.data += 2 * reference.data
    model.meta.instrument.name, model.meta.instrument.detector = "NIRSPEC", "NRS1"
    model.meta.subarray.name, model.meta.exposure.type = "FULL", "NRS_IFU"
    model.meta.filename = "made_rate.fits"
    parameters = {
        "override_pictureframe": pattern,
        "mask_science_regions": False,
        "save_mask": True,
        "save_correction": True,
    }
    folders = [tmp_path / "ours", tmp_path / "theirs"]
    for folder in folders:
        folder.mkdir()

    ours = PictureFrameStep.call(model, output_dir=str(folders[0]), **parameters)
    theirs = peer_step("picture_frame", model, skip=False, output_dir=str(folders[1]), **parameters)

    compare(ours, theirs).assert_agrees()
    products = compare_folders(*folders)
    assert len(products) == 2
    for agreement in products.values():
        agreement.assert_agrees()
    assert theirs.meta.cal_step.picture_frame == "COMPLETE"
