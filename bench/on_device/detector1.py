"""Whole processes of stage 1, from start to exit: on the CPU, on the device, and of the peer if it is installed."""

import sys
from importlib.util import find_spec
from pathlib import Path

from bench.cases import words
from bench.on_device import cases
from bench.on_device.session import Session
from bench.processes import alternate, summary
from bench.results import markdown

RUNS = 3

# The program of the peer, wherever its script is.
_STRUN = "from importlib.metadata import entry_points as all; all(group='console_scripts')['strun'].load()()"
PEER = {"jwst": [sys.executable, "-c", _STRUN]}


def own_programs(device: str) -> dict[str, list[str]]:
    """gpucal on the CPU and on the device."""
    ours = [sys.executable, "-m", "gpucal", "strun"]
    return {f"gpucal, {backend}": [*ours, f"--backend={backend}"] for backend in ("cpu", device)}


def measure(session: Session) -> None:
    """The peer runs once on each exposure, since it takes long; ours by turns, and once before the count."""
    place = session.exposures / "whole"
    place.mkdir()
    peer = PEER if find_spec("jwst") and not session.smoke else {}
    often = {"runs": 1, "uncounted": 0} if session.smoke else {"runs": RUNS}
    for case, settings in cases.large_cases(session).items():
        simulation = session.exposure(settings, apart=True)
        parameters = words({f"steps.{name}.skip": "true" for name in cases.steps(session)})
        found = {}
        for programs, how_often in ((own_programs(session.backend), often), (peer, {"runs": 1, "uncounted": 0})):
            places = {name: place / str(number) for number, name in enumerate(programs)}
            commands = {
                name: command_of(program, simulation.exposure, places[name], parameters)
                for name, program in programs.items()
            }
            measured = alternate(commands, simulation.environment(), places=places, **how_often)
            found |= {name: summary(runs) for name, runs in measured.items()}
            session.keep(case, found)


def command_of(program: list[str], exposure: Path, place: Path, parameters: list[str]) -> list[str]:
    """The command line of one run."""
    return [*program, "calwebb_detector1", str(exposure), f"--output_dir={place}", *parameters]


def tables(part: dict) -> dict[str, str]:
    names = list(dict.fromkeys(name for found in part["results"].values() for name in found))
    rows = [
        [case, *(cell(found, name, what) for what in ("seconds", "memory") for name in names)]
        for case, found in part["results"].items()
    ]
    header = ["exposure", *(f"{name}, s" for name in names), *(f"{name}, GiB" for name in names)]
    return {"device-detector1": markdown(header, rows)}


def cell(found: dict, name: str, what: str) -> str:
    """A number of a program, if it has come to run."""
    return f"{found[name][what]:.2f}" if name in found else ""
