"""Transforms of astropy and gwcs, as ASDF documents hold them."""

from io import BytesIO

import asdf
import pytest

from gpucal.wcs.documents import parse_document


@pytest.fixture
def noded():
    """A model of astropy or gwcs as a node."""

    def to_node(model):
        content = BytesIO()
        asdf.AsdfFile({"model": model}).write_to(content)
        return parse_document(content.getvalue())["model"]

    return to_node
