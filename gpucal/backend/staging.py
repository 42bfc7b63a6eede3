"""Host memory for data on its way to the backend, block after block."""

from types import TracebackType

import numpy as np


class HostStaging:
    """Two buffers: one is filled while the other is used. With this class the host itself is the backend.

    To be used in a ``with`` statement. A block that was sent is valid until its buffer is filled again.

    Parameters
    ----------
    shape : tuple of int
        The shape of the largest block.
    dtype : dtype
        The type of all blocks.
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype):
        self._buffers = [np.empty(shape, dtype) for _ in range(2)]
        self._turn = 0

    def __enter__(self):
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Let go of the buffer."""

    def free(self) -> np.ndarray:
        """A buffer that may be filled: the one that was not filled last."""
        self._turn = 1 - self._turn
        return self._buffers[self._turn]

    def send(self, block: np.ndarray):
        """Move a part of the buffer that was filled last to the backend."""
        return block


class PinnedStaging(HostStaging):
    """Page-locked buffers: one is filled while a device fetches the other."""

    def __init__(self, shape, dtype):
        from cupyx import empty_pinned

        self._buffers = [empty_pinned(shape, dtype) for _ in range(2)]
        self._fetched = [None, None]
        self._turn = 0

    def __exit__(self, kind, error, trace):
        """Wait until the device has fetched all: others may then use the memory."""
        for event in self._fetched:
            if event is not None:
                event.synchronize()

    def free(self):
        """A buffer that may be filled."""
        self._turn = 1 - self._turn
        if self._fetched[self._turn] is not None:
            self._fetched[self._turn].synchronize()
        return self._buffers[self._turn]

    def send(self, block):
        """Let the device fetch a part of the buffer that was filled last, in the current stream."""
        import cupy

        moved = cupy.empty(block.shape, block.dtype)
        moved.data.copy_from_host_async(block.ctypes.data, block.nbytes)
        self._fetched[self._turn] = cupy.cuda.Event(disable_timing=True)
        self._fetched[self._turn].record()
        return moved
