"""ASDF documents are read as tagged trees."""

from io import BytesIO

import asdf
import numpy as np
import pytest
from astropy.modeling import models

from gpucal.wcs.documents import DocumentError, parse_document, read_document
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
