"""Simulated exposures with known truth, their references, and a CRDS cache that serves them."""

from gpucal.simulate.effects import Effects
from gpucal.simulate.observation import Observation
from gpucal.simulate.observe import ImagingOptions, observe
from gpucal.simulate.plan import Plan
from gpucal.simulate.pointing import PointingErrors
from gpucal.simulate.reference_arrays import ReferenceOptions
from gpucal.simulate.series.dip import Dip
from gpucal.simulate.series.observe_series import observe_series
from gpucal.simulate.series.series_observation import SeriesObservation
from gpucal.simulate.series.series_plan import SeriesPlan
from gpucal.simulate.simulation import Simulation, Truth, simulate
from gpucal.simulate.sky import Field
from gpucal.simulate.spectra.ifu.cube_observation import CubeObservation
from gpucal.simulate.spectra.ifu.cube_scene import CubeScene, ExtendedField, PointSource
from gpucal.simulate.spectra.ifu.mrs_plans import MrsPlan
from gpucal.simulate.spectra.ifu.nirspec_ifu_plans import NirspecIfuPlan
from gpucal.simulate.spectra.ifu.observe_mrs import observe_mrs
from gpucal.simulate.spectra.ifu.observe_nirspec_ifu import observe_nirspec_ifu
from gpucal.simulate.spectra.observe_slits import observe_slits
from gpucal.simulate.spectra.slit_observation import SlitObservation
from gpucal.simulate.spectra.slit_plans import SlitPlan
from gpucal.simulate.spectra.soss.observe_soss import observe_soss
from gpucal.simulate.spectra.soss.soss_observation import SossObservation
from gpucal.simulate.spectra.soss.soss_plans import SossPlan, Transit

__all__ = [
    "CubeObservation",
    "CubeScene",
    "Dip",
    "Effects",
    "ExtendedField",
    "Field",
    "ImagingOptions",
    "MrsPlan",
    "NirspecIfuPlan",
    "Observation",
    "Plan",
    "PointSource",
    "PointingErrors",
    "ReferenceOptions",
    "SeriesObservation",
    "SeriesPlan",
    "Simulation",
    "SlitObservation",
    "SlitPlan",
    "SossObservation",
    "SossPlan",
    "Transit",
    "Truth",
    "observe",
    "observe_mrs",
    "observe_nirspec_ifu",
    "observe_series",
    "observe_slits",
    "observe_soss",
    "simulate",
]
