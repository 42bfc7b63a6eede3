"""Products of stage 2 agree with those of jwst that are kept, thinned: see `bench.kept_products`."""

import pytest

from bench.agreement import compare
from bench.kept_products import CASES, PLACE
from bench.keywords import SIP_KEYWORDS
from bench.thinned import thinned
from gpucal.core.config.registry import find_class


@pytest.mark.parametrize("name", CASES)
def test_stage_2(name, tmp_path, monkeypatch):
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")

    def call(alias, path, **parameters):
        find_class(alias).call(path, **parameters)

    made = {path.name: path for path in CASES[name].products(tmp_path, call)}
    kept = {path.name.removesuffix(".gz"): path for path in (PLACE / name).iterdir()}
    assert made.keys() == kept.keys()
    for product, theirs in kept.items():
        compare(thinned(made[product], tmp_path), theirs).apart_from(SIP_KEYWORDS).assert_agrees()
