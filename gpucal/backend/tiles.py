"""Cut work into blocks of rows, so that temporaries stay small."""

from collections.abc import Iterator

from gpucal.backend.selection import current_backend


def row_tiles(nrows: int, bytes_per_row: int, budget: int | None = None) -> Iterator[slice]:
    """Slices of rows whose temporaries fit in a budget.

    Parameters
    ----------
    nrows : int
        The number of rows to cover.
    bytes_per_row : int
        The bytes of temporaries that one row needs.
    budget : int, optional
        The bytes that one block may use; by default those of the backend. A block has at least one row.

    Yields
    ------
    slice
        Consecutive blocks that cover ``range(nrows)`` once.
    """
    budget = current_backend().scratch_bytes if budget is None else budget
    rows = max(1, budget // max(1, bytes_per_row))
    for start in range(0, nrows, rows):
        yield slice(start, min(start + rows, nrows))
