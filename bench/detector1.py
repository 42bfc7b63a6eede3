"""Time ``strun calwebb_detector1`` of jwst and of gpucal by turns, from the start of the process to its exit.

``python -m bench.detector1`` simulates the exposures of `bench.cases`, runs both programs on the same files, references
and parameters, and writes ``docs/benchmarks/detector1.json``, a picture of it, and the tables of
``docs/benchmarks.md``. Results of cases that are left out are kept from the run before.
"""

import argparse
import tempfile
from pathlib import Path

from bench import results
from bench.agreement import compare
from bench.cases import CASES, make, words
from bench.processes import PROGRAMS, alternate, summary
from gpucal.backend import select_backend

KINDS = ("default", "operational")


def measure_case(case: str, kind: str, runs: int, backend: str, directory: Path) -> dict:
    """Run both programs by turns on one exposure, and see that their products agree."""
    simulation = make(case, directory)
    parameters = words(CASES[case].operational) if kind == "operational" else []
    places = {name: directory / name for name in PROGRAMS}
    commands = {
        name: [*program, "calwebb_detector1", str(simulation.exposure), f"--output_dir={places[name]}", *parameters]
        for name, program in PROGRAMS.items()
    }
    environment = simulation.environment() | {"GPUCAL_BACKEND": backend}
    measured = {name: summary(run) for name, run in alternate(commands, environment, runs, places).items()}
    return measured | {"parameters": parameters, "differences": differences(places)}


def differences(places: dict[str, Path]) -> dict[str, int]:
    """Values beyond the bounds, and differing flags, in the products of one run of both programs."""
    found = {"values": 0, "flags": 0}
    for theirs in sorted(places["jwst"].glob("*.fits")):
        agreement = compare(places["gpucal"] / theirs.name, theirs)
        found["values"] += sum(one.beyond + one.misplaced_nan for one in agreement.extensions)
        found["flags"] += sum(one.differing for one in agreement.extensions)
    return found


def table(measured: dict) -> str:
    """Whole processes, as Markdown."""
    header = ["exposure", "parameters", "jwst, s", "gpucal, s", "ratio", "jwst, GiB", "gpucal, GiB", "off"]
    rows = []
    for name, result in measured["results"].items():
        case, _, kind = name.partition(" | ")
        theirs, ours = result["jwst"], result["gpucal"]
        off = result["differences"]
        rows.append(
            [
                case,
                kind,
                f"{theirs['seconds']:.1f}",
                f"{ours['seconds']:.2f}",
                f"{theirs['seconds'] / ours['seconds']:.1f}",
                f"{theirs['memory']:.1f}",
                f"{ours['memory']:.2f}",
                f"{off['values']}, {off['flags']}",
            ]
        )
    return results.markdown(header, rows)


def steps_table(measured: dict) -> str:
    """Steps of both programs, in these runs, as Markdown: seconds of jwst, of gpucal, and their ratio."""
    names = list(dict.fromkeys(step for result in measured["results"].values() for step in result["jwst"]["steps"]))
    header = ["step", *(name.replace(" | ", ", ") for name in measured["results"])]
    rows = []
    for step in names:
        cells = [
            cell(result["jwst"]["steps"].get(step), result["gpucal"]["steps"].get(step))
            for result in measured["results"].values()
        ]
        if any(cells):
            rows.append([step, *cells])
    return results.markdown(header, rows)


def cell(theirs: float | None, ours: float | None) -> str:
    """Seconds of a step; empty where it takes jwst less than 50 ms."""
    if not theirs or ours is None or theirs < 0.05:
        return ""
    return f"{theirs:.2f} / {ours:.2f} = {theirs / max(ours, 0.001):.0f}"


def draw(measured: dict, name: str) -> None:
    """Bars of the time of whole processes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    cases = list(measured["results"])
    figure, axes = plt.subplots(figsize=(9, 0.6 * len(cases) + 1.5), layout="constrained")
    for place, (program, color) in enumerate({"jwst": "0.6", "gpucal": "tab:blue"}.items()):
        seconds = [measured["results"][case][program]["seconds"] for case in cases]
        bars = axes.barh([row + 0.4 * place for row in range(len(cases))], seconds, 0.38, color=color, label=program)
        axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.set_yticks([row + 0.2 for row in range(len(cases))], [case.replace(" | ", "\n") for case in cases])
    axes.invert_yaxis()
    axes.set_xlabel("seconds, whole process")
    axes.legend()
    figure.savefig(results.picture(name), dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each program (default 5)")
    parser.add_argument("--backend", default="cpu", help="where gpucal runs (default cpu)")
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES), help="which exposures")
    parser.add_argument("--parameters", nargs="*", default=list(KINDS), choices=KINDS, help="which parameters")
    arguments = parser.parse_args()
    select_backend(arguments.backend)
    name = results.named("detector1", arguments.backend)
    before = results.load(name) or {"results": {}}
    found = before["results"]
    for case in arguments.cases:
        for kind in arguments.parameters:
            if kind == "operational" and not CASES[case].operational:
                continue
            with tempfile.TemporaryDirectory() as place:
                one = measure_case(case, kind, arguments.runs, arguments.backend, Path(place))
            found[f"{case} | {kind}"] = one
            print(table({"results": {f"{case} | {kind}": one}}), flush=True)
    measured = results.save(name, found, runs=arguments.runs)
    results.publish(name, measured, table(measured))
    results.publish(f"{name}-steps", measured, steps_table(measured))
    draw(measured, name)


if __name__ == "__main__":
    main()
