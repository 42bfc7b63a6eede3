"""Write products whole or not at all."""

import gc
import logging
import os
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from pathlib import Path

import numpy as np

from gpucal.data.files.quiet import quietly
from gpucal.data.files.text import make_storable, storable
from gpucal.data.slits import LISTS, arrays_of_slits, with_objects
from gpucal.data.workplace import workplace
from gpucal.errors import GpucalError
from gpucal.startup.asdf_start import extensions_for
from gpucal.startup.lazy import fits

log = logging.getLogger(__name__)

# A larger product whose arrays may change is written before the caller goes on: a copy would take too much memory.
BEHIND_BYTES = 512 * 2**20

# What products may take that wait for being written, but for a single one: while there is no room, the caller waits.
WAITING_BYTES = 256 * 2**20

WRITERS = 2

# The formats of products, by the ends of their names.
FORMATS = (".fits", ".asdf")


class OutputError(GpucalError):
    """A product cannot be written; the message names it and says why."""


def make_output_directory(directory: str | os.PathLike) -> Path:
    """Make a directory for products, and see that it can be written to.

    Raises
    ------
    OutputError
        If it cannot be made, or is not writable.
    """
    directory = Path(directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{directory}: cannot make the output directory ({error.strerror})") from error
    if not os.access(directory, os.W_OK):
        raise OutputError(f"{directory}: the output directory is not writable")
    return directory


def check_format(path: Path, formats: tuple[str, ...] = FORMATS) -> None:
    """Raise `OutputError` if a product cannot be written in the format that the end of its name asks for."""
    if path.suffix not in formats:
        raise OutputError(f"output_ext {path.suffix!r} is no format of products; there are {' and '.join(formats)}")


def check_place(path: Path) -> None:
    """Make the directory of a product, and see that a file of that name can stand in it.

    Raises
    ------
    OutputError
        If the directory cannot be made or written to, or the name is too long.
    """
    most = os.pathconf(make_output_directory(path.parent), "PC_NAME_MAX")
    if max(len(os.fsencode(name)) for name in (path.name, storable(path.name, path.suffix))) > most:
        raise OutputError(
            f"{path.name}: a product's name has more than {most} letters with its suffix; choose a shorter output_file"
        )


def write_model(model, path: str | os.PathLike, may_change: bool = True) -> Path:
    """Save a model under its final name only once it is complete.

    Parameters
    ----------
    model : `stdatamodels.jwst.datamodels.JwstDataModel` or `astropy.table.Table`
        The complete model; ``meta.filename`` becomes the file's name. Text in its metadata that the format cannot
        hold is escaped. Or a table, which is saved as ECSV.
    path : path
        The file to write. An older file of that name is replaced.
    may_change : bool
        Whether the caller may edit the arrays afterwards. Inside `products_written_behind` they are then copied.

    Returns
    -------
    Path
        The path written.

    Raises
    ------
    OutputError
        If the directory or the file cannot be written (no such directory, no permission, disk full), or the end of
        its name is that of no format.
        Nothing is then left under the final name, or the older file is still there.
    """
    path = Path(path)
    if not _is_table(model):
        check_format(path)
    behind = _behind.get()
    if behind is None:
        _write(model, path)
    else:
        behind.write(model, path, may_change)
    return path


def _write(model, path: Path) -> None:
    make_output_directory(path.parent)
    try:
        with workplace(path.parent) as place:
            partial = place / storable(path.name, path.suffix)
            _store(model, partial)
            os.replace(partial, path)
        log.info("Saved %s", path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error


def _store(model, path: Path) -> None:
    """Save a model, or a table as ECSV."""
    if _is_table(model):
        model.write(path, format="ascii.ecsv")
        return
    make_storable(model._instance.get("meta", {}), path.suffix)
    listed = LISTS.get(type(model).__name__)
    slits = model._instance.get(listed, ())
    for slit in slits:
        make_storable(slit, path.suffix)
    if slits:
        from gpucal.data.files.slit_writing import can_write, write_slits  # of no use to other models

        if path.suffix == ".fits" and can_write(slits, arrays_of_slits()):
            with quietly(fits.verify.VerifyWarning):
                write_slits(model, path, listed)
            return
        model._instance[listed] = with_objects(slits)
    extensions_for(model._instance)
    with quietly(fits.verify.VerifyWarning):
        model.save(path)
    gc.collect(1)  # what has been saved is held by circles of headers and functions, and by nobody else


def _is_table(model) -> bool:
    return not hasattr(model, "save")


def _trees_of(model) -> list[dict]:
    """The tree of a model, and those of its slits."""
    return [model._instance, *model._instance.get(LISTS.get(type(model).__name__), ())]


def _arrays_in(tree: dict) -> dict[str, np.ndarray]:
    return {name: value for name, value in tree.items() if isinstance(value, np.ndarray)}


class _Behind:
    """Writes products on threads of its own."""

    def __init__(self, pool: ThreadPoolExecutor):
        self._pool = pool
        self._jobs: list[tuple[Future, int]] = []
        self.paths: list[Path] = []

    def write(self, model, path: Path, may_change: bool) -> None:
        self.paths.append(path)
        trees = [] if _is_table(model) else _trees_of(model)
        nbytes = sum(array.nbytes for tree in trees for array in _arrays_in(tree).values())
        if may_change and nbytes > BEHIND_BYTES:
            _write(model, path)
            return
        self._make_room(nbytes)
        if may_change:
            for tree in trees:
                tree.update({name: array.copy() for name, array in _arrays_in(tree).items()})
        job = self._pool.submit(copy_context().run, self._write_unless_one_failed, model, path)
        self._jobs.append((job, nbytes))

    def _make_room(self, nbytes: int) -> None:
        """Wait until there is room for one more, or nothing else waits."""
        while waiting := {job: size for job, size in self._jobs if not job.done()}:
            if nbytes + sum(waiting.values()) <= WAITING_BYTES:
                return
            wait(waiting, return_when=FIRST_COMPLETED)

    def _write_unless_one_failed(self, model, path: Path) -> None:
        if any(job.done() and job.exception() for job, _ in self._jobs):
            return
        _write(model, path)

    def wait(self) -> None:
        """Wait until all is written; raise the first error."""
        for job, _ in self._jobs:
            job.result()


_behind: ContextVar[_Behind | None] = ContextVar("products written behind", default=None)


@contextmanager
def products_written_behind() -> Iterator[list[Path]]:
    """Inside a ``with`` block, let other threads write what this thread gives to `write_model`.

    `write_model` then returns at once. The end of the block waits until all products are written.

    Yields
    ------
    list of Path
        The products, in the order in which they were handed over.

    Raises
    ------
    OutputError
        At the end of the block, if one cannot be written.
    """
    with ThreadPoolExecutor(WRITERS, thread_name_prefix="gpucal-write") as pool:
        behind = _Behind(pool)
        token = _behind.set(behind)
        try:
            yield behind.paths
        finally:
            _behind.reset(token)
        behind.wait()
