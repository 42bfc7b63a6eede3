"""Many exposures in one process by ``gpucal batch``, against as many processes of ``gpucal strun`` one by one.

``python -m bench.batch [--case NAME] [--exposures N] [--backend NAME]`` simulates an exposure, gives it N names, runs
both, writes the figures and a picture to ``batch-<case>-<backend>.json`` and ``.png`` in ``docs/benchmarks``, and a
table of all such figures into ``docs/batch.md``. Kernels are compiled, and files cached, in a run before those that
count. Processor seconds, of all threads, depend less on what else the machine does.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from bench.processes import measure as measure_process
from bench.report import replace_between_markers
from gpucal import __version__
from gpucal.simulate import simulate

PAGE = Path(__file__).parents[1] / "docs" / "batch.md"
RESULTS = PAGE.parent / "benchmarks"
GPUCAL = str(Path(sys.executable).with_name("gpucal"))
PIPELINE = "calwebb_detector1"

CASES = {
    "nircam-full": {"detector": "NRCA1", "filter": "F200W", "subarray": "FULL", "ngroups": 10},
    "nircam-sub64p": {"detector": "NRCB1", "subarray": "SUB64P", "ngroups": 5, "nints": 20},
    "niriss-full": {"detector": "NIS", "subarray": "FULL", "ngroups": 10, "nints": 2},
    "miri-full": {"detector": "MIRIMAGE", "subarray": "FULL", "ngroups": 10, "nints": 2},
}


def run(words: list[str], environment: dict[str, str]) -> dict:
    """Run gpucal to its end: its seconds, processor seconds, and peak memory in bytes."""
    one = measure_process([GPUCAL, *words], environment)
    return {"seconds": one.seconds, "processor_seconds": one.processor_seconds, "peak_bytes": one.memory * 2**30}


def measure(case: str, count: int, backend: str, directory: Path) -> dict:
    """Run both ways on the same exposures."""
    simulation = simulate(directory / "raw", seed=1, **CASES[case])
    environment = os.environ | simulation.environment() | {"GPUCAL_BACKEND": backend}
    exposures = directory / "exposures"
    exposures.mkdir()
    for number in range(count):
        (exposures / f"x{number:04d}_uncal.fits").symlink_to(simulation.exposure)
    first = str(next(exposures.iterdir()))
    run(["strun", PIPELINE, first, f"--output_dir={directory / 'warm'}"], environment)
    together = directory / "together"
    batch = run(["batch", PIPELINE, str(exposures), f"--output-dir={together}"], environment)
    lines = [json.loads(line) for line in (together / "gpucal-batch.jsonl").read_text().splitlines()]
    shutil.rmtree(together)
    processes = [
        run(["strun", PIPELINE, str(path), f"--output_dir={directory / 'alone'}"], environment)
        for path in sorted(exposures.iterdir())
    ]
    return {"batch": batch | {"exposures": [_exposure(line) for line in lines]}, "processes": processes}


def _exposure(line: dict) -> dict:
    return line["times"] | {"memory_bytes": line["memory"]}


def hardware(backend: str) -> str:
    """The machine in words."""
    if backend == "cuda":
        import cupy

        return cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return f"{len(os.sched_getaffinity(0))} cores of {model}"


def draw(result: dict, path: Path) -> None:
    """Memory after each exposure, and the seconds of its stages."""
    from matplotlib.figure import Figure

    exposures = result["batch"]["exposures"]
    places = range(1, len(exposures) + 1)
    figure = Figure(figsize=(8, 6), layout="constrained")
    memory, stages = figure.subplots(2, sharex=True)
    memory.plot(places, [exposure["memory_bytes"] / 2**30 for exposure in exposures], "o-")
    alone = max(process["peak_bytes"] for process in result["processes"]) / 2**30
    memory.axhline(alone, color="gray", linestyle="--", label="peak of a process of its own")
    memory.set(ylabel="memory after the exposure, GiB", ylim=(0, None), title=result["title"])
    memory.legend()
    bottom = [0.0] * len(exposures)
    for stage in ("read", "compute", "write"):
        seconds = [exposure[stage] for exposure in exposures]
        stages.bar(places, seconds, bottom=bottom, label=stage)
        bottom = [below + more for below, more in zip(bottom, seconds, strict=True)]
    stages.set(xlabel="exposure", ylabel="seconds in each stage")
    stages.legend()
    figure.savefig(path, dpi=120)


def table() -> str:
    """All results that were written, as Markdown."""
    rows = [
        "| | an exposure, s | of processors, s | peak, GiB | memory after the first, half, all, GiB |",
        "|---|---|---|---|---|",
    ]
    machines = []
    for path in sorted(RESULTS.glob("batch-*.json")):
        result = json.loads(path.read_text())
        batch, processes, count = result["batch"], result["processes"], result["exposures"]
        memory = [exposure["memory_bytes"] for exposure in batch["exposures"]]
        kept = ", ".join(f"{memory[place] / 2**30:.2f}" for place in (0, len(memory) // 2, -1))
        rows.append(_row(f"{result['title']}: one batch", [batch], count) + f" {kept} |")
        rows.append(_row("a process each", processes, count) + " |")
        machines.append(f"{result['case']}: {result['hardware']}, Python {result['python']}")
    return "\n".join([*rows, "", "; ".join(machines) + "."])


def _row(name: str, runs: list[dict], count: int) -> str:
    seconds, processors = (sum(run[what] for run in runs) / count for what in ("seconds", "processor_seconds"))
    return f"| {name} | {seconds:.2f} | {processors:.2f} | {max(run['peak_bytes'] for run in runs) / 2**30:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", default="nircam-sub64p", choices=list(CASES), help="which exposure")
    parser.add_argument("--exposures", type=int, default=30, metavar="N", help="how many (default 30)")
    parser.add_argument("--backend", default="cpu", help="cpu (default) or cuda")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        result = measure(arguments.case, arguments.exposures, arguments.backend, Path(place))
    title = f"{arguments.case}, {arguments.exposures} exposures, gpucal {__version__} ({arguments.backend})"
    machine = {"hardware": hardware(arguments.backend), "python": platform.python_version()}
    result = {"title": title, "case": arguments.case, "exposures": arguments.exposures} | machine | result
    RESULTS.mkdir(exist_ok=True)
    name = RESULTS / f"batch-{arguments.case}-{arguments.backend}"
    name.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n")
    draw(result, name.with_suffix(".png"))
    replace_between_markers(PAGE, "batch", table())
    print(table())


if __name__ == "__main__":
    main()
