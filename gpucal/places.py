"""Where gpucal keeps things of its own."""

import os
from pathlib import Path


def user_cache() -> Path:
    """The folder of what can be made again: compiled kernels, schemas."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gpucal"
