"""Checksums of products."""

import hashlib
import os
from pathlib import Path

from gpucal.scheduling.outcome import Product


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def product_of(path: Path) -> Product:
    """A product with its size, time and checksum."""
    state = os.stat(path)
    return Product(path, state.st_size, state.st_mtime_ns, sha256_of(path))
