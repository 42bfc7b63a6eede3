"""How much memory there is, how much was used, and which errors say that there is no more."""

import os
import resource
from pathlib import Path

from gpucal.errors import GpucalError

CAPACITY_VARIABLE = "GPUCAL_DEVICE_BYTES"

# How CUDA's runtime, its driver, and its Fourier transforms say that no memory is left.
_COMPLAINTS = ("out of memory", "out_of_memory", "alloc_failed")
_COMPLAINING_PACKAGES = ("cupy", "cupy_backends", "numba", "numba_cuda")


class CapacityError(GpucalError):
    """The environment variable that limits the memory of the device cannot be understood."""


def given_capacity() -> int | None:
    """The bytes that ``GPUCAL_DEVICE_BYTES`` allows on the device; None where it is not set.

    Raises
    ------
    CapacityError
        If it is no positive number.
    """
    given = os.environ.get(CAPACITY_VARIABLE)
    if not given:
        return None
    try:
        capacity = int(float(given))
    except ValueError:
        capacity = 0
    if capacity <= 0:
        raise CapacityError(
            f"{CAPACITY_VARIABLE} is {given!r}; set it to a number of bytes, such as 8e9, or unset it"
        )
    return capacity


def free_device_bytes(cupy) -> int:
    """Bytes that can still be had on the device: those that are free, and those that CuPy holds without using them."""
    free, _ = cupy.cuda.runtime.memGetInfo()
    return free + cupy.get_default_memory_pool().free_bytes()


def available_host_bytes() -> int | None:
    """Bytes of memory that the host has for new programs; None where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    told = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return 1024 * int(told[0]) if told else None


def peak_host_bytes() -> int:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the host or the device has no memory left.

    NumPy and CuPy raise a `MemoryError`; what lies below CuPy, and Numba, have errors of their own.
    """
    if isinstance(error, MemoryError):
        return True
    package = type(error).__module__.partition(".")[0]
    text = str(error).lower()
    return package in _COMPLAINING_PACKAGES and any(words in text for words in _COMPLAINTS)


def in_words(nbytes: float) -> str:
    """A number of bytes for people: ``64 kB``, ``168 MB``, ``2.3 GB``."""
    if nbytes >= 999.5e6:
        return f"{nbytes / 1e9:.1f} GB"
    return f"{nbytes / 1e6:.0f} MB" if nbytes >= 999.5e3 else f"{nbytes / 1e3:.0f} kB"
