"""Compile every kernel that a pipeline run launches for CUDA; needs no device.

Run as a script, since the test session itself may run under the CUDA simulator:
``python ptx_check.py DIRECTORY`` calibrates simulated exposures on the cpu backend in DIRECTORY, so that each
kernel meets the types it is called with, then makes PTX for compute capability 8.0 of each.
"""

import importlib
import os
import pkgutil
import sys
from types import SimpleNamespace
from unittest import mock

CAPABILITY = (8, 0)


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


def ptx_of(kernel, ndim: int, signature) -> str:
    """The PTX of one kernel for the types of one launch."""
    from numba import cuda

    grid = kernel.launcher("grid", ndim).py_func
    types = signature[2:]  # a loop starts with its range of rows, which a grid does not have
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
    for kernel in PixelKernel.registry:
        launches = [
            (ndim, signature)
            for (how, ndim), loop in list(kernel.launchers.items())
            if how == "loop"
            for signature in loop.signatures
        ]
        if not launches:
            print(f"{kernel.__name__}: not launched")
        for ndim, signature in launches:
            assert ".entry" in ptx_of(kernel, ndim, signature)
        if launches:
            print(f"{kernel.__name__}: {len(launches)} signatures compiled")


if __name__ == "__main__":
    main(sys.argv[1])
