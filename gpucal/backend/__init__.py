"""Where arrays live and how kernels run: ``cpu``, ``cuda`` or ``cudasim``."""

from gpucal.backend.helpers import pixel_function
from gpucal.backend.kernels import pixel_kernel
from gpucal.backend.selection import (
    Backend,
    BackendError,
    array_namespace,
    current_backend,
    host_backend,
    image_library,
    select_backend,
    use_backend,
)
from gpucal.backend.strips import strip_kernel
from gpucal.backend.tiles import row_tiles

__all__ = [
    "Backend",
    "BackendError",
    "array_namespace",
    "current_backend",
    "host_backend",
    "image_library",
    "pixel_function",
    "pixel_kernel",
    "row_tiles",
    "select_backend",
    "strip_kernel",
    "use_backend",
]
