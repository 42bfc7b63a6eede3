"""Coordinates of slits become objects of gwcs when they are used, and not before."""

import copy
import pickle

import asdf
import pytest
from gwcs import WCS
from stdatamodels.jwst import datamodels

from gpucal.data import Exposure, open_exposure
from gpucal.data.later_wcs import MetaWithLaterWcs
from gpucal.data.slits import Slits
from gpucal.startup.wcs_tree import WcsTree
from gpucal.wcs.frames import plane
from gpucal.wcs.nodes import beside, shift
from gpucal.wcs.world import Wcs

FRAMES = tuple(plane(name, ("x", "y"), "pixel") for name in ("detector", "world"))


@pytest.fixture
def tree():
    return Wcs(FRAMES, (beside(shift(1.0), shift(2.0)),)).to_tree()


@pytest.fixture
def meta(tree):
    return MetaWithLaterWcs({"name": {"a": [1]}, "wcs": tree})


def kept(meta):
    return meta.as_it_is()["wcs"]


@pytest.mark.parametrize(
    "look",
    [
        lambda meta: meta["wcs"],
        lambda meta: meta.get("wcs"),
        lambda meta: dict(meta.items())["wcs"],
        lambda meta: list(meta.values())[1],
        lambda meta: meta.pop("wcs"),
        lambda meta: pickle.loads(pickle.dumps(meta))["wcs"],
    ],
)
def test_whoever_looks_sees_an_object(meta, look):
    assert isinstance(kept(meta), WcsTree)
    seen = look(meta)
    assert isinstance(seen, WCS) and tuple(seen(10.0, 20.0)) == (11.0, 22.0)


def test_it_is_made_once(meta):
    assert meta["wcs"] is meta["wcs"]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda meta: meta.copy()])
def test_copies_share_the_tree(meta, tree, copied):
    made = copied(meta)
    assert kept(made) is kept(meta) is tree
    assert isinstance(made["wcs"], WCS) and kept(meta) is tree
    assert (made["name"]["a"] is meta["name"]["a"]) == (copied is not copy.deepcopy)


def test_other_entries_are_those_of_a_dictionary(meta):
    assert meta.get("nothing") is None and meta.get("nothing", 1) == 1 and meta.pop("nothing", 2) == 2
    with pytest.raises(KeyError):
        meta["nothing"]
    assert isinstance(kept(meta), WcsTree)


def test_models_go_from_step_to_step_without_objects(tree, tmp_path):
    rate = Exposure(datamodels.ImageModel((4, 5)))
    slits = Slits.of_trees([{"name": "A"}])
    slits[0].data = rate.data
    slits[0].set_wcs(tree)
    model = rate.with_slits(slits).to_model()
    again = open_exposure(model)
    assert again.slits[0]["meta.wcs"] is tree
    assert isinstance(kept(model._instance["slits"][0]["meta"]), WcsTree)
    assert tuple(model.slits[0].meta.wcs(10.0, 20.0)) == (11.0, 22.0)
    model.save(tmp_path / "made.fits")
    with datamodels.open(tmp_path / "made.fits") as opened:
        assert tuple(opened.slits[0].meta.wcs(10.0, 20.0)) == (11.0, 22.0)
    asdf.AsdfFile({"slits": model._instance["slits"]}).write_to(tmp_path / "made.asdf")
