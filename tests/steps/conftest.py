"""The strict stand-in for CuPy, for steps."""

from tests.pipelines.conftest import strict_device  # noqa: F401  (a fixture)
