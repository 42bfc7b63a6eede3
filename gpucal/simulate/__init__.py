"""Simulated exposures with known truth, their references, and a CRDS cache that serves them."""

from gpucal.simulate.effects import Effects
from gpucal.simulate.reference_arrays import ReferenceOptions
from gpucal.simulate.simulation import Simulation, Truth, simulate

__all__ = ["Effects", "ReferenceOptions", "Simulation", "Truth", "simulate"]
