"""Stage 1 of dark exposures: what the detector does without light."""

from typing import ClassVar

from gpucal.core import Pipeline
from gpucal.data import Exposure
from gpucal.pipelines.detector1 import RAMP_STEPS, Detector1Pipeline, ramp_steps

FIRST_LEFT_OUT = "dark_current"


def until_dark(steps: tuple[str, ...]) -> tuple[str, ...]:
    """The steps of an order that come before the subtraction of the dark."""
    return steps[: steps.index(FIRST_LEFT_OUT)]


class DarkPipeline(Pipeline):
    """Correct the raw ramps of a dark exposure: the steps of `Detector1Pipeline` before the dark is subtracted.

    Product: ``dark``, the corrected ramps.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_dark.html.
    """

    class_alias = "calwebb_dark"
    input_types = Detector1Pipeline.input_types
    timing_keywords = ("NFRAMES", "FRMDIVSR")
    required_keywords: ClassVar = {
        "INSTRUME": "instrument.name",
        "DETECTOR": "instrument.detector",
        "EXP_TYPE": "exposure.type",
        "NGROUPS": "exposure.ngroups",
        "NFRAMES": "exposure.nframes",
    }
    step_defs: ClassVar = {
        key: Detector1Pipeline.step_defs[key] for steps in RAMP_STEPS.values() for key in until_dark(steps)
    }

    def order(self, exposure: Exposure) -> tuple[str, ...]:
        """The names of the steps for the exposure's instrument, in order."""
        return until_dark(ramp_steps(exposure))

    def product_suffix(self, exposure: Exposure) -> str:
        """``dark``, unless the user chose another."""
        return self.suffix or "dark"
