"""The main image of an exposure, read while the packages that read its metadata are imported."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from gpucal.backend import use_backend
from gpucal.backend.selection import ENVIRONMENT_VARIABLE
from gpucal.backend.traffic import EXPOSURE
from gpucal.data.ahead import ImageAhead, may_read_ahead
from gpucal.data.file_pixels import FilePixels
from gpucal.data.outline import StoredImage
from gpucal.lazy import fits

MAIN_EXTENSION = "SCI"
MAIN_DTYPE = np.dtype(np.float32)

# The image that is on its way, and what tells it from all others.
_begun: dict[tuple, ImageAhead] = {}


def begin_reading(path: Path, backend: str | None = None) -> None:
    """Let another thread read the main image of a file, if the backend will be the CPU.

    Parameters
    ----------
    path : Path
        The file. What is wrong with it is told when it is opened, not here.
    backend : str, optional
        The name of the backend, as `gpucal.backend.select_backend` takes it.
    """
    if not _will_be_cpu(backend):
        return
    with use_backend("cpu"), suppress(OSError, ValueError):
        pixels = _main_image(path) if may_read_ahead() else None
        if pixels is not None:
            stored = StoredImage(pixels, MAIN_DTYPE)
            _begun[_identity(stored)] = ImageAhead(stored, EXPOSURE)


def begun(stored: StoredImage) -> ImageAhead | None:
    """This image, if it is on its way; any other one that was is given up."""
    found = _begun.get(_identity(stored)) if _begun and stored.meanings is None else None
    _begun.clear()
    return found


def _will_be_cpu(backend: str | None) -> bool:
    """Whether that is certain without asking for a device."""
    name = backend or os.environ.get(ENVIRONMENT_VARIABLE) or "auto"
    return name == "cpu" or (name == "auto" and find_spec("cupy") is None)


def _main_image(path: Path) -> FilePixels | None:
    """The pixels of the main image, of which no more than the header is read; None if there is none."""
    file = open(path, "rb")  # noqa: SIM115  (stays open as long as pixels are in it)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(path, memmap=False, lazy_load_hdus=True) as opened:
            named = (hdu for hdu in opened if hdu.name == MAIN_EXTENSION and type(hdu) is fits.ImageHDU)
            hdu = next(named, None)
            return None if hdu is None else FilePixels.of(hdu, file)


def _identity(stored: StoredImage) -> tuple:
    """What tells an image of a file, in the state that the file is in, from others."""
    pixels, status = stored.pixels, os.fstat(stored.pixels.file.fileno())
    state = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
    return *state, pixels.offset, pixels.encoding, pixels.shape, stored.dtype
