"""Time each step of stage 1 by itself, and set it against what the memory allows.

``python -m bench.steps`` runs stage 1 on the exposures of `bench.cases`, each step several times from the same state,
in one process, and writes ``docs/benchmarks/steps.json``, a picture, and the table of ``docs/benchmarks.md``. The floor
of a step is the time to read every array that it reads and to write every one that it changes, as fast as a copy does.
On a device it is compared with the time that the step's kernels take there: what the host does meanwhile is told apart.
Results of cases that are left out are kept from the run before.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from bench import results
from bench.cases import CASES, make
from bench.device_clock import device_clock
from bench.hardware import copy_bandwidth
from bench.touched import TouchedExposure, TouchedReferences
from gpucal.backend import current_backend, select_backend
from gpucal.core.log.events import observe
from gpucal.core.run.execution import Placed, execute
from gpucal.core.run.references import RunReferences
from gpucal.data import Exposure, open_exposure
from gpucal.pipelines.detector1 import Detector1Pipeline


def measure_exposure(simulation, repeats: int, parameters: dict[str, dict] | None = None) -> dict[str, dict]:
    """Seconds and bytes of each step of one simulated exposure.

    Parameters
    ----------
    simulation : `gpucal.simulate.Simulation`
        The exposure.
    repeats : int
        Counted runs of each step.
    parameters : dict, optional
        Parameters of the steps, by their names.
    """
    with simulation.crds():
        pipeline = Detector1Pipeline(steps=parameters or {})
        exposure = open_exposure(simulation.exposure)
        steps = list(pipeline.steps_for(exposure))
        references = RunReferences.find(steps, exposure)
        measured = {}
        for step in steps:
            if step.class_alias == "gain_scale":
                break
            measured[step.class_alias] = measure_step(step, exposure, references, repeats)
            exposure = exposure_of(execute(Placed(step), exposure, references))
    return {name: one for name, one in measured.items() if one}


def exposure_of(result) -> Exposure:
    return result if isinstance(result, Exposure) else result.rate


def measure_step(step, exposure: Exposure, references, repeats: int) -> dict | None:
    """Median seconds of a step, and the bytes it reads and writes; None where it does not apply."""
    seconds, kernels, moved, events = [], [], 0, []
    for turn in range(repeats + 1):
        copy = TouchedExposure(exposure)
        used = TouchedReferences(references)
        current_backend().synchronize()
        started = perf_counter()
        with observe(events.append), device_clock() as clock:
            result = execute(Placed(step), copy.exposure, used)
        seconds.append(perf_counter() - started)
        kernels.append(clock.kernels())
        if events[-1].kind == "skipped":
            return None
        if turn == 0:
            moved = copy.bytes_moved(result) + used.bytes_read
    of_kernels = {name: median(turn[name] for turn in kernels[1:]) for name in kernels[-1]}
    return {
        "seconds": median(seconds[1:]),
        "on device": sum(of_kernels.values()),
        "bytes": moved,
        "kernels": of_kernels,
    }


def table(measured: dict) -> str:
    """Milliseconds of each step, and how many times its floor that is."""
    names = list(dict.fromkeys(step for case in measured["results"].values() for step in case))
    rows = [[step, *(cell(case.get(step)) for case in measured["results"].values())] for step in names]
    rows.append(["all steps", *(cell(total(case)) for case in measured["results"].values())])
    bandwidth = f"{measured['bandwidth'] / 1e9:.1f} GB/s"
    head = f"Bandwidth of a copy, read and written: {bandwidth}. Time of a step, and how many floors that is.\n\n"
    return head + results.markdown(["step", *measured["results"]], rows)


def kernels_table(case: dict[str, dict]) -> str:
    """Milliseconds of the kernels of one case on the device, the longest first."""
    times = [(seconds, step, name) for step, one in case.items() for name, seconds in one["kernels"].items()]
    rows = [[step, f"`{name}`", f"{1e3 * seconds:.2f}"] for seconds, step, name in sorted(times, reverse=True)]
    return results.markdown(["step", "kernel", "ms"], rows)


def cell(one: dict | None) -> str:
    """Milliseconds of a step, those of its kernels on a device, and its floors."""
    if one is None:
        return ""
    on_device = f" ({1e3 * one['on device']:.2f} on the device)" if one["on device"] else ""
    return f"{milliseconds(one['seconds'])} ms{on_device}, {one['floors']:.1f}"


def milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.0f}" if seconds >= 0.01 else f"{1e3 * seconds:.1f}"


def total(case: dict[str, dict]) -> dict:
    """All steps of a case together."""
    sums = {name: sum(one[name] for one in case.values()) for name in ("seconds", "on device", "floor")}
    return sums | {"floors": floors(sums)}


def with_floors(case: dict[str, dict], bandwidth: float) -> dict[str, dict]:
    """The steps of a case with their floors, at a bandwidth in bytes a second."""
    with_floor = {name: one | {"floor": one["bytes"] / bandwidth} for name, one in case.items()}
    return {name: one | {"floors": floors(one)} for name, one in with_floor.items()}


def floors(one: dict) -> float:
    """How many times its floor a step takes: on the device, if there is one."""
    return (one["on device"] or one["seconds"]) / one["floor"]


def draw(measured: dict, name: str) -> None:
    """Times of the steps over their floors."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    for case, steps in measured["results"].items():
        axes.plot(list(steps), [one["floors"] for one in steps.values()], "o", label=case)
    axes.axhline(1, color="0.7")
    axes.axhline(4, color="0.7", linestyle=":")
    axes.set_yscale("log")
    axes.set_ylabel("time of a step, in units of its floor")
    axes.tick_params(axis="x", rotation=45)
    axes.legend(fontsize="small")
    figure.savefig(results.picture(name), dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="counted runs of each step (default 5)")
    parser.add_argument("--backend", default="cpu", help="where the steps run (default cpu)")
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES), help="which exposures")
    arguments = parser.parse_args()
    select_backend(arguments.backend)
    bandwidth = copy_bandwidth()
    name = results.named("steps", arguments.backend)
    found = (results.load(name) or {"results": {}})["results"]
    for case in arguments.cases:
        with tempfile.TemporaryDirectory() as place:
            found[case] = with_floors(measure_exposure(make(case, Path(place)), arguments.repeats), bandwidth)
        print(table({"results": {case: found[case]}, "bandwidth": bandwidth}), flush=True)
        # After each case: a run on a lent device may be cut.
        measured = results.save(name, found, bandwidth=bandwidth, repeats=arguments.repeats)
        results.publish(name, measured, table(measured))
    if arguments.backend == "cuda":
        results.publish("kernels-cuda", measured, kernels_table(found[arguments.cases[0]]))
    draw(measured, name)


if __name__ == "__main__":
    main()
