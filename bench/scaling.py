"""Fit how the cost of stage 1 grows with groups, integrations and pixels.

``python -m bench.scaling`` calibrates simulated exposures in one process, each several times after a first that does
not count, fits a power law to the medians, and writes ``docs/benchmarks/scaling.json``, a picture, and the table of
``docs/benchmarks.md``.
"""

import argparse
import math
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from bench import results
from gpucal.backend import select_backend
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import simulate

BASE = {"detector": "NRCB1", "filter": "F200W", "readpatt": "RAPID"}

# What grows, its sizes, and the exposure of each.
SERIES = {
    "groups": [(n, {"subarray": "SUB640", "ngroups": n}) for n in (5, 10, 20, 40, 80)],
    "integrations": [(n, {"subarray": "SUB320", "ngroups": 5, "nints": n}) for n in (4, 8, 16, 32, 64)],
    "pixels": [
        (size**2, {"subarray": name, "ngroups": 10})
        for name, size in (("SUB160", 160), ("SUB320", 320), ("SUB640", 640), ("FULL", 2048))
    ],
}


def seconds_of(settings: dict, repeats: int) -> float:
    """Median time of stage 1 on an exposure, file to products."""
    with tempfile.TemporaryDirectory() as place:
        simulation = simulate(Path(place), seed=1, **BASE, **settings)
        taken = []
        with simulation.crds():
            for _ in range(repeats + 1):
                started = perf_counter()
                Detector1Pipeline.call(simulation.exposure, output_dir=place, save_results=True, configure_log=False)
                taken.append(perf_counter() - started)
    return median(taken[1:])


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """The power of the size that the cost grows as, by least squares in logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def table(measured: dict) -> str:
    """Exponents, over the whole range and between the two largest sizes, and the times, as Markdown."""
    rows = []
    for name, series in measured["results"].items():
        sizes, seconds = series["sizes"], series["seconds"]
        last = math.log(seconds[-1] / seconds[-2]) / math.log(sizes[-1] / sizes[-2])
        times = ", ".join(f"{size:,}: {taken:.2f} s" for size, taken in zip(sizes, seconds, strict=True))
        rows.append([name, f"{series['exponent']:.2f}", f"{last:.2f}", times])
    return results.markdown(["what grows", "exponent", "at the largest sizes", "times"], rows)


def draw(measured: dict) -> None:
    """Times against sizes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, all_axes = plt.subplots(1, len(measured["results"]), figsize=(11, 3.5), layout="constrained")
    for axes, (name, series) in zip(all_axes, measured["results"].items(), strict=True):
        axes.loglog(series["sizes"], series["seconds"], "o-")
        axes.minorticks_off()
        axes.set_xticks(series["sizes"], [f"{size:.3g}" if size < 1e4 else f"{size:.0e}" for size in series["sizes"]])
        axes.set_yticks(series["seconds"], [f"{seconds:.2f}" for seconds in series["seconds"]])
        axes.set_xlabel(name)
        axes.set_ylabel("seconds")
        axes.set_title(f"exponent {series['exponent']:.2f}")
    figure.savefig(results.picture("scaling"), dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="counted runs of each exposure (default 3)")
    parser.add_argument("--backend", default="cpu", help="where gpucal runs (default cpu)")
    arguments = parser.parse_args()
    select_backend(arguments.backend)
    found = {}
    for name, series in SERIES.items():
        sizes = [size for size, _ in series]
        seconds = [seconds_of(settings, arguments.repeats) for _, settings in series]
        found[name] = {"sizes": sizes, "seconds": seconds, "exponent": exponent(sizes, seconds)}
        print(f"{name}: exponent {found[name]['exponent']:.2f}", flush=True)
    measured = results.save("scaling", found, repeats=arguments.repeats)
    results.publish("scaling", measured, table(measured))
    draw(measured)


if __name__ == "__main__":
    main()
