"""What is measured of series, and that light curves that are off by known amounts are told to be."""

from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from bench import series
from bench.series_cases import CASES, SeriesCase
from bench.truth.series.measures import measure_curve
from gpucal.simulate import Dip
from gpucal.simulate.series.dip import moments_of

IMAGES, *SPECTRA = CASES


@pytest.fixture
def measured(monkeypatch):
    """A function that gives the commands of a case and a kind, and whether stage 2 has run before."""

    def of(name, kind):
        calls, paths = [], {one: Path(f"/o/{one}.json") for one in ("level2", "level3")}
        made = SimpleNamespace(**paths, level2_alone=(Path("/o/alone.json"),), environment=dict)
        monkeypatch.setattr(SeriesCase, "make", lambda self, directory: made)
        monkeypatch.setattr(SeriesCase, "calibrate", lambda self, observation: calls.append("calibrated"))
        monkeypatch.setattr(series, "measure_by_turns", lambda commands, *others: commands)
        arguments = Namespace(peer=True, backend="cpu", runs=1)
        return series.measure_case(name, kind, arguments, Path("/place")), calls

    return of


def test_images_in_stages_2_and_3_by_both(measured):
    commands, calls = measured(IMAGES, "image2")
    assert [words[-2:] for words in commands.values()] == [["calwebb_image2", "/o/level2.json"]] * 2
    assert calls == []
    commands, calls = measured(IMAGES, "tso3")
    assert [words[-2:] for words in commands.values()] == [["calwebb_tso3", "/o/level3.json"]] * 2
    assert calls == ["calibrated"]


@pytest.mark.parametrize("name", SPECTRA)
def test_spectra_in_stage_3_alone(measured, name):
    assert measured(name, "image2") == (None, [])
    commands, calls = measured(name, "tso3")
    assert list(commands) == ["jwst", "gpucal"] and calls == ["calibrated"]


def test_a_curve_is_told_its_depth_its_scatter_and_what_is_lost():
    dip, rng = Dip(0.02), np.random.default_rng(1)
    light = 5 * Dip(0.0185).at(moments_of(4000)) * (1 + 1e-3 * rng.standard_normal(4000))
    error = np.full(4000, 2.5e-3)
    light[[3, 500]] *= 0.9
    found = measure_curve(light, error, dip)
    assert (found.nints, found.lost) == (4000, 2)
    assert found.depth == pytest.approx(0.925, abs=5 * found.depth_error)
    assert found.depth_error == pytest.approx(0.5e-3 * np.sqrt(1 / 960 + 1 / 2400) / 0.02, rel=0.1)
    assert found.expected == pytest.approx(0.5e-3, rel=0.02)
    assert found.excess == pytest.approx(2, rel=0.4)
