"""Compile every kernel that a pipeline run launches for CUDA; needs no device.

Run as a script, since the test session itself may run under the CUDA simulator:
``python ptx_check.py DIRECTORY`` calibrates simulated exposures on the cpu backend in DIRECTORY, so that each
kernel meets the types it is called with, then makes PTX for compute capability 8.0 of each. Kernels that these
exposures do not come to are launched by their own tests.
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

CAPABILITY = (8, 0)
DEVICE = SimpleNamespace(compute_capability=CAPABILITY)
KERNEL_TESTS = Path(__file__).parents[1] / "kernels"


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


def launch_in_tests(kernels) -> None:
    """Run, on the cpu backend, the tests of the modules of kernels: of ``a_b`` and of ``a`` for a module ``a_b``."""
    words = [kernel.function.__module__.rpartition(".")[2].split("_") for kernel in kernels]
    names = {f"gpucal.kernels.{'_'.join(each[:end])} " for each in words for end in range(1, len(each) + 1)}
    files = [str(file) for file in KERNEL_TESTS.rglob("test_*.py") if any(name in file.read_text() for name in names)]
    with redirect_stdout(sys.stderr):
        pytest.main(["-q", "-p", "no:cacheprovider", "-k", "cpu", *files])


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


def main(directory: str) -> None:
    for module in pkgutil.walk_packages(gpucal.kernels.__path__, "gpucal.kernels."):
        importlib.import_module(module.name)
    select_backend("cpu")
    compilations = Compilations()
    compilations.follow_launches()
    launch_all_kernels(directory)
    if rest := [kernel for kernel in PixelKernel.registry if kernel not in compilations.of]:
        launch_in_tests(rest)
    for kernel in [kernel for kernel in PixelKernel.registry if kernel.function.__module__.startswith("gpucal")]:
        print(f"{kernel.__name__}: {compilations.of[kernel] or 'no'} grids compiled")


if __name__ == "__main__":
    main(sys.argv[1])
