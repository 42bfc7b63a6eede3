"""What became of one exposure of a batch."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Product:
    """A file that was written.

    Attributes
    ----------
    path : Path
        The file.
    size, mtime_ns : int
        Its size in bytes, and when it was written.
    sha256 : str
        Its checksum, hexadecimal.
    """

    path: Path
    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True)
class Times:
    """When work on an exposure started (ISO 8601, UTC), and the seconds that its stages took, waiting left out."""

    started: str = ""
    read: float = 0.0
    compute: float = 0.0
    write: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What became of one exposure.

    Attributes
    ----------
    input : Path
        The exposure.
    products : tuple of Product
        What was written, in the order of writing.
    status : str
        ``done``; ``failed``; or ``kept``, where an earlier batch had done the same.
    error : str or None
        What went wrong, in one line.
    times : Times
        The seconds of each stage.
    worker : str
        Host and process that did it.
    attempt : int
        Which try this was, from 1.
    memory : int or None
        The bytes that the process held afterwards, where the system tells.
    """

    input: Path
    products: tuple[Product, ...] = ()
    status: Literal["done", "failed", "kept"] = "done"
    error: str | None = None
    times: Times = Times()
    worker: str = ""
    attempt: int = 1
    memory: int | None = None

    def as_dict(self) -> dict:
        """The outcome in types that JSON knows."""
        plain = asdict(self)
        plain["input"] = str(self.input)
        for product in plain["products"]:
            product["path"] = str(product["path"])
        return plain


def product_from_dict(plain: dict) -> Product:
    """The product that `Outcome.as_dict` made plain."""
    return Product(Path(plain["path"]), plain["size"], plain["mtime_ns"], plain["sha256"])
