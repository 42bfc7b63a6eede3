"""Trees written as text and blocks are read again by asdf as they were."""

from io import BytesIO

import asdf
import numpy as np
import pytest
from asdf.tagged import TaggedDict, TaggedList, TaggedString

from gpucal.data.files.tree_text import TreeText
from gpucal.wcs.documents import parse_document

TAG = "tag:stsci.edu:asdf/transform/shift-1.4.0"
VALUES = {
    "texts": ["a", "POINT", "", " a", "a ", "1.5", "1e5", "0x1", "012", "12:30:45", "yes", "Null", "~", "a: b", "a #b",
              "it's", '"', "é", "line\nbreak", "-", "- a", "a-b", "2023-06-01", "crds://x.fits", "N/A", "[a", "{", "*a",
              "&a", "!a", "%", "@a", "=", "<<", ".nan", "a\\b", "\x1b", "a,b"],
    "numbers": [0, -7, 2**40, 1.5, -0.0, 1e-05, 1e300, 2.5e-12, float("inf"), -float("inf"), True, False, None],
    "types": [np.float64(0.1), np.float32(0.5), np.int64(7), np.bool_(True)],
    "empty": {"list": [], "mapping": {}},
    "nested": [{"a": [[1, 2], [3, [4]]], "b": {"c": {"d": "e"}}}, [], {}, [{"x": 1}, {"y": [{"z": 2}]}]],
    "long": list(range(200)),
    "1.5": "a key like a number",
    "yes": "a key like a boolean",
}  # fmt: skip


def document(tree, shared=()):
    """A document with a tree, as bytes."""
    writer = TreeText()
    for one in shared:
        writer.share(one)
    head = "#ASDF 1.0.0\n#ASDF_STANDARD 1.6.0\n%YAML 1.1\n%TAG ! tag:stsci.edu:asdf/\n--- !core/asdf-1.1.0"
    return f"{head}{writer.text(tree)}\n...\n".encode() + writer.blocks(), writer


def as_read(tree):
    return asdf.util.load_yaml(BytesIO(document(tree)[0]), tagged=True)


def test_plain_values_are_read_as_they_were():
    read = as_read(VALUES)
    for key in VALUES.keys() - {"types"}:
        assert repr(read[key]) == repr(VALUES[key]), key  # which tells 1 from True and -0.0 from 0
    assert read["types"] == [0.1, 0.5, 7, True] and [type(one) for one in read["types"]] == [float, float, int, bool]


def test_tags_are_kept():
    tree = {
        "node": TaggedDict({"offset": 1.5}, TAG),
        "other": TaggedDict({"unit": TaggedString("pixel")}, "tag:stsci.edu:gwcs/step-1.3.0"),
        "list": TaggedList([1, 2], "tag:example.org:list-1.0.0"),
    }
    tree["other"]["unit"]._tag = "tag:stsci.edu:asdf/unit/unit-1.0.0"
    read = as_read(tree)
    assert read["node"] == tree["node"] and read["list"] == tree["list"] and str(read["other"]["unit"]) == "pixel"
    assert [read[key]._tag for key in tree] == [one._tag for one in tree.values()]
    assert read["other"]["unit"]._tag == tree["other"]["unit"]._tag


def test_what_is_shared_is_written_once_and_read_as_one():
    node = TaggedDict({"values": [1.0, 2.0], "below": {"a": "b"}}, TAG)
    trees = [{"first": node, "own": [5]}, {"second": node, "own": [5]}]
    content, _ = document({"trees": trees}, shared=trees)
    assert content.count(b"[1.0, 2.0]") == 1
    read = asdf.util.load_yaml(BytesIO(content), tagged=True)["trees"]
    assert read == trees and read[0]["first"] is read[1]["second"] and read[0]["own"] is not read[1]["own"]


@pytest.mark.parametrize("dtype", [np.float64, ">f8", np.float32, np.int32, np.uint8])
def test_arrays_are_in_blocks_one_for_each(dtype):
    array = np.arange(12).astype(dtype).reshape(3, 4)
    content, writer = document({"a": array, "b": [array, array[:, 1]]})
    assert len(writer.arrays) == 2
    read = parse_document(content)
    with asdf.open(BytesIO(content)) as opened:
        for tree in (read, opened.tree):
            np.testing.assert_array_equal(tree["a"], array)
            np.testing.assert_array_equal(tree["b"][0], array)
            np.testing.assert_array_equal(tree["b"][1], array[:, 1])
            assert np.asarray(tree["a"]).dtype == np.dtype(dtype).newbyteorder("=")


@pytest.mark.parametrize("value", [object(), 1j, np.array(["a"]), np.array([True])])
def test_an_object_of_another_kind_is_refused(value):
    with pytest.raises(TypeError):
        document({"a": [value]})
