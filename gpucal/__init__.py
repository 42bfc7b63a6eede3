"""gpucal: JWST science calibration on GPUs and on plain CPUs."""

from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpucal.scheduling import batch as batch

__version__ = version("gpucal")


def __getattr__(name: str):
    """Import ``gpucal.batch`` when it is first used: it takes long to import."""
    if name == "batch":
        from gpucal.scheduling import batch

        return batch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), "batch"} - {"TYPE_CHECKING", "version"})
