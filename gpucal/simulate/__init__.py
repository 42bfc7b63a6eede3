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
from gpucal.simulate.spectra.slitless.grism_observation import GrismFieldObservation, GrismSeriesObservation
from gpucal.simulate.spectra.slitless.grism_plans import GrismFieldPlan, GrismSeriesPlan
from gpucal.simulate.spectra.slitless.observe_grisms import observe_grism_field, observe_grism_series
from gpucal.simulate.spectra.soss.observe_soss import observe_soss
from gpucal.simulate.spectra.soss.soss_observation import SossObservation
from gpucal.simulate.spectra.soss.soss_plans import SossPlan
from gpucal.simulate.starlight.coronagraphs import Companion, CoronagraphyPlan
from gpucal.simulate.starlight.coronagraphy_observation import CoronagraphicObservation
from gpucal.simulate.starlight.interferometry_observation import InterferometricObservation
from gpucal.simulate.starlight.interferometry_plan import InterferometryPlan
from gpucal.simulate.starlight.observe_coronagraph import observe_coronagraph
from gpucal.simulate.starlight.observe_interferometer import observe_interferometer

__all__ = [
    "Companion",
    "CoronagraphicObservation",
    "CoronagraphyPlan",
    "CubeObservation",
    "CubeScene",
    "Dip",
    "Effects",
    "ExtendedField",
    "Field",
    "GrismFieldObservation",
    "GrismFieldPlan",
    "GrismSeriesObservation",
    "GrismSeriesPlan",
    "ImagingOptions",
    "InterferometricObservation",
    "InterferometryPlan",
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
    "Truth",
    "observe",
    "observe_coronagraph",
    "observe_grism_field",
    "observe_grism_series",
    "observe_interferometer",
    "observe_mrs",
    "observe_nirspec_ifu",
    "observe_series",
    "observe_slits",
    "observe_soss",
    "simulate",
]
