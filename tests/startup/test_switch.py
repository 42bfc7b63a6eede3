"""What is done for a faster start can be turned off, and stands aside for versions that it was not tried with."""

import pytest

from gpucal.errors import GpucalError
from gpucal.startup import switch
from gpucal.startup.switch import TRICKS, is_on


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (None, set(TRICKS)), ("", set(TRICKS)), ("0", set(TRICKS)), ("1", set()), ("asdf", set(TRICKS) - {"asdf"}),
        ("schemas, garbage", {"imports", "asdf"}),
    ],
)  # fmt: skip
def test_the_switch(value, left, monkeypatch):
    monkeypatch.delenv(switch.VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(switch.VARIABLE, value)
    assert {trick for trick in TRICKS if is_on(trick)} == left


def test_what_the_switch_does_not_know(monkeypatch):
    monkeypatch.setenv(switch.VARIABLE, "asdf,gwcs")
    with pytest.raises(GpucalError, match="no 'gwcs'; it takes 1, or some of imports, asdf, schemas, garbage"):
        is_on("asdf")


@pytest.mark.parametrize(
    ("installed", "expected"),
    [("5.4.0", True), ("5.4", True), ("5.40.0", False), ("5.5.0", False), ("5.4.1.dev3", True)],
)
def test_versions(installed, expected, monkeypatch):
    monkeypatch.delenv(switch.VARIABLE, raising=False)
    monkeypatch.setattr(switch, "_installed", lambda package: installed)
    assert is_on("asdf", {"asdf": ("5.4",)}) is expected
