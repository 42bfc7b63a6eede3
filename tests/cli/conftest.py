"""A working directory with exposures, and batches that run there."""

from tests.batch_work import exposures, work

__all__ = ["exposures", "work"]
