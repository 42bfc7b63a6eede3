"""What stands in the files of kernels and of their tests, read without importing them."""

import ast
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
KERNELS = ROOT / "kernels"
KERNEL_TESTS = ROOT / "tests" / "kernels"
DECORATORS = {"pixel_kernel", "strip_kernel"}


def module_of(path: Path) -> str:
    """The module of a file of kernels: ``gpucal.kernels.jump.neighbors``."""
    parts = path.relative_to(KERNELS).with_suffix("").parts
    return ".".join(["gpucal", "kernels", *(part for part in parts if part != "__init__")])


def kernel_functions() -> set[tuple[str, str]]:
    """Module and name of every function that is decorated as a kernel."""
    return {
        (module_of(path), node.name)
        for path in KERNELS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and any(_name(one) in DECORATORS for one in node.decorator_list)
    }


def _name(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return getattr(called, "id", getattr(called, "attr", ""))


def imported_kernels(path: Path) -> set[str]:
    """The modules of kernels that a file imports by itself."""
    modules = {module_of(file) for file in KERNELS.rglob("*.py")}
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names & modules


def reached_kernels(path: Path) -> set[str]:
    """The modules of kernels that a file imports, and those that these import in turn."""
    files = {module_of(file): file for file in KERNELS.rglob("*.py")}
    reached, ahead = set(), imported_kernels(path)
    while ahead:
        reached |= ahead
        ahead = set().union(*(imported_kernels(files[module]) for module in ahead)) - reached
    return reached


def tests_of(modules: Iterable[str], *, directly: bool) -> list[Path]:
    """The files of tests that import any of these modules of kernels, or that reach one."""
    wanted, imports = set(modules), imported_kernels if directly else reached_kernels
    return sorted(path for path in KERNEL_TESTS.rglob("test_*.py") if imports(path) & wanted)
