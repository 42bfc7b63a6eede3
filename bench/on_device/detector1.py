"""Whole processes of stage 1, from start to exit: on the CPU, on the device, and of the peer if it is installed."""

import sys
from importlib.util import find_spec
from pathlib import Path

from bench.cases import words
from bench.on_device import cases
from bench.on_device.session import Session
from bench.processes import PROGRAMS, alternate, summary
from bench.results import markdown

RUNS = 3


def programs(device: str) -> dict[str, list[str]]:
    """The programs to run."""
    ours = [sys.executable, "-m", "gpucal", "strun"]
    found = {f"gpucal, {backend}": [*ours, f"--backend={backend}"] for backend in ("cpu", device)}
    return ({"jwst": PROGRAMS["jwst"]} if find_spec("jwst") else {}) | found


def measure(session: Session) -> None:
    place = session.exposures / "whole"
    place.mkdir()
    chosen = programs(session.backend)
    if session.smoke:
        chosen.pop("jwst", None)
    for case, settings in cases.large_cases(session).items():
        simulation = session.exposure(settings, apart=True)
        places = {name: place / str(number) for number, name in enumerate(chosen)}
        parameters = words({f"steps.{name}.skip": "true" for name in cases.steps(session)})
        commands = {
            name: command_of(program, simulation.exposure, places[name], parameters) for name, program in chosen.items()
        }
        runs = {"runs": 1, "uncounted": 0} if session.smoke else {"runs": RUNS}
        measured = alternate(commands, simulation.environment(), places=places, **runs)
        session.keep(case, {name: summary(runs) for name, runs in measured.items()})


def command_of(program: list[str], exposure: Path, place: Path, parameters: list[str]) -> list[str]:
    """The command line of one run."""
    return [*program, "calwebb_detector1", str(exposure), f"--output_dir={place}", *parameters]


def tables(part: dict) -> dict[str, str]:
    names = list(dict.fromkeys(name for found in part["results"].values() for name in found))
    rows = [
        [case, *(f"{found[name][what]:.2f}" for what in ("seconds", "memory") for name in names)]
        for case, found in part["results"].items()
    ]
    header = ["exposure", *(f"{name}, s" for name in names), *(f"{name}, GiB" for name in names)]
    return {"device-detector1": markdown(header, rows)}
