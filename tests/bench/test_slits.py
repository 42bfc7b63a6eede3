"""What is measured of observations of spectra, and with which programs."""

from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench import ifu, soss, spectral_stages
from bench.slit_cases import CASES, INTEGRATIONS

SHUTTERS = [name for name in CASES if "slitlets" in name]
SERIES = [name for name in CASES if "integrations" in name]


@pytest.fixture
def measured(monkeypatch):
    """Names of the calls to what takes long, and the command lines that are measured."""
    calls = []
    observation = SimpleNamespace(
        level2=(Path("/o/nods.json"),), level2_alone=(Path("/o/alone.json"),), level3=Path("/o/all.json"),
        environment=dict,
    )  # fmt: skip
    monkeypatch.setattr(spectral_stages, "elsewhere", lambda *_, **__: observation)
    monkeypatch.setattr(spectral_stages, "calibrate_exposures", lambda _observation: calls.append("calibrated"))
    monkeypatch.setattr(spectral_stages, "measure_by_turns", lambda commands, *_: calls.append(commands) or {})

    def of(name, kind, cases=CASES):
        calls.clear()
        arguments = Namespace(peer=True, backend="cpu", runs=1)
        return spectral_stages.measuring(cases)(name, kind, arguments, Path("/place")), calls

    return of


def test_sizes():
    numbers = [len(CASES[name].plan.configuration.slitlets) for name in SHUTTERS]
    assert numbers == [20, 200]
    assert [CASES[name].plan.nints for name in SERIES] == [INTEGRATIONS] * 2


def test_stage_2_of_a_nod_by_both(measured):
    _, (commands,) = measured("NIRSpec fixed slits, 3 nods", "spec2")
    assert {name: command[-2:] for name, command in commands.items()} == {
        name: ["calwebb_spec2", "/o/nods.json"] for name in ("jwst", "gpucal")
    }


def test_many_slitlets_are_calibrated_and_combined_by_gpucal_alone(measured):
    _, (first, commands) = measured(SHUTTERS[1], "spec3")
    assert first == "calibrated"
    assert list(commands) == ["gpucal"]
    assert commands["gpucal"][-2:] == ["calwebb_spec3", "/o/all.json"]


def test_series_have_stage_2_only(measured):
    assert measured(SERIES[0], "spec3") == (None, [])
    _, (commands,) = measured(SERIES[0], "spec2")
    assert commands["gpucal"][-1] == "/o/alone.json"


@pytest.mark.parametrize("name", ifu.CASES)
def test_integral_fields_by_both(measured, name):
    _, (commands,) = measured(name, "spec2", ifu.CASES)
    assert [command[-2:] for command in commands.values()] == [["calwebb_spec2", "/o/alone.json"]] * 2
    _, (first, commands) = measured(name, "spec3", ifu.CASES)
    assert first == "calibrated"
    assert [command[-2:] for command in commands.values()] == [["calwebb_spec3", "/o/all.json"]] * 2


def test_series_of_soss_are_extracted_with_parameters(measured):
    _, (commands,) = measured("SOSS, 4 integrations, boxes alone", "spec2", soss.CASES)
    words = ["calwebb_spec2", "/o/nods.json", "--steps.extract_1d.soss_atoca=false"]
    assert {name: command[-3:] for name, command in commands.items()} == {"jwst": words, "gpucal": words}
    _, (commands,) = measured("SOSS, 500 integrations, usual grid (jwst is not run)", "spec2", soss.CASES)
    assert list(commands) == ["gpucal"]
