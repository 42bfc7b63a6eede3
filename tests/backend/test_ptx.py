"""Every kernel compiles for CUDA, on a machine with no GPU too."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("ptx_check.py")


def test_every_kernel_compiles_to_ptx(tmp_path):
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "0", "GPUCAL_BACKEND": "cpu"}
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.splitlines()
    assert len(lines) > 10
    assert [line for line in lines if ": no grids" in line] == []
