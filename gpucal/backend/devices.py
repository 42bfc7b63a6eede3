"""The accelerators of this machine, to be shared out among processes."""

import os
from importlib.util import find_spec

VISIBLE = "CUDA_VISIBLE_DEVICES"


def device_names() -> list[str]:
    """The devices that this process may use, as ``CUDA_VISIBLE_DEVICES`` names them; empty if there are none."""
    if VISIBLE in os.environ:
        return [name for name in os.environ[VISIBLE].split(",") if name.strip() not in ("", "-1")]
    if find_spec("cupy") is None:
        return []
    import cupy

    try:
        return [str(number) for number in range(cupy.cuda.runtime.getDeviceCount())]
    except cupy.cuda.runtime.CUDARuntimeError:
        return []
