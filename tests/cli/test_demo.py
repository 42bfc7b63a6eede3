"""The picture shows what it says, and the demo reuses what is there."""

import json

import numpy as np
import pytest
from rich.console import Console
from stdatamodels.jwst import datamodels

from gpucal.cli import demo
from gpucal.cli.picture import draw_before_and_after


def test_the_picture_is_a_png_of_both_products(tmp_path):
    raw, rate = datamodels.Level1bModel(), datamodels.ImageModel()
    raw.data = np.arange(512, dtype=np.uint16).reshape(1, 2, 16, 16)
    rate.data, rate.dq = np.ones((16, 16), np.float32), np.full((16, 16), 4, np.uint32)
    raw.save(tmp_path / "jw1_uncal.fits")
    rate.save(tmp_path / "jw1_rate.fits")
    path = draw_before_and_after(tmp_path / "jw1_uncal.fits", tmp_path / "jw1_rate.fits", tmp_path / "x.png")
    from matplotlib.image import imread

    pixels = imread(path)
    assert pixels.shape[:2] == (640, 1900)
    jump_colour = np.array([23, 190, 207]) / 255
    assert (np.abs(pixels[..., :3] - jump_colour).max(-1) < 0.01).mean() > 0.1


def test_a_simulation_that_is_there_is_not_made_again(tmp_path, monkeypatch):
    exposure = tmp_path / "jw1_uncal.fits"
    exposure.touch()
    record = {"exposure": str(exposure), "environment": {"CRDS_PATH": "x"}}
    (tmp_path / demo.RECORD).write_text(json.dumps(record))
    monkeypatch.setattr("gpucal.simulate.simulate", lambda *_a, **_k: pytest.fail("simulated again"))
    assert demo.simulated(tmp_path, Console(quiet=True)) == (exposure, {"CRDS_PATH": "x"})
