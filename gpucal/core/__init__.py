"""The step framework: Step, Pipeline, their parameters, and the runner behind them."""

from gpucal.core.exceptions import GpucalError, NoScienceData, OutOfMemory, SkipStep
from gpucal.core.pipeline import Pipeline
from gpucal.core.step import Step

__all__ = ["GpucalError", "NoScienceData", "OutOfMemory", "Pipeline", "SkipStep", "Step"]
