"""Coronagraphs agree with jwst where that asks for its way: after each step, and in the combined image."""

import re

import numpy as np
import pytest

from bench.agreement import compare
from gpucal.as_peer import VARIABLE
from gpucal.pipelines import Coron3Pipeline, Image2Pipeline
from gpucal.simulate import CoronagraphyPlan, observe_coronagraph
from gpucal.steps.starlight.align_refs import AlignRefsStep
from gpucal.steps.starlight.klip import KlipStep
from tests.speckles import cube, psfmask, speckles

# Coefficients that jwst reads from the tree of a file and gpucal from its header, and weights that jwst leaves behind.
FREE = re.compile(r"meta\.wcsinfo\.[ab]p?_\d_\d|wht")


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    """Two rolls of MIRI, and two exposures of a reference star."""
    plan = CoronagraphyPlan("4QPM_1550", references=2, nints=2, reference_nints=1)
    made = observe_coronagraph(tmp_path_factory.mktemp("coron"), plan)
    with made.crds():
        Image2Pipeline(save_results=True, output_dir=str(made.level2.parent)).make_products(made.level2)
    return made


@pytest.fixture(autouse=True)
def served(calibrated):
    """Within a test, CRDS serves its references."""
    with calibrated.crds():
        yield


def test_products_of_the_pipeline(calibrated, tmp_path, monkeypatch):
    """ERR of psfsub is rounding in jwst, as all references are used; of WHT the sums are in single precision there."""
    from jwst.pipeline import Coron3Pipeline as Peer

    monkeypatch.setenv(VARIABLE, "1")
    folders = {name: tmp_path / name for name in ("ours", "theirs")}
    for name, pipeline in (("ours", Coron3Pipeline), ("theirs", Peer)):
        pipeline.call(str(calibrated.level3), output_dir=str(folders[name]), save_results=True)
    names = {name: sorted(path.name for path in folder.iterdir()) for name, folder in folders.items()}
    assert names["ours"] == names["theirs"] and len(names["ours"]) == 10
    for name in names["ours"]:
        found = compare(folders["ours"] / name, folders["theirs"] / name).apart_from(FREE)
        rounding = {"psfsub": {"ERR", "SCI"}, "i2d": {"WHT"}}.get(name.removesuffix(".fits").rpartition("_")[2], set())
        assert not found.structure and not found.keywords, (name, found.keywords)
        assert {one.name for one in found.extensions if not one.agrees} <= rounding, (name, str(found))
        if "psfsub" in name:
            assert found["SCI"].beyond < 10 and found["SCI"].relative < 1e-3


def test_alignment_in_double_precision_is_that_of_jwst(offline, peer_step, tmp_path):
    """jwst's own function, given doubles, finds the planted shifts, and so does gpucal; given floats it finds none."""
    from jwst.coron.imageregistration import align_fourier_lsq

    planted = np.array((0.336, -0.128))
    star, mask = cube([speckles()], seed=1), psfmask()
    references = cube([speckles(planted)], seed=2)
    single, double = (
        align_fourier_lsq(star.data[0].astype(kind), references.data[0].astype(kind), mask.data)[:2]
        for kind in (np.float32, np.float64)
    )
    assert abs(double - planted).max() < 0.005
    assert abs(single - planted).max() > 0.1
    ours = AlignRefsStep.call(star, references, override_psfmask=mask).data[0]
    from jwst.coron.imageregistration import fourier_imshift

    theirs = fourier_imshift(references.data[0].astype(np.float64), -double)
    assert abs(ours - theirs).max() < 0.01


@pytest.mark.parametrize("truncate", [1, 4])
def test_klip_with_fewer_directions_than_references(offline, peer_step, truncate, monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    star = cube([speckles(), speckles()], seed=1)
    references = cube([1.3 * speckles(drift=0.03, seed=seed) for seed in range(1, 7)], seed=2)
    theirs = peer_step("klip", star.copy(), references.copy(), truncate=truncate)
    ours = KlipStep.call(star.copy(), references.copy(), truncate=truncate)
    compare(ours, theirs).assert_agrees()
