"""The journal: whole lines, one writer, and what it shows as done."""

import json
import os

import pytest

from gpucal.scheduling.checksum import product_of
from gpucal.scheduling.errors import BatchError
from gpucal.scheduling.journal import NAME, Journal, done_before, lines_of
from gpucal.scheduling.order import Job
from gpucal.scheduling.outcome import Outcome, Times

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of FIPS 180-2, appendix B.1


@pytest.fixture
def done(tmp_path):
    """A job that is done, with a product that holds ``abc``, and its outcome."""
    product = tmp_path / "x_rate.fits"
    product.write_text("abc")
    job = Job(tmp_path / "x_uncal.fits", ("NIRCAM",), size=10, mtime_ns=5)
    times = Times("2026-01-01T00:00:00.000+00:00", 1.0, 2.0, 3.0)
    return job, Outcome(job.input, (product_of(product),), "done", None, times, "host:1", 2, 1000)


def test_a_line_tells_all(tmp_path, done):
    job, outcome = done
    with Journal(tmp_path, "digest") as journal:
        journal.append(job, outcome)
    (line,) = lines_of(tmp_path / NAME)
    state = os.stat(tmp_path / "x_rate.fits")
    product = {"path": str(tmp_path / "x_rate.fits"), "size": 3, "mtime_ns": state.st_mtime_ns, "sha256": ABC}
    assert line == {
        "input": str(job.input),
        "size": 10,
        "mtime_ns": 5,
        "parameters": "digest",
        "products": [product],
        "status": "done",
        "error": None,
        "times": {"started": "2026-01-01T00:00:00.000+00:00", "read": 1.0, "compute": 2.0, "write": 3.0},
        "worker": "host:1",
        "attempt": 2,
        "memory": 1000,
    }


def test_a_torn_line_is_passed_over_and_does_not_tear_the_next(tmp_path, done):
    with Journal(tmp_path, "digest") as journal:
        journal.append(*done)
        journal.append(*done)
    content = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(content[:-20])
    assert len(list(lines_of(tmp_path / NAME))) == 1
    with Journal(tmp_path, "digest") as journal:
        journal.append(*done)
    assert len(list(lines_of(tmp_path / NAME))) == 2
    assert len((tmp_path / NAME).read_bytes().splitlines()) == 3


def test_one_batch_at_a_time(tmp_path):
    with Journal(tmp_path, "digest"):
        with pytest.raises(BatchError, match="another batch is writing"):
            Journal(tmp_path, "digest")
    with Journal(tmp_path, "digest"):
        pass


def test_a_disk_that_is_full_is_an_error_and_not_a_torn_line_that_counts(tmp_path, done, monkeypatch):
    with Journal(tmp_path, "digest") as journal:
        write = os.write
        monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:30]))
        with pytest.raises(Exception, match=f"{NAME}: cannot be written .No space left"):
            journal.append(*done)
    assert list(lines_of(tmp_path / NAME)) == []


def shown_as_done(tmp_path, job, digest="digest"):
    return list(done_before(tmp_path, digest, [job]))


@pytest.fixture
def journaled(tmp_path, done):
    with Journal(tmp_path, "digest") as journal:
        journal.append(*done)
    return done[0]


def test_what_is_done_is_known(tmp_path, journaled):
    assert done_before(tmp_path, "digest", [journaled])[journaled.input][0].sha256 == ABC
    assert shown_as_done(tmp_path / "elsewhere", journaled) == []


@pytest.mark.parametrize("changed", [{"size": 11}, {"mtime_ns": 6}, {"members": "abc"}])
def test_a_changed_input_is_not_done(tmp_path, journaled, changed):
    assert shown_as_done(tmp_path, Job(**vars(journaled) | changed)) == []


def test_other_parameters_are_not_done_and_do_not_undo(tmp_path, journaled, done):
    assert shown_as_done(tmp_path, journaled, "other") == []
    with Journal(tmp_path, "other") as journal:
        journal.append(*done)
    assert shown_as_done(tmp_path, journaled) == shown_as_done(tmp_path, journaled, "other") == [journaled.input]


def test_a_product_that_is_gone_or_changed_is_not_done(tmp_path, journaled):
    product = tmp_path / "x_rate.fits"
    os.utime(product)
    assert shown_as_done(tmp_path, journaled) == [journaled.input]
    product.write_text("abd")
    assert shown_as_done(tmp_path, journaled) == []
    product.write_text("abcd")
    assert shown_as_done(tmp_path, journaled) == []
    product.unlink()
    assert shown_as_done(tmp_path, journaled) == []


def test_the_last_line_counts(tmp_path, journaled):
    with Journal(tmp_path, "digest") as journal:
        journal.append(journaled, Outcome(journaled.input, (), "failed", "no"))
    assert shown_as_done(tmp_path, journaled) == []


def test_lines_of_another_make_are_not_done(tmp_path, journaled):
    line = {"input": str(journaled.input), "size": 10, "mtime_ns": 5, "parameters": "digest", "status": "done"}
    with (tmp_path / NAME).open("a") as file:
        file.write(json.dumps(line) + "\n[1, 2]\n")
    assert shown_as_done(tmp_path, journaled) == []
