"""Warnings are held back in overlapping blocks, and all filters are there again afterwards."""

import warnings

import pytest

from gpucal.data.files.quiet import quietly


@pytest.fixture(autouse=True)
def left_as_they_were():
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.simplefilter("error")
        with quietly():
            pass
        before = list(warnings.filters)
        yield
        assert list(warnings.filters) == before


def is_heard(category):
    try:
        warnings.warn("something\nlong", category, stacklevel=1)
    except category:
        return True
    return False


def test_a_category_is_held_back():
    with quietly(UserWarning):
        assert not is_heard(UserWarning) and is_heard(RuntimeWarning)
    assert is_heard(UserWarning)
    with quietly():
        assert not is_heard(RuntimeWarning)


@pytest.mark.parametrize("first", [0, 1])
def test_blocks_of_two_threads(first):
    blocks = [quietly(UserWarning), quietly(UserWarning)]
    for block in blocks:
        block.__enter__()
    for block in (blocks[first], blocks[1 - first]):
        assert not is_heard(UserWarning)
        block.__exit__(None, None, None)
    assert is_heard(UserWarning)


def test_a_block_that_ends_while_another_package_catches_warnings():
    block, others = quietly(UserWarning), warnings.catch_warnings()
    block.__enter__()
    others.__enter__()
    block.__exit__(None, None, None)
    assert is_heard(UserWarning)
    others.__exit__()


def test_filters_that_another_package_puts_back_inside_a_block():
    others = warnings.catch_warnings()
    others.__enter__()
    with quietly(UserWarning):
        others.__exit__()
        assert not is_heard(UserWarning) and is_heard(RuntimeWarning)
    assert is_heard(UserWarning)


def test_an_error_ends_the_block():
    with pytest.raises(KeyError), quietly(UserWarning):
        raise KeyError
    assert is_heard(UserWarning)
