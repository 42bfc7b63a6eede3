"""References of NIRSpec."""

import pytest


@pytest.fixture(scope="package")
def references(tmp_path_factory):
    """A folder for references; see `tests.nirspec_slits.references`."""
    return tmp_path_factory.mktemp("nirspec_references")
