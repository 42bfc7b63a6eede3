"""Each launch of a kernel in stage 1, and in stages 2 and 3 of images, against the same launch on the CPU.

Before a launch on the device all its arrays are copied to the host, and the same kernel is run on the copies as a CPU
loop. Then all arrays are compared bit by bit; NaN is equal to NaN.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np

from bench.on_device.cases import all_steps, image2_steps, observations, small_cases
from bench.on_device.session import Session
from bench.results import markdown
from gpucal.backend import current_backend, use_backend
from gpucal.backend.kernels import PixelKernel
from gpucal.backend.strips import StripKernel
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.pipelines.image2 import Image2Pipeline
from gpucal.pipelines.image3 import Image3Pipeline
from gpucal.simulate import observe


class Differences:
    """What the launches of each kernel gave, by its name."""

    def __init__(self):
        self.of: dict[str, dict] = {}

    def compare(self, launch: Callable, kernel: PixelKernel, shape: tuple, *arguments) -> None:
        """Launch a kernel on the CPU and on the backend in use, and compare what they leave behind."""
        before = mapped(arguments, on_host)
        expected = mapped(before, np.array)
        with use_backend("cpu"):
            launch(kernel, shape, *expected)
        launch(kernel, shape, *arguments)
        found = mapped(arguments, on_host)
        one = self.of.setdefault(
            f"{kernel.function.__module__.removeprefix('gpucal.kernels.')}.{kernel.__name__}",
            {"launches": 0, "values": 0, "differing": 0, "largest": 0.0},
        )
        one["launches"] += 1
        for was, wanted, is_now in zip(arrays_in(before), arrays_in(expected), arrays_in(found), strict=True):
            self._add(one, was, wanted, is_now)

    @staticmethod
    def _add(one: dict, before, expected, found) -> None:
        """Count the values that either side wrote, those that differ, and the largest relative difference."""
        differ = differing(expected, found)
        one["values"] += int((differing(before, expected) | differing(before, found)).sum())
        one["differing"] += int(differ.sum())
        if differ.any():
            both = np.stack([expected[differ], found[differ]]).astype(float)
            with np.errstate(invalid="ignore", divide="ignore"):
                relative = np.abs(both[0] - both[1]) / np.abs(both).max(axis=0)
            one["largest"] = max(one["largest"], float(np.nan_to_num(relative, nan=1.0, posinf=1.0).max()))


def differing(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Where two arrays are not the same; NaN is the same as NaN."""
    return (first != second) & ~((first != first) & (second != second))


def is_array(argument) -> bool:
    return hasattr(argument, "strides") and argument.ndim > 0


def on_host(array) -> np.ndarray:
    """A copy on the host."""
    return np.array(current_backend().asnumpy(array))


def mapped(argument, function: Callable):
    """An argument, or a tuple of them, with a function of each array in its place."""
    if isinstance(argument, tuple):
        parts = [mapped(part, function) for part in argument]
        return argument._make(parts) if hasattr(argument, "_make") else tuple(parts)
    return function(argument) if is_array(argument) else argument


def arrays_in(argument) -> Iterator[np.ndarray]:
    """All arrays of an argument."""
    if isinstance(argument, tuple):
        for part in argument:
            yield from arrays_in(part)
    elif is_array(argument):
        yield argument


@contextmanager
def every_launch_compared() -> Iterator[Differences]:
    """Compare each launch of a kernel inside a ``with`` block."""
    differences = Differences()
    with mock.patch.object(PixelKernel, "__call__", compared(PixelKernel.__call__, differences)):
        with mock.patch.object(StripKernel, "__call__", compared(StripKernel.__call__, differences)):
            yield differences


def compared(launch: Callable, differences: Differences) -> Callable:
    """A launch that is compared, but for one on the CPU."""

    def launched(kernel, shape, *arguments):
        if current_backend().name == "cpu":
            launch(kernel, shape, *arguments)
        else:
            differences.compare(launch, kernel, shape, *arguments)

    return launched


def measure(session: Session) -> None:
    for case, settings in small_cases(session).items():
        simulation = session.exposure(settings)
        with simulation.crds(), every_launch_compared() as differences:
            Detector1Pipeline.call(
                str(simulation.exposure), output_dir=str(session.exposures), steps=all_steps(session)
            )
        session.keep(case, differences.of)
    for number, (case, settings) in enumerate(observations(session).items()):
        session.keep(case, launches_of_images(session, settings, session.exposures / f"observed_{number}"))


def launches_of_images(session: Session, settings: dict, place: Path) -> dict[str, dict]:
    """What the launches of each kernel gave in stage 2, and in stage 3 if there is more than one exposure."""
    with use_backend("cpu"):
        observation = observe(place, **settings, rates=True)
    parameters = {"output_dir": str(place), "save_results": True}
    with observation.crds(), every_launch_compared() as differences:
        Image2Pipeline.call(str(observation.level2), steps=image2_steps(session), **parameters)
        if len(observation.science) > 1:
            Image3Pipeline.call(str(observation.level3[0]), **parameters)
    return differences.of


def tables(part: dict) -> dict[str, str]:
    kernels: dict[str, dict] = {}
    for found in part["results"].values():
        for name, one in found.items():
            sums = kernels.setdefault(name, {"launches": 0, "values": 0, "differing": 0, "largest": 0.0})
            sums["largest"] = max(sums["largest"], one["largest"])
            for key in ("launches", "values", "differing"):
                sums[key] += one[key]
    rows = [
        [f"`{name}`", str(one["launches"]), f"{one['values']:,}", f"{one['differing']:,}", f"{one['largest']:.1g}"]
        for name, one in sorted(kernels.items(), key=lambda item: (-item[1]["differing"], item[0]))
    ]
    table = markdown(["kernel", "launches", "values", "differing", "largest relative difference"], rows)
    return {"device-launches": f"Exposures: {', '.join(part['results'])}.\n\n{table}"}
