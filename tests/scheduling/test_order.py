"""Exposures that share references follow one another."""

import json
import os
from pathlib import Path

from astropy.io import fits

from gpucal.scheduling.order import Job, JobQueue, in_order, job_of


def write(path, **keywords):
    fits.PrimaryHDU(header=fits.Header(keywords)).writeto(path)
    return path


def test_the_key_is_what_references_depend_on(tmp_path):
    keywords = {"INSTRUME": "NIRISS", "DETECTOR": "NIS", "READPATT": "NIS", "FILTER": "CLEAR", "NGROUPS": 5}
    one = job_of(write(tmp_path / "one.fits", **keywords, FILENAME="jw1.fits", TARGNAME="M1"))
    same = job_of(write(tmp_path / "same.fits", **keywords, TARGNAME="M2"))
    other = job_of(write(tmp_path / "other.fits", **keywords | {"NGROUPS": 6}))
    assert one.key == same.key != other.key
    assert one.filename == "jw1.fits" and same.filename is None
    state = (tmp_path / "one.fits").stat()
    assert (one.size, one.mtime_ns) == (state.st_size, state.st_mtime_ns)


def test_a_file_that_cannot_be_read_has_no_key(tmp_path):
    (tmp_path / "bad.fits").write_text("hello")
    bad = job_of(tmp_path / "bad.fits")
    assert (bad.key, bad.size) == ((), 5)
    assert job_of(tmp_path / "gone.fits") == Job(tmp_path / "gone.fits", ())


def jobs(*keys):
    return [Job(Path(f"{place}.fits"), (key,)) for place, key in enumerate(keys)]


def test_those_of_a_key_stay_in_the_order_given():
    ordered = in_order(jobs("b", "a", "b", "a", "c"))
    assert [job.input.stem for job in ordered] == ["1", "3", "0", "2", "4"]


def test_a_worker_stays_with_its_key_and_leaves_those_of_others():
    queue = JobQueue(jobs("a", "a", "a", "b", "c"))
    taken = [
        queue.take(),
        queue.take(None, others={("a",)}),
        queue.take(("a",), others={("b",)}),
        queue.take(("b",), others={("a",)}),
        queue.take(("c",), others={("a",)}),
    ]
    assert [job.input.stem for job in taken] == ["0", "3", "1", "4", "2"]
    assert len(queue) == 0 and queue.take() is None


def test_an_association_has_the_key_of_its_first_exposure_and_tells_when_a_member_changes(tmp_path):
    one = job_of(write(tmp_path / "one.fits", INSTRUME="MIRI", FILENAME="jw1.fits"))
    write(tmp_path / "sky.fits", INSTRUME="MIRI")
    members = [{"expname": "one.fits", "exptype": "science"}, {"expname": "sky.fits", "exptype": "background"}]
    (tmp_path / "asn.json").write_text(json.dumps({"products": [{"name": "star", "members": members}]}))
    job = job_of(tmp_path / "asn.json")
    assert (job.key, job.products, job.filename) == (one.key, ("star",), None)
    assert job_of(tmp_path / "asn.json") == job
    os.utime(tmp_path / "sky.fits", ns=(1, 1))
    assert job_of(tmp_path / "asn.json").members != job.members


def test_a_file_that_is_no_association_has_an_empty_key(tmp_path):
    (tmp_path / "asn.json").write_text("{")
    assert job_of(tmp_path / "asn.json").key == ()
