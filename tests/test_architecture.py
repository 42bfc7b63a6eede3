"""Imports point one way, kernels know nothing but the backend, rooms have no circles, files stay small."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from gpucal.names.steps import written

ROOT = Path(__file__).parents[1]
FOLDERS = {"gpucal": "gpucal", "cfg": "gpucal.cfg", "kernels": "gpucal.kernels", "pipelines": "gpucal.pipelines"}

# Each part of the house may import from the parts after it.
LAYERS = [
    "cli", "pictures", "scheduling", "simulate", "pipelines", "steps", "core", "associations", "reference", "readouts",
    "names", "data",
    "wcs", "backend", "startup", "places", "as_peer", "errors",
]
KERNELS_MAY_IMPORT = {"backend", "kernels"}

# What kernels of all subjects may use, and which uses no kernel of a subject.
SHARED_KERNELS = {"flags", "storage", "statistics", "regions", "readout"}
LINES = 400


def _name(path: Path) -> str:
    """The dotted name of a file."""
    folder, *inside = path.relative_to(ROOT).with_suffix("").parts
    return ".".join([FOLDERS[folder], *(part for part in inside if part != "__init__")])


MODULES = {_name(path): path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))}
ROOMS = sorted({name.split(".")[1] for name in MODULES if name.count(".") > 1})


def part_of(name: str) -> str:
    """The part of the house that a module belongs to."""
    return name.split(".")[1] if "." in name else "__init__"


@cache
def imported(name: str) -> set[str]:
    """The modules of gpucal that a module imports, at its top or in a function."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inside & MODULES.keys() or {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {one for one in found if one in MODULES} - {name}


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """The nodes of a circle; none where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_one_way(name):
    part, parts = part_of(name), {part_of(one) for one in imported(name)} - {"__init__"}
    if part == "kernels":
        assert parts <= KERNELS_MAY_IMPORT
    elif part in LAYERS:
        allowed = {*LAYERS[LAYERS.index(part) :]}
        if part in ("steps", "simulate", "pictures", "readouts", "data", "wcs"):
            allowed |= {"kernels"}
        if part == "core":
            allowed |= {"cfg"}
        assert parts <= allowed
    else:
        assert part in ("cfg", "__init__", "__main__")


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_has_a_circle_of_files(room):
    inside = {name for name, path in MODULES.items() if part_of(name) == room and path.name != "__init__.py"}
    assert inside
    assert circle_in({name: imported(name) & inside for name in inside}) == []


def test_folders_of_kernels_have_no_circle_and_shared_ones_use_no_subject():
    uses: dict[str, set[str]] = {}
    for name in MODULES:
        if name.startswith("gpucal.kernels.") and name.count(".") > 2:
            folder = name.split(".")[2]
            used = {one.split(".")[2] for one in imported(name) if one.startswith("gpucal.kernels.")}
            uses.setdefault(folder, set()).update(used - {folder})
    assert uses.keys() > SHARED_KERNELS
    assert circle_in(uses) == []
    assert all(uses[folder] <= SHARED_KERNELS for folder in SHARED_KERNELS)


def test_a_folder_of_steps_holds_steps_alone():
    """What several steps share, or fills a file of its own, stands in ``parts``."""
    beside = {
        name
        for name, path in MODULES.items()
        if name.startswith("gpucal.steps.") and path.name != "__init__.py" and ".parts." not in name
    }
    assert beside == {entry.module for entry in written().values() if entry.module.startswith("gpucal.steps.")}


@pytest.mark.parametrize("name", MODULES)
def test_files_hold_one_idea(name):
    assert len(MODULES[name].read_text().splitlines()) <= LINES
