"""The machine that something was measured on, and the bandwidth of its memory.

``python -m bench.hardware [--backend NAME]`` prints the first as JSON.
"""

import argparse
import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

import numpy as np

from gpucal.backend import current_backend, select_backend

PACKAGES = ("gpucal", "jwst", "numpy", "numba", "stdatamodels", "cupy-cuda12x", "cupy-cuda13x", "cupy", "numba-cuda")
COPIED_BYTES = 512 * 2**20


def description() -> dict[str, str]:
    """Hardware, versions and date, in words."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    backend = current_backend()
    return {
        "processor": f"{len(os.sched_getaffinity(0))} cores of {model}",
        "memory": f"{memory:.0f} GiB",
        "backend": backend.name,
        "device": backend.device if backend.name == "cuda" else "no GPU",
        "python": platform.python_version(),
        "versions": ", ".join(f"{name} {found}" for name in PACKAGES if (found := version_of(name))),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }


def version_of(package: str) -> str | None:
    """The version of an installed package; None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def copy_bandwidth(repeats: int = 7, nbytes: int | None = None) -> float:
    """Bytes a second that are read and written where arrays live: the best of several copies, on all cores.

    The copy is made by a kernel of one value a grid point, as all kernels are launched.
    """
    from bench.copying import copy

    backend = current_backend()
    # A device copies faster: it is given more, that the time of a launch does not count.
    nbytes = nbytes or (COPIED_BYTES if backend.xp is np else 8 * COPIED_BYTES)
    source = backend.xp.ones((nbytes // 4 // 2**14, 2**14), dtype=backend.xp.float32)
    target = backend.xp.zeros_like(source)
    seconds = []
    for _ in range(repeats):
        started = perf_counter()
        copy(source.shape, source, target)
        backend.synchronize()
        seconds.append(perf_counter() - started)
    return 2 * nbytes / min(seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", default="cpu", help="where arrays live (default cpu)")
    select_backend(parser.parse_args().backend)
    print(json.dumps(description()))
