"""Simulated exposures with known truth, their references, and a CRDS cache that serves them."""

from gpucal.simulate.effects import Effects
from gpucal.simulate.observation import Observation
from gpucal.simulate.observe import ImagingOptions, observe
from gpucal.simulate.plan import Plan
from gpucal.simulate.pointing import PointingErrors
from gpucal.simulate.reference_arrays import ReferenceOptions
from gpucal.simulate.simulation import Simulation, Truth, simulate
from gpucal.simulate.sky import Field

__all__ = [
    "Effects",
    "Field",
    "ImagingOptions",
    "Observation",
    "Plan",
    "PointingErrors",
    "ReferenceOptions",
    "Simulation",
    "Truth",
    "observe",
    "simulate",
]
