"""Compile every kernel that a pipeline run launches for CUDA; needs no device.

Run as a script, since the test session itself may run under the CUDA simulator:
``python ptx_check.py DIRECTORY`` calibrates simulated exposures on the cpu backend in DIRECTORY, so that each
kernel meets the types it is called with, then makes PTX for compute capability 8.0 of each. Kernels that these
exposures do not come to are launched by their own tests.
"""

import importlib
import os
import pkgutil
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest

CAPABILITY = (8, 0)
KERNEL_TESTS = Path(__file__).parents[1] / "kernels"


def launch_all_kernels(directory: str) -> None:
    """Calibrate exposures that take different ways through the steps."""
    from gpucal.pipelines.detector1 import Detector1Pipeline
    from gpucal.simulate import ReferenceOptions, simulate

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
    files = [str(file) for file in KERNEL_TESTS.glob("test_*.py") if any(name in file.read_text() for name in names)]
    with redirect_stdout(sys.stderr):
        pytest.main(["-q", "-p", "no:cacheprovider", "-k", "cpu", *files])


def launches_of(kernel) -> list:
    """The axes of the grids, and the types, that a kernel was launched with."""
    loops = [(ndim, loop) for (how, ndim), loop in kernel.launchers.items() if how == "loop"]
    return [(ndim, signature) for ndim, loop in loops for signature in loop.signatures]


def ptx_of(kernel, ndim: int, signature) -> str:
    """The PTX of one kernel for the types of one launch."""
    from numba import cuda

    grid = kernel.launcher("grid", ndim).py_func
    types = signature[kernel.loop_only :]
    device = SimpleNamespace(compute_capability=CAPABILITY)
    with mock.patch("numba.cuda.dispatcher.get_current_device", return_value=device):
        return cuda.compile_ptx(grid, types, cc=CAPABILITY)[0]


def main(directory: str) -> None:
    import gpucal.kernels
    from gpucal.backend.kernels import PixelKernel

    for module in pkgutil.iter_modules(gpucal.kernels.__path__):
        importlib.import_module(f"gpucal.kernels.{module.name}")
    os.environ["GPUCAL_BACKEND"] = "cpu"
    launch_all_kernels(directory)
    if rest := [kernel for kernel in PixelKernel.registry if not launches_of(kernel)]:
        launch_in_tests(rest)
    for kernel in [kernel for kernel in PixelKernel.registry if kernel.function.__module__.startswith("gpucal")]:
        launches = launches_of(kernel)
        for ndim, signature in launches:
            assert ".entry" in ptx_of(kernel, ndim, signature)
        print(f"{kernel.__name__}: {len(launches) or 'no'} signatures compiled")


if __name__ == "__main__":
    main(sys.argv[1])
