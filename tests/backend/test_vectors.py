"""Which processors compiled loops use 512-bit vectors on."""

from types import SimpleNamespace

import pytest
from numba import config
from numba.core.codegen import get_host_cpu_features

from gpucal.backend import vectors


def features_on(monkeypatch, processor, chosen=None):
    monkeypatch.setattr(config, "CPU_FEATURES", chosen)
    monkeypatch.setattr(vectors, "llvm", SimpleNamespace(get_host_cpu_name=lambda: processor))
    vectors.prefer_wide_vectors()
    return config.CPU_FEATURES


@pytest.mark.parametrize("processor", ["sapphirerapids", "graniterapids"])
def test_all_bits_are_used_where_that_is_faster(monkeypatch, processor):
    assert features_on(monkeypatch, processor) == f"{get_host_cpu_features()},-prefer-256-bit"


@pytest.mark.parametrize("processor", ["skylake-avx512", "znver4", "generic"])
def test_other_processors_are_left_as_they_are(monkeypatch, processor):
    assert features_on(monkeypatch, processor) is None


def test_the_users_choice_stays(monkeypatch):
    assert features_on(monkeypatch, "sapphirerapids", chosen="+avx2") == "+avx2"
