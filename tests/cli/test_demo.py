"""The demo ends in a mosaic that agrees with the truth, and reuses what is there."""

import json

import numpy as np
import pytest
from astropy.io import fits
from rich.console import Console

from gpucal.cli import demo
from gpucal.cli.demo_observation import measure, observed

SMALL = {"subarray": "SUB320", "ngroups": 4}


def test_the_observation_ends_in_a_mosaic_and_its_sources(tmp_path, capsys):
    console = Console(soft_wrap=True, highlight=False)
    demo.dithered_observation(tmp_path, [], console, **SMALL)
    printed = capsys.readouterr().out
    (mosaic,) = tmp_path.glob("*clear-f444w_i2d.fits")
    (catalog,) = tmp_path.glob("*clear-f444w_cat.ecsv")
    assert all(f"  {path}\n" in printed for path in (mosaic, catalog, tmp_path / "mosaic.png"))
    assert min(fits.getval(mosaic, axis, "SCI") for axis in ("NAXIS1", "NAXIS2")) > 320

    observation = observed(tmp_path, console, **SMALL)
    assert "The simulated observation is there already" in capsys.readouterr().out
    found = measure(observation, mosaic)
    assert all(line in printed for line in found.lines())
    assert found.found > 0.9 * found.true and found.found > 25 and found.spurious <= 3
    assert found.residual < 4
    errors = [1e3 * np.hypot(*exposure.error[:2]) for exposure in observation.science]
    assert np.abs(np.array(errors) - found.shift).min() < 10
    assert found.sky == pytest.approx(found.true_sky, abs=0.03)


def test_a_simulation_that_is_there_is_not_made_again(tmp_path, monkeypatch):
    exposure = tmp_path / "jw1_uncal.fits"
    exposure.touch()
    record = {"exposure": str(exposure), "environment": {"CRDS_PATH": "x"}}
    (tmp_path / demo.RECORD).write_text(json.dumps(record))
    monkeypatch.setattr("gpucal.simulate.simulate", lambda *_a, **_k: pytest.fail("simulated again"))
    assert demo.simulated(tmp_path, Console(quiet=True)) == (exposure, {"CRDS_PATH": "x"})
