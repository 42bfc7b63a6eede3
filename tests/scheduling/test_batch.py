"""``gpucal.batch(...)`` from Python."""

import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

import gpucal
from gpucal.core.config.parameters import ParameterError
from gpucal.core.run import execution
from gpucal.data import Exposure, InputError
from gpucal.pipelines.detector1 import Detector1Pipeline
from gpucal.scheduling import BatchError
from gpucal.scheduling.journal import NAME, Journal
from gpucal.simulate import simulate

ALL = ["x0", "x1", "x2", "x3"]


def names(outcomes, status=None):
    return [
        outcome.input.name.partition("_")[0] for outcome in outcomes if status in (None, outcome.status)
    ]


def run(**settings):
    return list(gpucal.batch("add.cfg", "x*_uncal.fits", output_dir="out", **settings))


def test_importing_gpucal_imports_little():
    code = "import sys, gpucal; print([name for name in ('numpy', 'numba', 'astropy', 'rich') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_outcomes_come_in_order_with_their_products(work):
    batch = gpucal.batch("add.cfg", ["x1_uncal.fits", "x0_uncal.fits"], output_dir="out", amount=10)
    assert len(batch) == 2
    assert not work.out.exists()
    outcomes = list(batch)
    assert names(outcomes, "done") == ["x1", "x0"]
    for outcome, value in zip(outcomes, (11, 10), strict=True):
        (product,) = outcome.products
        assert product.path == work.out / outcome.input.name.replace("uncal", "add")
        with datamodels.open(product.path) as model:
            assert np.unique(model.data) == [value]
    assert [line["input"] for line in work.journal()] == [str(outcome.input) for outcome in outcomes]


def test_a_bad_file_does_not_stop_the_rest(work):
    (work.directory / "x1_uncal.fits").unlink()
    (work.directory / "x1_uncal.fits").write_text("hello")
    outcomes = run()
    assert names(outcomes, "done") == ["x0", "x2", "x3"]
    (failed,) = (outcome for outcome in outcomes if outcome.status == "failed")
    assert failed.input.name == "x1_uncal.fits" and "not a readable FITS file" in failed.error
    assert work.statuses() == {"x0": "done", "x1": "failed", "x2": "done", "x3": "done"}


def test_resume_does_what_is_left(work):
    for path in work.directory.glob("x[23]_uncal.fits"):
        path.rename(path.with_suffix(".later"))
    run()
    for path in work.directory.glob("*.later"):
        path.rename(path.with_suffix(".fits"))
    (work.out / "x1_add.fits").unlink()
    outcomes = run(resume=True)
    assert names(outcomes, "kept") == ["x0"]
    assert names(outcomes, "done") == ["x1", "x2", "x3"]
    assert names(run(resume=True), "kept") == ALL
    assert names(run(resume=True, amount=2), "done") == ALL
    assert names(run(), "done") == ALL


def test_a_failure_is_tried_again_by_resume(work):
    shown = work.directory / "x1_uncal.fits"
    hidden = shown.rename(work.directory / "hidden")
    inputs = [f"{name}_uncal.fits" for name in ALL]
    outcomes = list(gpucal.batch("add.cfg", inputs, output_dir="out"))
    assert names(outcomes, "failed") == ["x1"]
    hidden.rename(shown)
    outcomes = list(gpucal.batch("add.cfg", inputs, output_dir="out", resume=True))
    assert names(outcomes, "kept") == ["x0", "x2", "x3"] and names(outcomes, "done") == ["x1"]


def test_what_follows_is_not_done_when_the_loop_is_left(work):
    outcomes = iter(gpucal.batch("add.cfg", "x*_uncal.fits", output_dir="out"))
    outcome = next(outcomes)
    outcomes.close()
    assert outcome.status == "done" and list(work.statuses()) == ["x0"]
    assert not list(work.out.glob(".gpucal-*"))
    with Journal(work.out, "digest"):  # it is open no more
        pass


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"inputs": ["x0_uncal.fits", "raw/x0_uncal.fits"]}, BatchError, "would write the same products"),
        ({"inputs": []}, InputError, "name the exposures"),
        ({"amuont": 1}, ParameterError, "no parameter 'amuont'"),
        ({"jobs": 0}, BatchError, "at least 1 job"),
        ({"jobs": 2, "scheduler": "tcp://localhost:1"}, BatchError, "not both"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_starts(work, settings, error, message):
    with pytest.raises(error, match=message):
        gpucal.batch("add.cfg", **{"inputs": "x*_uncal.fits", "output_dir": "out"} | settings)
    assert not work.out.exists()


def test_debris_of_dead_processes_is_swept(work):
    debris = work.out / ".gpucal-dead"
    debris.mkdir(parents=True)
    (debris / "x0_add.fits").write_text("half a product")
    run()
    assert work.products() == [f"{name}_add.fits" for name in ALL]


def test_exposures_are_let_go(work, monkeypatch):
    """While one exposure is computed there are at most two more, however many have been before."""
    made, counts = [], []
    make, execute = Exposure.__init__, execution.execute

    def noted(exposure, *arguments, **settings):
        made.append(weakref.ref(exposure))
        make(exposure, *arguments, **settings)

    def counted(*arguments):
        counts.append(sum(reference() is not None for reference in made))
        return execute(*arguments)

    monkeypatch.setattr(Exposure, "__init__", noted)
    monkeypatch.setattr(execution, "execute", counted)
    for name in range(20):
        (work.directory / f"y{name}_uncal.fits").symlink_to(work.directory / "x0_uncal.fits")
    list(gpucal.batch("add.cfg", "*_uncal.fits", output_dir="out"))
    assert len(counts) == 24 and max(counts) <= 3


@pytest.fixture(scope="module")
def simulation(tmp_path_factory):
    directory = tmp_path_factory.mktemp("simulated")
    for seed in (1, 2, 3):
        made = simulate(directory, detector="NRCB1", subarray="SUB64P", readpatt="RAPID", ngroups=4, nints=2, seed=seed)
    return made


def test_stage_1_gives_what_it_gives_alone(simulation, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GPUCAL_BACKEND", "cpu")
    for name, value in simulation.environment().items():
        monkeypatch.setenv(name, value)
    directory = simulation.exposure.parent
    outcomes = list(gpucal.batch(Detector1Pipeline, directory, output_dir="together"))
    assert [outcome.error for outcome in outcomes] == [None] * 3
    for path in directory.glob("*_uncal.fits"):
        Detector1Pipeline.call(path, output_dir="alone", save_results=True)
    products = [product.path for outcome in outcomes for product in outcome.products]
    assert sorted(path.name for path in products) == sorted(path.name for path in Path("alone").iterdir())
    for product in products:
        with fits.open(product) as together, fits.open(Path("alone", product.name)) as alone:
            # The last extension has the log, with its times.
            for ours, theirs in zip(together[:-1], alone[:-1], strict=True):
                assert fits.HDUDiff(ours, theirs, ignore_keywords=["DATE"]).identical
    assert (tmp_path / "together" / NAME).exists()
