"""What is done to each exposure: the same on every worker, told apart by its digest."""

import pickle
from pathlib import Path

import pytest
from stdatamodels.jwst import datamodels

from gpucal.scheduling.errors import BatchError
from gpucal.scheduling.order import Job
from gpucal.scheduling.recipe import make_recipe


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STPIPE_DISABLE_CRDS_STEPPARS", raising=False)
    return tmp_path


def digest(what="jump", **own):
    return make_recipe(what, own).digest()


def test_the_digest_tells_parameters_apart(here):
    assert digest() == digest()
    others = [
        digest(rejection_threshold=4.0),  # the default: but one that a parameter reference cannot replace
        digest(rejection_threshold=5.0),
        digest("saturation"),
        digest(output_dir="elsewhere"),
        make_recipe("jump", {}, disable_crds_steppars=True).digest(),
    ]
    assert len({digest(), *others}) == 6


def test_the_digest_tells_the_contents_of_a_file_and_not_its_name(here):
    (here / "one.cfg").write_text("name = jump\nclass = JumpStep\nrejection_threshold = 5\n")
    (here / "same.cfg").write_text("# the same\nclass = JumpStep\nrejection_threshold = 5.0\nname = jump\n")
    one = digest("one.cfg")
    assert one == digest("same.cfg")
    (here / "one.cfg").write_text("name = jump\nclass = JumpStep\nrejection_threshold = 6\n")
    assert digest("one.cfg") != one
    assert digest("one.cfg", rejection_threshold=5.0) == one


def test_the_digest_tells_contexts_apart(monkeypatch):
    before = digest()
    monkeypatch.setattr("gpucal.scheduling.recipe.context_in_use", lambda: "jwst_9999.pmap")
    assert digest() != before


def test_a_recipe_means_the_same_in_another_directory(here):
    own = {"steps": {"dark_current": {"override_dark": "mine.fits"}, "ipc": {"override_ipc": "N/A"}}}
    recipe = make_recipe("calwebb_detector1", own | {"output_dir": "rate"})
    steps = recipe.parameters["steps"]
    assert recipe.output_dir == here / "rate"
    assert steps["dark_current"]["override_dark"] == str(here / "mine.fits")
    assert steps["ipc"]["override_ipc"] == "N/A"
    assert pickle.loads(pickle.dumps(recipe)) == recipe


def test_an_open_model_is_refused():
    with pytest.raises(BatchError, match="takes no GainModel as a parameter; write it to a file"):
        digest(override_gain=datamodels.GainModel((4, 4)))


def test_a_hook_has_a_name():
    assert digest(pre_hooks=[print]) != digest(pre_hooks=[repr])


def jobs(*names, **settings):
    return [Job(Path("/data", name), (), **settings) for name in names]


@pytest.mark.parametrize("names", [("a/x_uncal.fits", "b/x_uncal.fits"), ("a/x_uncal.fits", "a/x_ramp.fits")])
def test_two_exposures_of_one_product_are_refused(names):
    with pytest.raises(BatchError, match=f"/data/{names[0]} and /data/{names[1]} would write the same products .x"):
        make_recipe("jump", {}).check_names(jobs(*names))


def test_names_that_differ_are_accepted():
    make_recipe("jump", {}).check_names(jobs("a/x_uncal.fits", "a/y_uncal.fits", "b/x_other.fits"))


def test_one_name_for_all_is_refused():
    with pytest.raises(BatchError, match="same products .mine"):
        make_recipe("jump", {"output_file": "mine.fits"}).check_names(jobs("x_uncal.fits", "y_uncal.fits"))


def test_names_in_headers_count_where_they_are_used():
    same = jobs("x_uncal.fits", "y_uncal.fits", filename="jw1_uncal.fits")
    make_recipe("jump", {}).check_names(same)
    with pytest.raises(BatchError, match="same products .jw1"):
        make_recipe("jump", {"output_use_model": True}).check_names(same)
