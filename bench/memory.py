"""Measure the peak memory of jwst and gpucal over the number of groups and of integrations.

``python -m bench.memory [--groups N ...] [--integrations N ...] [--backend NAME]`` simulates exposures, runs
``strun calwebb_detector1`` of both programs on each, every run a process of its own, and writes what the system
says of the most memory that each process held (on the host) to ``docs/benchmarks/memory.json`` and ``memory.png``.
"""

import argparse
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from matplotlib.figure import Figure

from bench import results
from bench.cases import simulated_elsewhere
from bench.processes import PROGRAMS, measure
from gpucal.backend import select_backend


@dataclass(frozen=True)
class Series:
    """Exposures that differ in one number.

    Attributes
    ----------
    title : str
        For the figure.
    axis : str
        The number: an argument of `gpucal.simulate.simulate`.
    settings : dict
        The other arguments.
    """

    title: str
    axis: str
    settings: dict


SERIES = {
    "groups": Series(
        "NIRCam full frame, 1 integration", "ngroups", {"detector": "NRCA1", "filter": "F200W", "subarray": "FULL"}
    ),
    "integrations": Series(
        "NIRCam SUB160, 10 groups", "nints", {"detector": "NRCB1", "subarray": "SUB160", "ngroups": 10}
    ),
}


@dataclass(frozen=True)
class Point:
    """One exposure, and what both programs took for it.

    Attributes
    ----------
    number : int
        Groups, or integrations.
    ramp : float
        Its values as float32, GiB.
    peak : dict of str to float
        The most memory of each program, GiB.
    """

    number: int
    ramp: float
    peak: dict[str, float]


def measured(series: Series, number: int, backend: str) -> Point:
    """Simulate one exposure of a series and run both programs on it."""
    settings = series.settings | {series.axis: number}
    with tempfile.TemporaryDirectory() as place:
        simulation = simulated_elsewhere(place, settings)
        environment = simulation.environment() | {"GPUCAL_BACKEND": backend}
        peak = {
            name: measure(
                [*program, "calwebb_detector1", str(simulation.exposure), f"--output_dir={place}/{name}"], environment
            ).memory
            for name, program in PROGRAMS.items()
        }
    side = 2048 if settings["subarray"] == "FULL" else int(settings["subarray"].removeprefix("SUB"))
    pixels = settings["ngroups"] * settings.get("nints", 1) * side**2
    return Point(number, 4 * pixels / 2**30, peak)


def draw(found: dict[str, list[Point]], path: Path) -> None:
    """Peak memory against groups and against integrations, into a PNG."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    for axes, (name, points) in zip(figure.subplots(1, len(found), squeeze=False)[0], found.items(), strict=True):
        numbers = [point.number for point in points]
        for program in PROGRAMS:
            axes.plot(numbers, [point.peak[program] for point in points], "o-", label=program)
        axes.plot(numbers, [point.ramp for point in points], "k:", label="the ramp alone")
        axes.set(xlabel=name, ylabel="peak memory, GiB", title=SERIES[name].title)
        axes.set_ylim(bottom=0)
        axes.legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, nargs="*", default=[5, 10, 20, 40], help="groups of full frames")
    parser.add_argument("--integrations", type=int, nargs="*", default=[1, 10, 100, 300], help="integrations of SUB160")
    parser.add_argument("--backend", default="cpu", help="of gpucal (default cpu)")
    arguments = parser.parse_args()
    select_backend(arguments.backend)
    numbers = {"groups": arguments.groups, "integrations": arguments.integrations}
    found = {
        name: [measured(SERIES[name], number, arguments.backend) for number in chosen]
        for name, chosen in numbers.items()
        if chosen
    }
    results.save("memory", {name: [asdict(point) for point in points] for name, points in found.items()})
    draw(found, results.picture("memory"))
    for name, points in found.items():
        for point in points:
            peaks = ", ".join(f"{program} {peak:.2f} GiB" for program, peak in point.peak.items())
            print(f"{point.number} {name} (ramp {point.ramp:.2f} GiB): {peaks}")


if __name__ == "__main__":
    main()
