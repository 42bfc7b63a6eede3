"""The digest of a kernel's code changes with each file and value that the code is made from."""

import shutil
import sys
from importlib import import_module, invalidate_caches

import pytest

from gpucal.backend import sources
from gpucal.backend.sources import BUILDERS, code_digest

KERNEL = """
from first_helper import double
from other import LIMIT
from gpucal.backend import pixel_kernel

@pixel_kernel
def kernel(i, out):
    out[i] = double(out[i]) + LIMIT
"""

FIRST_HELPER = """
from gpucal.backend import pixel_function
from second_helper import same

@pixel_function
def double(value):
    return 2 * same(value)
"""

SECOND_HELPER = """
from gpucal.backend import pixel_function

@pixel_function
def same(value):
    return value
"""

FILES = {
    "kernel_file": KERNEL,
    "first_helper": FIRST_HELPER,
    "second_helper": SECOND_HELPER,
    "other": "LIMIT = 3\n",
    "stranger": "NOT_USED = 3\n",
}


@pytest.fixture
def digest_now(tmp_path, monkeypatch):
    """The digest of the kernel, as a process finds it that starts now."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name, text in FILES.items():
        (tmp_path / f"{name}.py").write_text(text)

    def digest():
        for name in FILES:
            sys.modules.pop(name, None)
        invalidate_caches()
        _forget_files()
        return code_digest(import_module("kernel_file").kernel.function)

    yield digest
    for name in FILES:
        sys.modules.pop(name, None)
    _forget_files()


def _forget_files():
    sources._contents.cache_clear()
    sources._of_all_kernels.cache_clear()


@pytest.mark.parametrize("name", ["kernel_file", "first_helper", "second_helper"])
def test_an_edit_of_a_kernel_or_of_a_helper_that_it_reaches_is_seen(name, digest_now, tmp_path):
    before = digest_now()
    assert digest_now() == before
    with (tmp_path / f"{name}.py").open("a") as file:
        file.write("# edited\n")
    assert digest_now() != before


def test_a_value_from_elsewhere_is_seen_and_a_file_that_is_not_used_is_not(digest_now, tmp_path):
    before = digest_now()
    (tmp_path / "stranger.py").write_text("NOT_USED = 4\n")
    assert digest_now() == before
    (tmp_path / "other.py").write_text("# The same value.\nLIMIT = 3\n")
    assert digest_now() == before
    (tmp_path / "other.py").write_text("LIMIT = 4\n")
    assert digest_now() != before


@pytest.mark.parametrize("name", sorted(path.name for path in BUILDERS.glob("*.py")))
def test_an_edit_of_any_file_of_the_backend_is_seen(name, digest_now, tmp_path, monkeypatch):
    copy = tmp_path / "backend"
    shutil.copytree(BUILDERS, copy)
    monkeypatch.setattr(sources, "BUILDERS", copy)
    before = digest_now()
    with (copy / name).open("a") as file:
        file.write("# edited\n")
    assert digest_now() != before


def test_fields_of_a_named_tuple_are_a_part_of_its_kind():
    from collections import namedtuple

    from gpucal.backend.loops import _in_words

    kinds = [namedtuple("Sides", fields, module="somewhere") for fields in (("left", "right"), ("right", "left"))]
    assert _in_words(kinds[0]) != _in_words(kinds[1])
