"""Rows shared out among threads: each once, each thread with arguments of its own, errors told."""

import os
import threading

import pytest

from gpucal.backend import use_backend
from gpucal.backend.threads import SMALL_GRID, run_rows, thread_count


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


@pytest.mark.parametrize(
    ("numba", "openmp", "expected"),
    [("3", "2", 3), ("", "2", 2), ("", "5,4,3", 5), ("", " 6 ", 6), ("many", "2", 2), ("", "0", None), ("", "", None)],
)
def test_the_number_of_threads(numba, openmp, expected, monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", numba)
    monkeypatch.setenv("OMP_NUM_THREADS", openmp)
    assert thread_count() == (expected or len(os.sched_getaffinity(0)))


def test_the_log_says_how_many(monkeypatch, caplog):
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with caplog.at_level("INFO"), use_backend("cpu"):
        assert "CPU cores, 7 threads)" in caplog.text
