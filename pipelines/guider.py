"""Stage 1 of guide star data: from raw reads to count rates."""

from typing import ClassVar

from gpucal.core import Pipeline
from gpucal.data import Exposure
from gpucal.steps.images.flat_field import FlatFieldStep
from gpucal.steps.ramps.dq_init import DQInitStep
from gpucal.steps.ramps.guider_cds import GuiderCdsStep


class GuiderPipeline(Pipeline):
    """Rates of the guide star functions of the FGS: identification, acquisition, track and fine guide.

    Product: ``cal``, the rates of each integration, flat-fielded, with the tables of the raw exposure.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_guider.html.
    """

    class_alias = "calwebb_guider"
    input_types = ("GuiderRawModel", "GuiderCalModel")
    step_defs: ClassVar = {
        "dq_init": DQInitStep,
        "guider_cds": GuiderCdsStep,
        "flat_field": FlatFieldStep,
    }

    def product_suffix(self, exposure: Exposure) -> str:
        """``cal``, unless the user chose another."""
        return self.suffix or "cal"
