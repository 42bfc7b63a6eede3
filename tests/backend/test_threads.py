"""Rows shared out among threads: each once, each thread with arguments of its own, errors told."""

import threading

import pytest

from gpucal.backend.threads import SMALL_GRID, run_rows


@pytest.mark.parametrize("nthreads", [1, 2, 3])
@pytest.mark.parametrize("nrows", [1, 2, 7, 100])
@pytest.mark.parametrize("npoints", [10, 10 * SMALL_GRID])
def test_each_row_once(monkeypatch, nthreads, nrows, npoints):
    monkeypatch.setenv("NUMBA_NUM_THREADS", str(nthreads))
    rows, owners = [], []

    def arguments():
        owners.append(threading.get_ident())
        return (threading.get_ident(),)

    def loop(start, stop, owner):
        assert owner == threading.get_ident()
        rows.extend(range(start, stop))

    run_rows(loop, nrows, npoints, arguments)
    assert sorted(rows) == list(range(nrows))
    assert threading.get_ident() in owners
    assert len(owners) <= (nthreads if npoints >= SMALL_GRID else 1)


def test_an_error_in_any_thread_is_raised(monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", "2")

    def loop(start, stop):
        if stop == 100:
            raise RuntimeError("the last rows")

    with pytest.raises(RuntimeError, match="the last rows"):
        run_rows(loop, 100, SMALL_GRID, tuple)
