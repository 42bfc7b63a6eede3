"""A Dask cluster of separate processes: exposures go there, and workers die."""

import os
import signal
from threading import Thread

import dask
import pytest
from distributed import Client, LocalCluster

import gpucal
from gpucal.scheduling import BatchError

NAMES = ["x0", "x1", "x2", "x3"]


@pytest.fixture
def cluster(work):
    """Two workers, each with a thread for every stage; the death of one is laid to its exposures at once."""
    settings = {"distributed.scheduler.allowed-failures": 0, "distributed.worker.daemon": True}
    with dask.config.set(settings):
        with LocalCluster(
            n_workers=2, threads_per_worker=3, processes=True, dashboard_address=None, silence_logs=50
        ) as made:
            yield made


def run(scheduler, **settings):
    outcomes = gpucal.batch("add.cfg", "x*_uncal.fits", output_dir="out", scheduler=scheduler, **settings)
    return {outcome.input.name.partition("_")[0]: outcome for outcome in outcomes}


def test_exposures_are_done_there_and_retried_when_a_worker_is_killed(work, cluster):
    work.directory.joinpath("x1_uncal.fits").unlink()
    work.directory.joinpath("x1_uncal.fits").write_text("hello")
    work.hold("x3")

    def kill():
        process = work.process_at("x3")
        work.release("x3")
        os.kill(process, signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    outcomes = run(cluster.scheduler_address)
    killer.join()
    assert {name: outcome.status for name, outcome in outcomes.items()} == {
        "x0": "done",
        "x1": "failed",
        "x2": "done",
        "x3": "done",
    }
    assert "not a readable FITS file" in outcomes["x1"].error
    assert outcomes["x3"].attempt == 2
    assert not any(outcome.worker.endswith(f":{os.getpid()}") for outcome in outcomes.values())
    assert work.products() == ["x0_add.fits", "x2_add.fits", "x3_add.fits"]
    assert work.statuses() == {name: outcome.status for name, outcome in outcomes.items()}


def test_an_exposure_that_kills_its_workers_fails_and_the_batch_goes_on(work, cluster):
    work.die_at("x2")
    with Client(cluster) as client:
        outcomes = run(client, retries=1)
        assert client.status == "running"
    assert {name for name, outcome in outcomes.items() if outcome.status == "done"} == {"x0", "x1", "x3"}
    assert outcomes["x2"].attempt == 2 and "KilledWorker" in outcomes["x2"].error


def test_a_scheduler_that_is_not_there_is_told(work, monkeypatch):
    monkeypatch.setattr("gpucal.scheduling.dask_cluster.PATIENCE", 1)
    with pytest.raises(BatchError, match="no Dask scheduler at tcp://127.0.0.1:9"):
        run("tcp://127.0.0.1:9")


def test_a_scheduler_that_goes_away_ends_the_batch(work, cluster):
    work.hold("x0")

    def close():
        work.process_at("x0")
        cluster.close()

    closer = Thread(target=close)
    closer.start()
    with pytest.raises(BatchError, match="scheduler has gone away"):
        run(cluster.scheduler_address)
    closer.join()
    assert "x0" not in work.statuses()
