"""The time that kernels take on a device, by its own clock."""

from collections.abc import Iterator
from contextlib import contextmanager

from gpucal.backend import current_backend
from gpucal.backend.grids import CudaGrid


class DeviceClock:
    """Time of the kernels of gpucal that are launched on a device; those of CuPy are not seen."""

    def __init__(self):
        self._launches = []

    def around(self, launch):
        """A launch between two events."""
        from cupy.cuda import Event

        def launched(grid, blocks, threads, arguments):
            begin, end = Event(), Event()
            begin.record()
            launch(grid, blocks, threads, arguments)
            end.record()
            self._launches.append((grid.name, begin, end))

        return launched

    def kernels(self) -> dict[str, float]:
        """Seconds that the launches of each kernel took, once they have ended."""
        if not self._launches:
            return {}
        from cupy.cuda import get_elapsed_time

        current_backend().synchronize()
        seconds = {}
        for name, begin, end in self._launches:
            seconds[name] = seconds.get(name, 0.0) + get_elapsed_time(begin, end) / 1e3
        return seconds


@contextmanager
def device_clock() -> Iterator[DeviceClock]:
    """Measure the kernels that are launched inside a ``with`` block; none, where there is no device."""
    clock, launch = DeviceClock(), CudaGrid.launch
    if current_backend().name == "cuda":
        CudaGrid.launch = clock.around(launch)
    try:
        yield clock
    finally:
        CudaGrid.launch = launch
