"""The width of vector instructions in compiled loops.

LLVM avoids 512-bit vectors on Intel processors, since the first of these that had them lowered their clock to use them.
Later ones do not: with 512-bit vectors, kernels take up to a quarter less time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from gpucal.startup.lazy import LazyModule

llvm = LazyModule("llvmlite.binding")

# LLVM's names of the processors that do not slow down.
UNHINDERED = frozenset({"sapphirerapids", "emeraldrapids", "graniterapids", "graniterapids-d"})

_ALL_BITS = "-prefer-256-bit"


@contextmanager
def wide_vectors() -> Iterator[None]:
    """Let Numba use 512-bit vectors inside a ``with`` block, where they are faster; code of others is as before.

    Numba fixes the features of the processor when it makes its generator of code, of which a process has one. Inside
    the block another one stands in its place, and no other thread compiles. Has no effect where the user has chosen
    features with NUMBA_CPU_FEATURES, or where Numba keeps its generator elsewhere.
    """
    from numba import config
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.registry import cpu_target

    context = cpu_target.target_context
    with global_compiler_lock:
        before = getattr(context, "_internal_codegen", None)
        if before is None or config.CPU_FEATURES is not None or llvm.get_host_cpu_name() not in UNHINDERED:
            yield
            return
        context._internal_codegen = _wide_generator()
        try:
            yield
        finally:
            context._internal_codegen = before


@cache
def _wide_generator():
    """A generator of code that prefers wide vectors; its features are those of the setting when it is made."""
    from numba import config
    from numba.core.codegen import JITCPUCodegen, get_host_cpu_features

    config.CPU_FEATURES = f"{get_host_cpu_features()},{_ALL_BITS}"
    try:
        return JITCPUCodegen("gpucal")
    finally:
        config.CPU_FEATURES = None
