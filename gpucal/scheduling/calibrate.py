"""One exposure, from its file to its products, and what became of it."""

import os
import socket
from pathlib import Path

from gpucal.backend import current_backend
from gpucal.core.run.memory_plan import MemoryPlan
from gpucal.data import Exposure
from gpucal.data.writing import products_written_behind
from gpucal.errors import GpucalError
from gpucal.scheduling.checksum import product_of
from gpucal.scheduling.order import Job
from gpucal.scheduling.outcome import Outcome
from gpucal.scheduling.recipe import Recipe
from gpucal.scheduling.turns import Passage


def calibrate(recipe: Recipe, job: Job, passage: Passage) -> Outcome:
    """Calibrate one exposure.

    Parameters
    ----------
    recipe : Recipe
        What is done to it.
    job : Job
        The exposure.
    passage : Passage
        Its way through the stages, which already has the turn to read.

    Returns
    -------
    Outcome
        With the error, if there was one. The turn of the last stage is kept, so that outcomes can be told in order.
    """
    products, error = (), None
    try:
        products = tuple(map(product_of, _products(recipe, job, passage)))
    except Exception as reason:
        error = _in_one_line(reason)
    status = "failed" if error else "done"
    return Outcome(
        job.input, products, status, error, passage.times(), worker_name(), job.attempt, memory_in_use()
    )


def _products(recipe: Recipe, job: Job, passage: Passage) -> list[Path]:
    """Read, compute and write an exposure; the products' paths."""
    step, inputs = recipe.configured(job.input)
    _read_pixels(inputs)
    passage.enter("compute")
    with products_written_behind() as paths:
        step.make_products(inputs)
        del inputs
        passage.enter("write")
    return paths


def _read_pixels(inputs: list) -> None:
    """Move the arrays of exposures to the backend: most of the time of reading is for this.

    Not where there is no room for two: while one is computed, the next one then stays in its file. Not those of
    members, which are read as they are used.
    """
    room = current_backend().capacity()
    opened = [one for each in inputs if each.product is None for one in each.open()]
    for exposure in (one for one in opened if isinstance(one, Exposure)):
        if room is not None and 2 * MemoryPlan.of(exposure).total > room:
            continue
        for name in exposure.array_names:
            if exposure.has(name):
                getattr(exposure, name)


def worker_name() -> str:
    """Host and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def memory_in_use() -> int | None:
    """The bytes of memory that this process holds, where the system tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if isinstance(error, GpucalError) else f"{type(error).__name__}: {text}"
