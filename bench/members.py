"""Measure time and peak memory of ``calwebb_image3`` of gpucal over the number of exposures.

``python -m bench.members [--small N ...] [--full N ...]`` simulates as many dithers as the largest number asks for,
calibrates them, and combines the first N of them, with ``in_memory`` true and false, each run a process of its own.
It writes ``docs/benchmarks/members.json``, a picture of it, and the table of ``docs/benchmarks.md``, with the exponent
of a power law: 1 where the time that an exposure adds is the same for all, 0 for memory that does not grow.
"""

import argparse
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from matplotlib.figure import Figure

from bench import results
from bench.image3 import calibrate_exposures
from bench.image_stages import ENVIRONMENT
from bench.observed_cases import observed
from bench.processes import PROGRAMS, measure
from bench.scaling import exponent
from gpucal.associations import from_list, write_association
from gpucal.backend import select_backend
from gpucal.simulate import Observation, Plan

SERIES = {
    "small": ("NIRCam SUB160", {"detectors": ("NRCB1",), "subarray": "SUB160"}),
    "full": ("NIRCam full frame", {"detectors": ("NRCB1",), "subarray": "FULL"}),
}
WAYS = {"in memory": "true", "leased": "false"}


@dataclass(frozen=True)
class Point:
    """One product, and what it took.

    Attributes
    ----------
    exposures : int
    seconds : float
        From the start of the process to its exit.
    processor_seconds : float
        Of all its threads.
    memory : float
        The most that it held, GiB.
    """

    exposures: int
    seconds: float
    processor_seconds: float
    memory: float


def measure_series(settings: dict, numbers: list[int], backend: str, directory: Path) -> dict[str, list[Point]]:
    """Combine the first exposures of an observation, for each number of them and each way to hold their pixels."""
    observation = observed(directory / "observed", plan=Plan(exposures=max(numbers)), **settings)
    calibrate_exposures(observation)
    associations = {number: association_of(observation, number) for number in sorted(numbers)}
    combine(observation, associations[min(numbers)], "true", backend)  # kernels are compiled
    return {
        way: [
            Point(number, *combine(observation, association, in_memory, backend))
            for number, association in associations.items()
        ]
        for way, in_memory in WAYS.items()
    }


def association_of(observation: Observation, number: int) -> Path:
    """An association of the first exposures."""
    first = [exposure.product("cal") for exposure in observation.science[:number]]
    path = observation.level2.with_name(f"first_{number}_image3_asn.json")
    write_association(from_list(first, f"first_{number}"), path)
    return path


def combine(observation: Observation, association: Path, in_memory: str, backend: str) -> tuple[float, float, float]:
    """Run stage 3: its seconds, processor seconds, and peak memory in GiB."""
    with tempfile.TemporaryDirectory(dir=association.parent) as place:
        run = measure(
            [
                *PROGRAMS["gpucal"], "calwebb_image3", str(association), f"--output_dir={place}",
                f"--in_memory={in_memory}",
            ],
            observation.environment() | ENVIRONMENT | {"GPUCAL_BACKEND": backend},
        )  # fmt: skip
    return run.seconds, run.processor_seconds, run.memory


def table(found: dict[str, dict[str, list[Point]]]) -> str:
    """Time and memory of each series, and how they grow from its half on, as Markdown."""
    header = ["exposures", "held", "seconds", "exponent", "peak, GiB", "exponent"]
    rows = []
    for series, ways in found.items():
        for way, points in ways.items():
            numbers = [point.exposures for point in points]
            cells = [f"{SERIES[series][0]}: {', '.join(map(str, numbers))}", way]
            for what in ("seconds", "memory"):
                values = [getattr(point, what) for point in points]
                cells += [", ".join(f"{value:.2f}" for value in values), growth(numbers, values)]
            rows.append(cells)
    return results.markdown(header, rows)


def growth(numbers: list[int], values: list[float]) -> str:
    """The exponent of a power law through the larger half of the numbers, where what is fixed counts less."""
    half = len(numbers) // 2
    return f"{exponent(numbers[half:], values[half:]):.2f}" if len(numbers) - half > 1 else ""


def draw(found: dict[str, dict[str, list[Point]]], path: Path) -> None:
    """Time and peak memory against the number of exposures, into a PNG."""
    figure = Figure(figsize=(10, 3.5 * len(found)), layout="constrained")
    for row, (series, ways) in zip(figure.subplots(len(found), 2, squeeze=False), found.items(), strict=True):
        for axes, (what, label) in zip(row, {"seconds": "seconds", "memory": "peak memory, GiB"}.items(), strict=True):
            for way, points in ways.items():
                values = [getattr(point, what) for point in points]
                axes.plot([point.exposures for point in points], values, "o-", label=way)
            axes.set(xlabel="exposures", ylabel=label, title=SERIES[series][0])
            axes.set_ylim(bottom=0)
            axes.legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, nargs="*", default=[1, 3, 10, 30, 100], help="exposures of SUB160")
    parser.add_argument("--full", type=int, nargs="*", default=[1, 2, 4, 8, 16], help="full frames")
    parser.add_argument("--backend", default="cpu", help="of gpucal (default cpu)")
    parser.add_argument("--print-only", action="store_true", help="publish nothing")
    arguments = parser.parse_args()
    select_backend(arguments.backend)
    found = {}
    for series, (_, settings) in SERIES.items():
        if numbers := getattr(arguments, series):
            with tempfile.TemporaryDirectory() as place:
                found[series] = measure_series(settings, numbers, arguments.backend, Path(place))
            print(table({series: found[series]}), flush=True)
    if arguments.print_only:
        return
    name = results.named("members", arguments.backend)
    plain = {series: {way: list(map(asdict, points)) for way, points in ways.items()} for series, ways in found.items()}
    results.publish(name, results.save(name, plain), table(found))
    draw(found, results.picture(name))


if __name__ == "__main__":
    main()
