"""Which processors compiled loops use 512-bit vectors on, and that nobody else's do."""

from types import SimpleNamespace

import numpy as np
import pytest
from numba import config, njit
from numba.core.registry import cpu_target

from gpucal.backend import vectors

WIDE = "-prefer-256-bit"


@pytest.fixture
def features(monkeypatch):
    """The features of the processor for which Numba compiles in the block, and after it, on a processor."""

    def find(processor, chosen=None):
        monkeypatch.setattr(config, "CPU_FEATURES", chosen)
        monkeypatch.setattr(vectors, "llvm", SimpleNamespace(get_host_cpu_name=lambda: processor))
        with vectors.wide_vectors():
            inside = _compiled()
        assert config.CPU_FEATURES == chosen
        return inside, _compiled()

    return find


def _compiled() -> list[str]:
    """The features for which a new function is compiled."""
    function = njit(lambda values: values.sum() + 1)
    assert function(np.arange(3)) == 4
    (compiled,) = function.overloads.values()
    return compiled.library.codegen._tm_features.split(",")


@pytest.mark.parametrize("processor", ["sapphirerapids", "graniterapids"])
def test_all_bits_are_used_where_that_is_faster(features, processor):
    before = cpu_target.target_context.codegen()
    inside, after = features(processor)
    assert inside == [*after, WIDE] and WIDE not in after
    assert cpu_target.target_context.codegen() is before


@pytest.mark.parametrize("processor", ["skylake-avx512", "znver4", "generic"])
def test_other_processors_are_left_as_they_are(features, processor):
    inside, after = features(processor)
    assert inside == after


def test_the_users_choice_stays(features):
    inside, after = features("sapphirerapids", chosen="+avx2")
    assert inside == after
