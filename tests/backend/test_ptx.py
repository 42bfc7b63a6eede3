"""Every kernel compiles for CUDA, on a machine with no GPU too."""

import os
import subprocess
import sys
from pathlib import Path

from tests.kernel_sources import kernel_functions

ROOT = Path(__file__).parents[2]


def test_every_kernel_compiles_to_ptx(tmp_path):
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "0", "GPUCAL_BACKEND": "cpu"}
    command = [sys.executable, "-m", "tests.backend.ptx_check", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    compiled = {(module, name): int(grids) for module, name, grids in map(str.split, done.stdout.splitlines())}
    assert set(compiled) == kernel_functions()
    assert [kernel for kernel, grids in compiled.items() if not grids] == []
