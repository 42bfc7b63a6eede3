"""Each step has exactly the peer's parameters (names, types, limits, defaults) and reference types."""

import jwst.pipeline
import jwst.step
import pytest
from configobj.validate import Validator

from gpucal.core.config.parameters import accepted, full_spec
from gpucal.core.config.registry import all_classes, find_class
from gpucal.core.step import Step
from gpucal.names.steps import by_class_name

PEER = {
    cls.__name__: cls
    for module in (jwst.step, jwst.pipeline)
    for cls in vars(module).values()
    if hasattr(cls, "load_spec_file")
}

# Those of gpucal that the peer has, too; ami_average is none of its classes any more.
CLASSES = [cls for cls in all_classes() if cls.__name__ in PEER]


def parsed(check):
    """A check taken apart: name, limits or choices, default. Spaces and kinds of quotes do not count."""
    name, arguments, limits, default = Validator()._parse_check(check)
    return name, arguments, limits, default


@pytest.mark.parametrize("ours", CLASSES, ids=lambda cls: cls.__name__)
def test_parameters(ours):
    theirs = PEER[ours.__name__].load_spec_file()
    expected = {name: parsed(check) for name, check in theirs.items() if name != "steps"}
    own = set(ours.own_parameters)
    found = {name: parsed(spec.check) for name, spec in accepted(ours).items()}
    assert own <= found.keys() - expected.keys()
    assert {name: check for name, check in found.items() if name not in own} == expected


@pytest.mark.parametrize("ours", CLASSES, ids=lambda cls: cls.__name__)
def test_alias_and_reference_types(ours):
    theirs = PEER[ours.__name__]
    assert ours.class_alias == theirs.class_alias
    if not ours.is_pipeline:
        assert sorted(ours.reference_file_types) == sorted(theirs.reference_file_types)


@pytest.mark.parametrize("ours", CLASSES, ids=lambda cls: cls.__name__)
def test_steps_of_pipelines(ours):
    """A step that ours lacks is one that does not exist here yet."""
    theirs = getattr(PEER[ours.__name__], "step_defs", {})
    for name, step_class in ours.step_defs.items():
        if step_class in CLASSES:
            assert step_class.__name__ == theirs[name].__name__
    written = {cls.__name__ for cls in all_classes()}
    missing = {cls.__name__ for name, cls in theirs.items() if name not in ours.step_defs}
    assert not missing & written


@pytest.mark.parametrize("name", PEER, ids=str)
def test_a_class_of_the_peer_means_ours_where_there_is_one(name):
    if name in {cls.__name__ for cls in all_classes()}:
        assert find_class(f"{PEER[name].__module__}.{name}").__name__ == name


def test_help_is_in_other_words():
    """No sentence of help is the peer's."""
    theirs = {
        comment.strip("# .").lower()
        for cls in PEER.values()
        for comment in cls.load_spec_file().inline_comments.values()
        if comment
    }
    specs = (spec for cls in (Step, *all_classes()) for spec in full_spec(cls).values())
    ours = {spec.help.strip(" .").lower() for spec in specs}
    assert not {text for text in ours & theirs if len(text.split()) > 3}


def test_every_class_of_the_peer_is_there():
    known = by_class_name()
    assert len(PEER) == 72
    assert {cls.__name__ for cls in all_classes()} - PEER.keys() == {"AmiAverageStep"}
    assert not {name for name in PEER if name not in known or known[name].module is None}
