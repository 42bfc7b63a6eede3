"""Imports point one way, kernels know nothing but the backend, files stay small."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path for folder in ("gpucal", "kernels", "pipelines", "cfg") for path in (ROOT / folder).rglob("*.py")
)

# Each part of the house may import from the parts after it.
LAYERS = [
    "cli", "scheduling", "simulate", "pipelines", "steps", "core", "reference", "readouts", "data", "backend",
    "startup", "places", "errors",
]
KERNELS_MAY_IMPORT = {"backend", "kernels"}
LINES = 400


def part_of(path: Path) -> str:
    relative = path.relative_to(ROOT).parts
    return relative[1].removesuffix(".py") if relative[0] == "gpucal" else relative[0]


def imported_parts(path: Path) -> set[str]:
    """The parts of gpucal that a file imports at its top, ``gpucal.<part>``."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names if node.module == "gpucal")
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return {name.split(".")[1] for name in names if name.startswith("gpucal.")} - {"__version__"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    part, imported = part_of(path), imported_parts(path)
    if part == "kernels":
        assert imported <= KERNELS_MAY_IMPORT
    elif part in LAYERS:
        allowed = {*LAYERS[LAYERS.index(part) :]}
        if part in ("steps", "simulate", "readouts", "data"):
            allowed |= {"kernels"}
        if part == "core":
            allowed |= {"cfg"}
        assert imported <= allowed
    else:
        assert part in ("cfg", "__init__", "__main__")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_hold_one_idea(path):
    assert len(path.read_text().splitlines()) <= LINES
