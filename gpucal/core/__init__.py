"""The step framework: Step, Pipeline, their parameters, and the runner behind them."""

from gpucal.core.pipeline import Pipeline
from gpucal.core.step import Step
from gpucal.errors import GpucalError, NoScienceData, OutOfMemory, SkipStep

__all__ = ["GpucalError", "NoScienceData", "OutOfMemory", "Pipeline", "SkipStep", "Step"]
