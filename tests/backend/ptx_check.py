"""Compile every kernel that a pipeline run launches for CUDA; needs no device.

Run as a program of its own, since the test session itself may run under the CUDA simulator:
``python -m tests.backend.ptx_check DIRECTORY`` calibrates simulated exposures on the cpu backend in DIRECTORY, so
that each kernel meets the types it is called with, then makes PTX for compute capability 8.0 of each. Kernels that
these exposures do not come to are launched by the tests that import them. Prints module, name and number of grids.
"""

import importlib
import pkgutil
import sys
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest

import gpucal.kernels
from gpucal.backend import current_backend, select_backend, use_backend
from gpucal.backend.grids import CudaGrid, kind_of
from gpucal.backend.kernels import PixelKernel
from gpucal.backend.strips import StripKernel
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.simulate import ReferenceOptions, simulate
from tests.kernel_sources import tests_of

CAPABILITY = (8, 0)
DEVICE = SimpleNamespace(compute_capability=CAPABILITY)


def launch_all_kernels(directory: str) -> None:
    """Calibrate exposures that take different ways through the steps."""
    steps = {
        "charge_migration": {"skip": False},
        "persistence": {"skip": False, "persistence_time": 10, "dn_threshold": 20000.0},
        "jump": {"expand_large_events": True, "after_jump_flag_dn1": 10.0, "after_jump_flag_time1": 30.0},
        "ramp_fit": {"save_opt": True, "suppress_one_group": False},
    }
    exposures = (
        {
            "subarray": "SUB160",
            "readpatt": "BRIGHT2",
            "ngroups": 6,
            "references": ReferenceOptions(inverse_linearity=True),
        },
        {"subarray": "SUB64P", "readpatt": "RAPID", "ngroups": 14},
        {"subarray": "SUB64P", "readpatt": "RAPID", "ngroups": 4, "nints": 60},
    )
    for number, settings in enumerate(exposures):
        place = f"{directory}/{number}"
        simulation = simulate(place, detector="NRCB1", seed=1, **settings)
        if settings.get("nints"):
            steps["jump"] |= {"minimum_sigclip_groups": 20}
        with simulation.crds():
            Detector1Pipeline.call(simulation.exposure, output_dir=place, steps=steps)


def launch_in_tests(files: list[Path]) -> None:
    """Run files of tests on the cpu backend."""
    if not files:  # pytest would run all tests that there are
        return
    with redirect_stdout(sys.stderr):
        pytest.main(["-q", "-p", "no:cacheprovider", "-k", "cpu", *map(str, files)])


class Compilations:
    """The grids that were compiled, of each kernel."""

    def __init__(self):
        self.of = Counter()
        self._kinds = set()
        self._kernel = None

    def follow_launches(self) -> None:
        """From now on, compile a grid for CUDA for each launch of a kernel, beside running it."""
        CudaGrid.launch = lambda grid, _blocks, _threads, arguments: self.compile(grid, arguments)
        for kind in (PixelKernel, StripKernel):
            kind.__call__ = self.also_as_grid(kind.__call__)

    def also_as_grid(self, launch):
        """A launch of a kernel on the backend in use, and then as a CUDA grid."""

        def launched(kernel, shape, *arguments):
            launch(kernel, shape, *arguments)
            self._kernel = kernel
            with use_backend(replace(current_backend(), launcher="grid")):
                launch(kernel, shape, *arguments)

        return launched

    def compile(self, grid, arguments) -> None:
        """Compile a grid, unless it was compiled for arguments of these types before."""
        kind = id(grid), tuple(kind_of(argument) for argument in arguments)
        if kind not in self._kinds:
            self._kinds.add(kind)
            with mock.patch("numba.cuda.dispatcher.get_current_device", return_value=DEVICE):
                ptx = grid.ptx(arguments, CAPABILITY)
            assert f".entry {grid.name}(" in ptx
            assert "fma.rn.f32" not in ptx  # no product is added before it is rounded
            self.of[self._kernel] += 1


    def missing(self) -> set[str]:
        """The modules of kernels of which no grid was compiled."""
        return {kernel.function.__module__ for kernel in kernels() if kernel not in self.of}


def kernels() -> list[PixelKernel]:
    """All kernels of gpucal; those that tests define are none of them."""
    return [kernel for kernel in PixelKernel.registry if kernel.function.__module__.startswith("gpucal.")]


def main(directory: str) -> None:
    for module in pkgutil.walk_packages(gpucal.kernels.__path__, "gpucal.kernels."):
        importlib.import_module(module.name)
    select_backend("cpu")
    compilations = Compilations()
    compilations.follow_launches()
    launch_all_kernels(directory)
    for directly in (True, False):
        launch_in_tests(tests_of(compilations.missing(), directly=directly))
    for kernel in kernels():
        print(f"{kernel.function.__module__} {kernel.__name__} {compilations.of[kernel]}")


if __name__ == "__main__":
    main(sys.argv[1])
