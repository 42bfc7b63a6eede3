"""A pytest plugin: all tests of a session run on the strict stand-in for a device.

``python -m pytest -p tests.backend.strict_session`` finds transfers that CuPy would refuse, on a machine without
a device. What runs in other processes finds no CuPy there, and fails.
"""

import pytest

from gpucal.backend.selection import ENVIRONMENT_VARIABLE
from tests.backend.strict_cuda import put_in_place_of_cuda


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config):
    """Before `tests.conftest` looks for a device."""
    patches = pytest.MonkeyPatch()
    early_config.add_cleanup(patches.undo)
    patches.setenv(ENVIRONMENT_VARIABLE, "cuda")
    put_in_place_of_cuda(patches)
