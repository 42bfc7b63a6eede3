"""ASDF documents are read as tagged trees."""

from io import BytesIO

import asdf
import numpy as np
import pytest
from astropy.modeling import models
from astropy.table import Table

from gpucal.wcs.documents import DocumentError, parse_document, read_document, read_metadata, read_table
from gpucal.wcs.nodes import kind_of


def content_of(tree, **settings):
    content = BytesIO()
    asdf.AsdfFile(tree).write_to(content, **settings)
    return content.getvalue()


@pytest.mark.parametrize("storage", ["internal", "inline"])
@pytest.mark.parametrize("compression", [None, "zlib", "bzp2"])
def test_arrays_are_read_from_blocks_and_from_the_tree(storage, compression):
    arrays = {"floats": np.arange(12.0).reshape(3, 4), "ints": np.arange(5, dtype=">i2")}
    settings = {"all_array_storage": storage}
    if storage == "internal":
        settings["all_array_compression"] = compression
    tree = parse_document(content_of({"one": arrays, "list": [arrays["floats"] + 1]}, **settings))
    np.testing.assert_array_equal(tree["one"]["floats"], arrays["floats"])
    np.testing.assert_array_equal(tree["one"]["ints"], arrays["ints"])
    np.testing.assert_array_equal(tree["list"][0], arrays["floats"] + 1)


def test_a_part_of_a_block_is_read():
    whole = np.arange(20.0).reshape(4, 5)
    tree = parse_document(content_of({"whole": whole, "part": whole[1:, ::2]}))
    np.testing.assert_array_equal(tree["part"], whole[1:, ::2])


def test_tags_are_kept():
    tree = parse_document(content_of({"model": models.Shift(2.0) | models.Scale(3.0)}))
    assert kind_of(tree["model"]) == "compose"
    assert [kind_of(part) for part in tree["model"]["forward"]] == ["shift", "scale"]


@pytest.mark.parametrize("cut", [slice(0, 3), slice(0, 400), slice(5, None)])
def test_what_is_no_document_or_ends_early_is_refused(tmp_path, cut):
    path = tmp_path / "cut.asdf"
    path.write_bytes(content_of({"array": np.arange(100.0)})[cut])
    with pytest.raises(DocumentError, match="cut.asdf: cannot be read as ASDF"):
        _ = read_document(path)["array"]


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DocumentError, match="none.asdf: cannot be read as ASDF"):
        read_document(tmp_path / "none.asdf")


@pytest.mark.parametrize("storage", ["internal", "inline"])
def test_tables_are_read_as_rows(tmp_path, storage):
    path = tmp_path / "table.asdf"
    table = Table({"filter": ["F560W", "F1000W"], "offset": np.array([3.5, 4.75], np.float32)})
    path.write_bytes(content_of({"offsets": table, "meta": {"n": 1}}, all_array_storage=storage))
    rows = read_table(path, "offsets")
    assert rows.dtype == table.as_array().dtype
    np.testing.assert_array_equal(rows, table.as_array())
    assert read_table(path, "meta") is None and read_table(path, "none") is None


def test_tables_with_masks_are_left_to_others(tmp_path):
    path = tmp_path / "table.asdf"
    path.write_bytes(content_of({"masked": Table({"a": np.ma.array([1.0, 2.0], mask=[True, False])})}))
    assert read_table(path, "masked") is None


def test_metadata_is_read_where_arrays_are_missing(tmp_path):
    path = tmp_path / "short.asdf"
    content = content_of({"meta": {"reftype": "area"}, "array": np.arange(100.0)})
    path.write_bytes(content[: content.index(b"\n...") + 5])
    assert read_metadata(path) == {"reftype": "area"}
    path.write_bytes(content_of({"array": np.arange(3.0)}))
    assert read_metadata(path) == {}
    path.write_bytes(b"SIMPLE")
    with pytest.raises(DocumentError, match="short.asdf: cannot be read as ASDF"):
        read_metadata(path)
