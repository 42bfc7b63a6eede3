"""Worker processes: what happens when one is killed."""

import os
import signal
from threading import Thread

import pytest

import gpucal
from gpucal.scheduling import BatchError
from gpucal.scheduling.worker_process import _environment
from tests.batch_work import wait_until


def run(**settings):
    outcomes = gpucal.batch("add.cfg", "x*_uncal.fits", output_dir="out", jobs=2, **settings)
    return {outcome.input.name.partition("_")[0]: outcome for outcome in outcomes}


def test_workers_do_what_one_process_does(work):
    outcomes = run()
    assert sorted(outcomes) == ["x0", "x1", "x2", "x3"]
    assert {outcome.status for outcome in outcomes.values()} == {"done"}
    workers = {outcome.worker for outcome in outcomes.values()}
    assert len(workers) == 2 and not any(name.endswith(f":{os.getpid()}") for name in workers)
    assert work.products() == ["x0_add.fits", "x1_add.fits", "x2_add.fits", "x3_add.fits"]


def test_a_killed_worker_is_replaced_and_its_exposure_done(work, caplog):
    work.hold("x1")

    def kill():
        process = work.process_at("x1")
        work.release("x1")
        os.kill(process, signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    outcomes = run()
    killer.join()
    assert {outcome.status for outcome in outcomes.values()} == {"done"}
    assert outcomes["x1"].attempt == 2
    assert "has died (killed by SIGKILL)" in caplog.text
    assert work.products() == ["x0_add.fits", "x1_add.fits", "x2_add.fits", "x3_add.fits"]


def test_an_exposure_that_kills_its_worker_fails_and_takes_no_other_along(work):
    work.die_at("x2")
    outcomes = run()
    assert {name for name, outcome in outcomes.items() if outcome.status == "done"} == {"x0", "x1", "x3"}
    assert outcomes["x2"].status == "failed" and outcomes["x2"].attempt == 2
    assert outcomes["x2"].error == "the worker process died (killed by SIGKILL), attempt 2 of 2"
    assert work.statuses()["x2"] == "failed"


def test_a_backend_that_workers_refuse_ends_the_batch(work):
    with pytest.raises(BatchError, match="unknown backend 'gpu'"):
        run(backend="gpu")


def test_workers_end_when_the_batch_is_killed(work):
    work.hold("x0")
    batch = work.start("--jobs=2")
    worker = work.process_at("x0")
    batch.kill()
    batch.communicate()
    wait_until(lambda: not is_running(worker))


def is_running(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_workers_share_threads_and_devices(monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", "8")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,GPU-5")
    shares = [_environment(place, 3) for place in range(3)]
    assert [share["NUMBA_NUM_THREADS"] for share in shares] == ["2", "2", "2"]
    assert [share["CUDA_VISIBLE_DEVICES"] for share in shares] == ["2", "GPU-5", "2"]
    assert _environment(0, 20)["NUMBA_NUM_THREADS"] == "1"


def test_workers_share_the_threads_that_openmp_is_given(monkeypatch):
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "6")
    share = _environment(0, 2)
    assert (share["NUMBA_NUM_THREADS"], share["OMP_NUM_THREADS"]) == ("3", "3")
