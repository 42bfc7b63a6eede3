"""The time that kernels take on a device, by its own clock."""

from collections.abc import Iterator
from contextlib import contextmanager

from gpucal.backend import current_backend
from gpucal.backend.grids import CudaGrid


class DeviceClock:
    """Time of the kernels of gpucal that are launched on a device; those of CuPy are not seen.

    Attributes
    ----------
    seconds : float
        The sum over all launches that have ended.
    """

    def __init__(self):
        self._events = []

    def around(self, launch):
        """A launch between two events."""
        from cupy.cuda import Event

        def launched(grid, blocks, threads, arguments):
            begin, end = Event(), Event()
            begin.record()
            launch(grid, blocks, threads, arguments)
            end.record()
            self._events.append((begin, end))

        return launched

    @property
    def seconds(self) -> float:
        if not self._events:
            return 0.0
        from cupy.cuda import get_elapsed_time

        current_backend().synchronize()
        return sum(get_elapsed_time(*events) for events in self._events) / 1e3


@contextmanager
def device_clock() -> Iterator[DeviceClock]:
    """Measure what is launched inside a ``with`` block; without a device nothing is."""
    clock, launch = DeviceClock(), CudaGrid.launch
    if current_backend().name == "cuda":
        CudaGrid.launch = clock.around(launch)
    try:
        yield clock
    finally:
        CudaGrid.launch = launch
