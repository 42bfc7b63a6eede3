"""Many exposures: in what order, on which workers, and what became of each."""

from gpucal.scheduling.batch import Batch, batch
from gpucal.scheduling.errors import BatchError
from gpucal.scheduling.outcome import Outcome, Product, Times

__all__ = ["Batch", "BatchError", "Outcome", "Product", "Times", "batch"]
