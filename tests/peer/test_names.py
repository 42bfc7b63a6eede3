"""Steps, pipelines and products are named as the peer names them."""

from importlib.metadata import entry_points

import jwst.pipeline
import jwst.step
import pytest
from jwst.jump import JumpStep
from jwst.lib.suffix import KNOW_SUFFIXES, remove_suffix
from jwst.pipeline import DarkPipeline, Detector1Pipeline, GuiderPipeline

from gpucal.core.config.parameters import accepted
from gpucal.core.config.registry import find_class
from gpucal.names.products import PRODUCTS, SUFFIXES, product_path, split_suffix
from gpucal.names.steps import STEPS
from tests.peer.test_specs import parsed

# What the peer tells the world that it has: full class name, alias, whether it is a pipeline.
PEER_STEPS = [
    tuple(entry)
    for point in entry_points(group="stpipe.steps")
    if point.dist.name == "jwst"
    for entry in point.load()()
]
STAGE_1_PIPELINES = (Detector1Pipeline, DarkPipeline, GuiderPipeline)
STAGE_1 = {
    *STAGE_1_PIPELINES,
    *(step for pipeline in STAGE_1_PIPELINES for step in pipeline.step_defs.values()),
}


def peer_class(full_name):
    """The peer's class of that dotted name."""
    module, _, name = full_name.rpartition(".")
    return getattr({"jwst.step": jwst.step, "jwst.pipeline": jwst.pipeline}[module], name)


def test_the_list_of_the_peer_has_all_of_stage_1():
    assert {peer_class(full_name) for full_name, *_ in PEER_STEPS} >= STAGE_1
    assert len(STAGE_1) == 25


@pytest.mark.parametrize(
    ("full_name", "alias", "is_pipeline"),
    [entry for entry in PEER_STEPS if peer_class(entry[0]) in STAGE_1],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_stage_1_has_what_the_peer_has(full_name, alias, is_pipeline):
    theirs = peer_class(full_name)
    ours = find_class(alias)
    assert ours is find_class(full_name) is find_class(theirs.__name__)
    assert ours.__name__ == theirs.__name__ and ours.class_alias == alias
    spec = {name: parsed(check) for name, check in theirs.load_spec_file().items() if name != "steps"}
    assert {name: parsed(parameter.check) for name, parameter in accepted(ours).items()} == spec
    if is_pipeline:
        assert {key: step.__name__ for key, step in ours.step_defs.items()} == {
            key: step.__name__ for key, step in theirs.step_defs.items()
        }
    else:
        assert sorted(ours.reference_file_types) == sorted(theirs.reference_file_types)


# Suffixes that only ours knows: products that the peer names in its steps but leaves out of its list, and
# steps and pipelines that write under such a name only when a configuration file says so.
ONLY_OURS = {"fitopt", "segm", "amiavg", "amilg", "amimulti-oi", "psf-ami", "psf-ami-oi", "psf-amiavg", "contrast"} | {
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
