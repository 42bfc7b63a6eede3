"""The journal of a batch: one line of JSON for each exposure, written when it is done.

A line is whole or absent. One that a power cut has torn is passed over when the journal is read.
"""

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gpucal.data.writing import OutputError, make_output_directory
from gpucal.scheduling.checksum import sha256_of
from gpucal.scheduling.errors import BatchError
from gpucal.scheduling.order import Job
from gpucal.scheduling.outcome import Outcome, Product, product_from_dict

NAME = "gpucal-batch.jsonl"


class Journal:
    """The journal of an output directory, open for one batch at a time; use it in a ``with`` block.

    Parameters
    ----------
    directory : Path
        Where the products go; made if it is not there.
    digest : str
        What is done to each exposure: see `gpucal.scheduling.recipe.Recipe.digest`.

    Raises
    ------
    BatchError
        If another batch writes it.
    OutputError
        If it cannot be written.
    """

    def __init__(self, directory: Path, digest: str):
        self._digest = digest
        self.path = make_output_directory(directory) / NAME
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written ({error.strerror})") from error
        self._lock()
        self._end_torn_line()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_exception) -> None:
        os.close(self._file)

    def append(self, job: Job, outcome: Outcome) -> None:
        """Add a line, and see it on the disk before anything else is done.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        line = _state(job) | {"parameters": self._digest} | outcome.as_dict()
        written = json.dumps(line).encode() + b"\n"
        try:
            if os.write(self._file, written) < len(written):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written ({error.strerror})") from error

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise BatchError(f"{self.path}: another batch is writing into this directory") from error
        except OSError:
            pass  # a file system without locks

    def _end_torn_line(self) -> None:
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")


def lines_of(path: Path) -> Iterator[dict]:
    """The lines of a journal; torn ones are left out."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        for line in file:
            with suppress(ValueError):
                entry = json.loads(line)
                if isinstance(entry, dict):
                    yield entry


def done_before(directory: Path, digest: str, jobs: list[Job]) -> dict[Path, tuple[Product, ...]]:
    """The products of those jobs that an earlier batch has done, with the same parameters, and that are still there.

    Parameters
    ----------
    directory : Path
        The directory of the journal.
    digest : str
        What is to be done to each exposure.
    jobs : list of Job
        Those that are asked for.

    Returns
    -------
    dict of Path to tuple of Product
        Products by input. What counts is the last line on an input with these parameters.
    """
    last = {(entry.get("input"), entry.get("parameters")): entry for entry in lines_of(directory / NAME)}
    done = {}
    for job in jobs:
        products = _products(last.get((str(job.input), digest), {}), job)
        if products and all(map(_is_there, products)):
            done[job.input] = products
    return done


def _products(entry: dict, job: Job) -> tuple[Product, ...]:
    """The products of a line of the journal; none if it is of another state of the input, or of a failure."""
    expected = {"status": "done"} | _state(job)
    if any(entry.get(name) != value for name, value in expected.items()):
        return ()
    try:
        return tuple(map(product_from_dict, entry["products"]))
    except (KeyError, TypeError):  # a line that another version of gpucal wrote
        return ()


def _state(job: Job) -> dict:
    """What tells whether an input is as it was; of an association, of its members, too."""
    state = {"size": job.size, "mtime_ns": job.mtime_ns}
    return state if job.members is None else state | {"members": job.members}


def _is_there(product: Product) -> bool:
    """Whether a product is as it was written; read only where its size and time leave that open."""
    try:
        state = os.stat(product.path)
        if state.st_size != product.size:
            return False
        return state.st_mtime_ns == product.mtime_ns or sha256_of(product.path) == product.sha256
    except OSError:
        return False
