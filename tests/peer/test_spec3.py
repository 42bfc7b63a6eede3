"""Stage 3 of spectra agrees with jwst in every product."""

import shutil

import pytest
from jwst.pipeline import Spec3Pipeline as PeerSpec3

from bench.agreement import compare_folders
from gpucal.pipelines import Spec2Pipeline, Spec3Pipeline

PRODUCTS = {"lrs": {"crf.fits", "s2d.fits", "x1d.fits"}, "fixedslit": {"cal.fits", "crf.fits", "s2d.fits", "x1d.fits"}}


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_products(name, slit_chain, tmp_path, monkeypatch):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    observation = slit_chain(name).observation
    skipped = {step: {"skip": True} for step in ("resample_spec", "extract_1d")}
    association = shutil.copy(observation.level3, tmp_path)
    monkeypatch.chdir(tmp_path)  # where jwst looks for members
    with observation.crds():
        for level2 in observation.level2:
            Spec2Pipeline.call(str(level2), output_dir=str(tmp_path), save_results=True, steps=skipped)
        for folder, pipeline in {"ours": Spec3Pipeline, "theirs": PeerSpec3}.items():
            (tmp_path / folder).mkdir()
            pipeline.call(str(association), output_dir=str(tmp_path / folder), save_results=True)
    products = compare_folders(tmp_path / "ours", tmp_path / "theirs")
    assert {product.rpartition("_")[2] for product in products} == PRODUCTS[name]
    for agreement in products.values():
        agreement.assert_agrees()
