"""Where arrays live and how kernels run: ``cpu``, ``cuda`` or ``cudasim``."""

from gpucal.backend.kernels import pixel_function, pixel_kernel
from gpucal.backend.selection import (
    Backend,
    BackendError,
    array_namespace,
    current_backend,
    image_library,
    select_backend,
    use_backend,
)
from gpucal.backend.strips import Strip, strip_kernel
from gpucal.backend.tiles import row_tiles

__all__ = [
    "Backend",
    "BackendError",
    "Strip",
    "array_namespace",
    "current_backend",
    "image_library",
    "pixel_function",
    "pixel_kernel",
    "row_tiles",
    "select_backend",
    "strip_kernel",
    "use_backend",
]
