"""Steps that are not there yet are skipped by default, and say so when they are asked for."""

import pytest

from gpucal.core import GpucalError
from gpucal.steps.planned import EmiCorrStep


@pytest.mark.parametrize("step_class", [EmiCorrStep])
def test_asked_for_it_is_an_error(step_class):
    step = step_class()
    assert step.skip
    with pytest.raises(
        GpucalError, match=f"no step {step.class_alias} yet; .*--steps.{step.class_alias}.skip=true"
    ):
        step.process(None, None)
