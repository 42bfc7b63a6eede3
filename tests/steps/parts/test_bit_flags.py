"""Flags that a parameter names."""

import pytest

from gpucal.core import GpucalError
from gpucal.steps.parts.bit_flags import bad_bits


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("~DO_NOT_USE+NON_SCIENCE", 513),
        ("~(DO_NOT_USE | JUMP_DET)", 5),
        ("DO_NOT_USE,SATURATED", 0xFFFFFFFC),
        ("0", 0xFFFFFFFF),
        ("5", 0xFFFFFFFA),
        ("~1+512", 513),
        ("None", 0),
        ("", 0),
        (None, 0),
    ],
)
def test_flags_that_make_a_pixel_bad(text, bits):
    assert bad_bits(text, "dqbits") == bits


@pytest.mark.parametrize("text", ["BAD", "do_not_use", "3,4", "DO_NOT_USE+~JUMP_DET", "(1", "99999999999"])
def test_flags_that_there_are_not(text):
    with pytest.raises(GpucalError, match="dqbits: "):
        bad_bits(text, "dqbits")
