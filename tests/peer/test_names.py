"""Products are named as the peer names them."""

import pytest
from jwst.jump import JumpStep
from jwst.lib.suffix import KNOW_SUFFIXES, remove_suffix
from jwst.pipeline import Detector1Pipeline

from gpucal.core.naming import PRODUCTS, STEPS, SUFFIXES, product_path, split_suffix

# Suffixes that only ours knows: products that the peer names in its steps but leaves out of its list, and
# steps and pipelines that write under such a name only when a configuration file says so.
ONLY_OURS = {"fitopt", "segm", "amiavg"} | {
    *(name for name in STEPS if name.startswith("calwebb_")),
    *("ami_average", "amiaveragestep", "badpix_selfcal", "barshadow", "charge_migration"),
    *("master_background_mos", "msa_flagging", "pixel_replace", "stack_refs", "tso_photometry"),
    *("wavecorr", "wfss_contam"),
}


def test_the_suffixes_are_the_same():
    assert set(KNOW_SUFFIXES) - SUFFIXES == set()
    assert SUFFIXES - set(KNOW_SUFFIXES) == ONLY_OURS
    assert set(PRODUCTS) <= SUFFIXES


@pytest.mark.parametrize("form", ["x_{}", "x-{}", "x_rate_{}", "x{}", "{}", "x__{}", "x_{}_", "_{}"])
def test_suffixes_are_removed_alike(form):
    names = [form.format(suffix) for suffix in KNOW_SUFFIXES]
    assert [split_suffix(name)[:2] for name in names] == [remove_suffix(name) for name in names]


@pytest.mark.parametrize("source", ["x_uncal.fits", "x-uncal.fits", "/in/x.fits", "x_rate_cal.asdf", "a.b"])
@pytest.mark.parametrize(
    ("parameters", "suffix", "index"),
    [
        ({}, None, None),
        ({"suffix": "mine"}, None, None),
        ({}, "rate", None),
        ({}, "cal", 3),
        ({"output_ext": "asdf"}, None, None),
        ({"output_dir": "/out"}, "rate", 0),
    ],
)
def test_a_step_alone(source, parameters, suffix, index):
    step = JumpStep(name="jump", **parameters)
    options = {} if index is None else {"idx": index}
    ours = product_path(
        source,
        suffix or step.suffix or step.name,
        output_dir=step.output_dir,
        ext=step.output_ext,
        index=index,
    )
    assert str(ours) == step.make_output_path(basepath=source, suffix=suffix, **options)


def test_a_step_of_a_pipeline_takes_the_name_that_the_pipeline_was_given():
    pipeline = Detector1Pipeline(output_file="/there/mine_uncal.fits", output_dir="/out")
    options = {"output_dir": "/out", "output_file": pipeline.output_file}
    assert str(product_path("x_uncal.fits", "jump", **options)) == pipeline.jump.make_output_path()
    assert str(product_path("x_uncal.fits", "rate", **options)) == pipeline.make_output_path(suffix="rate")
