"""The width of vector instructions in compiled loops.

LLVM avoids 512-bit vectors on Intel processors, since the first of these that had them lowered their clock to use them.
Later ones do not: with 512-bit vectors, kernels take up to a quarter less time.
"""

from gpucal.startup.lazy import LazyModule

llvm = LazyModule("llvmlite.binding")

# LLVM's names of the processors that do not slow down.
UNHINDERED = frozenset({"sapphirerapids", "emeraldrapids", "graniterapids", "graniterapids-d"})

_ALL_BITS = "-prefer-256-bit"


def prefer_wide_vectors() -> None:
    """Let Numba use 512-bit vectors where they are faster.

    Has no effect where Numba has compiled something already, or the user has chosen features with NUMBA_CPU_FEATURES.
    """
    from numba import config
    from numba.core.codegen import get_host_cpu_features

    if config.CPU_FEATURES is None and llvm.get_host_cpu_name() in UNHINDERED:
        config.CPU_FEATURES = f"{get_host_cpu_features()},{_ALL_BITS}"
