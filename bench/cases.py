"""The exposures that speed and memory are measured with, and the parameters they are calibrated with."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from gpucal.simulate import simulate


class Case(NamedTuple):
    """An exposure to simulate, and how it is calibrated.

    Attributes
    ----------
    exposure : dict
        What `gpucal.simulate.simulate` takes.
    operational : dict
        Parameters that are used in operations and are not the defaults.
    """

    exposure: dict
    operational: dict[str, str] = {}


SNOWBALLS = {"steps.jump.expand_large_events": "true"}
SHOWERS = {"steps.jump.find_showers": "true", "steps.emicorr.skip": "false"}

CASES = {
    "NIRCam full frame, 10 groups": Case(
        {"detector": "NRCA1", "filter": "F200W", "subarray": "FULL", "ngroups": 10}, SNOWBALLS
    ),
    "NIRCam SUB64P, 5 groups x 2000": Case(
        {"detector": "NRCB1", "subarray": "SUB64P", "ngroups": 5, "nints": 2000}, SNOWBALLS
    ),
    "MIRI full frame, 50 groups x 2": Case(
        {"detector": "MIRIMAGE", "subarray": "FULL", "ngroups": 50, "nints": 2}, SHOWERS
    ),
    "NIRSpec IRS2, 10 groups": Case(
        {"detector": "NRS1", "subarray": "FULL", "readpatt": "NRSIRS2RAPID", "ngroups": 10}, SNOWBALLS
    ),
    "NIRISS full frame, 10 groups x 2": Case(
        {"detector": "NIS", "subarray": "FULL", "ngroups": 10, "nints": 2}, SNOWBALLS
    ),
}


def make(case: str, directory: Path):
    """Simulate the exposure of a case; see `simulated_elsewhere`."""
    return simulated_elsewhere(directory, CASES[case].exposure)


def simulated_elsewhere(directory: Path, settings: dict):
    """Simulate as `gpucal.simulate.simulate` does, `elsewhere`, and return what it returns."""
    return elsewhere(simulate, directory, seed=1, **settings)


def elsewhere(function: Callable, *arguments, **settings):
    """Call a function in a process of its own, and return what it returns.

    The peak memory of a program begins with the memory of the process that starts it.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments, **settings).result()


def words(parameters: dict[str, str]) -> list[str]:
    """Parameters as words on the command line."""
    return [f"--{name}={value}" for name, value in parameters.items()]
