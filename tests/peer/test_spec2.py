"""Stage 2 of spectra makes of rates what the steps of jwst make one after another."""

import re

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.pipelines import Spec2Pipeline

# What jwst's steps by themselves do not write, or a pipeline writes otherwise.
APART = re.compile(r"(?i)(.*\.)?(asntable|asnpool|table_name|pool_name|cal_step\..*|s_\w+|group_id|exptype)")
# An image through the slit of MIRI is a slit in a pipeline alone.
AS_SLIT = re.compile(r"(?i)(.*\.)?(datamodl|slts\w+|model_type|srctype|source_type|[xy]s(ize|tart))")


@pytest.mark.parametrize(
    ("name", "compared", "others"),
    [
        ("lrs", {"cal": "photom", "s2d": "resample_spec", "x1d": "extract_1d"}, set()),
        ("lrs-slitless", {"x1dints": "extract_1d"}, {"calints"}),  # jwst's steps by themselves make no slit of it
        ("fixedslit", {"cal": "photom", "s2d": "resample_spec"}, {"x1d"}),
        ("bots", {"calints": "photom"}, {"x1dints"}),
    ],
)
def test_the_products(name, compared, others, slit_chain, tmp_path, monkeypatch):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    chain = slit_chain(name)
    association = chain.observation.level2_alone[0]
    with chain.observation.crds():
        Spec2Pipeline.call(str(association), output_dir=str(tmp_path), save_results=True)
    made = {path.stem.rpartition("_")[2]: path for path in tmp_path.iterdir()}
    assert set(made) == others.union(compared)
    for suffix, step in compared.items():
        with datamodels.open(made[suffix]) as mine, datamodels.open(chain.after(step)) as its:
            agreement = compare(mine, its).apart_from(APART)
            (agreement.apart_from(AS_SLIT) if name.startswith("lrs") else agreement).assert_agrees()


def test_nods_are_each_others_background(slit_chain, tmp_path, peer_step):
    chain = slit_chain("lrs")
    first, second = (one.path for one in chain.observation.exposures[:2])
    with chain.observation.crds():
        skipped = {"resample_spec": {"skip": True}, "extract_1d": {"skip": True}}
        Spec2Pipeline.call(str(chain.observation.level2[0]), save_bsub=True, output_dir=str(tmp_path), steps=skipped)
        placed = peer_step("assign_wcs", str(first))
        theirs = peer_step("bkg_subtract", placed, bkg_list=[str(second)])
    (saved,) = tmp_path.glob("*bsub.fits")
    with datamodels.open(saved) as mine:
        assert mine.meta.cal_step.bkg_subtract == "COMPLETE"
        np.testing.assert_array_equal(mine.dq, theirs.dq)
        np.testing.assert_allclose(mine.data, theirs.data, rtol=1e-6, atol=1e-7)
