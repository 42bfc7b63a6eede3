"""Cut work into blocks of rows, so that temporaries stay small."""

from collections.abc import Iterator

SCRATCH_BYTES = 64 * 2**20


def row_tiles(nrows: int, bytes_per_row: int, budget: int = SCRATCH_BYTES) -> Iterator[slice]:
    """Slices of rows whose temporaries fit in a budget.

    Parameters
    ----------
    nrows : int
        The number of rows to cover.
    bytes_per_row : int
        The bytes of temporaries that one row needs.
    budget : int
        The bytes that one block may use; a block has at least one row.

    Yields
    ------
    slice
        Consecutive blocks that cover ``range(nrows)`` once.
    """
    rows = max(1, budget // max(1, bytes_per_row))
    for start in range(0, nrows, rows):
        yield slice(start, min(start + rows, nrows))
