"""All steps and pipelines of the JWST pipeline: alias, class, and the module of those that gpucal has."""

import importlib
from typing import NamedTuple


class Entry(NamedTuple):
    """A step or pipeline of the JWST pipeline.

    Attributes
    ----------
    class_name : str
        Its class.
    module : str or None
        Where the class is; None for what is not a part of gpucal yet.
    """

    class_name: str
    module: str | None = None

    @property
    def is_pipeline(self) -> bool:
        """Whether it is a pipeline."""
        return self.class_name.endswith("Pipeline")

    @property
    def package(self) -> str:
        """The package that offers the class."""
        return "gpucal.pipelines" if self.is_pipeline else "gpucal.steps"

    @property
    def peer_name(self) -> str:
        """The dotted name under which the jwst package has it: both programs know the class by it."""
        return f"jwst.{'pipeline' if self.is_pipeline else 'step'}.{self.class_name}"

    def load(self) -> type:
        """Import the class."""
        return getattr(importlib.import_module(self.module), self.class_name)


# All steps and pipelines of the three stages, by alias. A step writes its product under its alias, which is the
# lower-case name of the class where nothing gave it another.
STEPS = {
    "adaptive_trace_model": Entry("AdaptiveTraceModelStep", "gpucal.steps.spectra.adaptive_trace_model"),
    "align_refs": Entry("AlignRefsStep", "gpucal.steps.starlight.align_refs"),
    "ami_analyze": Entry("AmiAnalyzeStep", "gpucal.steps.starlight.ami_analyze"),
    "ami_average": Entry("AmiAverageStep", "gpucal.steps.starlight.ami_average"),
    "ami_normalize": Entry("AmiNormalizeStep", "gpucal.steps.starlight.ami_normalize"),
    "assign_mtwcs": Entry("AssignMTWcsStep", "gpucal.steps.pointing.assign_mtwcs"),
    "assign_wcs": Entry("AssignWcsStep", "gpucal.steps.pointing.assign_wcs"),
    "badpix_selfcal": Entry("BadpixSelfcalStep", "gpucal.steps.images.badpix_selfcal"),
    "barshadow": Entry("BarShadowStep", "gpucal.steps.spectra.barshadow"),
    "bkg_subtract": Entry("BackgroundStep", "gpucal.steps.images.bkg_subtract"),
    "calwebb_ami3": Entry("Ami3Pipeline", "gpucal.pipelines.ami3"),
    "calwebb_coron3": Entry("Coron3Pipeline", "gpucal.pipelines.coron3"),
    "calwebb_dark": Entry("DarkPipeline", "gpucal.pipelines.dark"),
    "calwebb_detector1": Entry("Detector1Pipeline", "gpucal.pipelines.detector1"),
    "calwebb_guider": Entry("GuiderPipeline", "gpucal.pipelines.guider"),
    "calwebb_image2": Entry("Image2Pipeline", "gpucal.pipelines.image2"),
    "calwebb_image3": Entry("Image3Pipeline", "gpucal.pipelines.image3"),
    "calwebb_spec2": Entry("Spec2Pipeline", "gpucal.pipelines.spec2"),
    "calwebb_spec3": Entry("Spec3Pipeline", "gpucal.pipelines.spec3"),
    "calwebb_tso3": Entry("Tso3Pipeline", "gpucal.pipelines.tso3"),
    "calwebb_wfs-image3": Entry("WfsCombineStep", "gpucal.steps.mosaics.wfs_combine"),
    "charge_migration": Entry("ChargeMigrationStep", "gpucal.steps.ramps.charge_migration"),
    "clean_flicker_noise": Entry("CleanFlickerNoiseStep", "gpucal.steps.images.clean_flicker_noise"),
    "combine_1d": Entry("Combine1dStep", "gpucal.steps.spectra.combine_1d"),
    "cube_build": Entry("CubeBuildStep", "gpucal.steps.cubes.cube_build"),
    "dark_current": Entry("DarkCurrentStep", "gpucal.steps.ramps.dark_current"),
    "dq_init": Entry("DQInitStep", "gpucal.steps.ramps.dq_init"),
    "emicorr": Entry("EmiCorrStep", "gpucal.steps.ramps.emicorr"),
    "extract_1d": Entry("Extract1dStep", "gpucal.steps.spectra.extract_1d"),
    "extract_2d": Entry("Extract2dStep", "gpucal.steps.spectra.extract_2d"),
    "firstframe": Entry("FirstFrameStep", "gpucal.steps.ramps.firstframe"),
    "flat_field": Entry("FlatFieldStep", "gpucal.steps.images.flat_field"),
    "fringe": Entry("FringeStep", "gpucal.steps.images.fringe"),
    "gain_scale": Entry("GainScaleStep", "gpucal.steps.images.gain_scale"),
    "group_scale": Entry("GroupScaleStep", "gpucal.steps.ramps.group_scale"),
    "guider_cds": Entry("GuiderCdsStep", "gpucal.steps.ramps.guider_cds"),
    "hlsp": Entry("HlspStep", "gpucal.steps.starlight.hlsp"),
    "imprint": Entry("ImprintStep", "gpucal.steps.images.imprint"),
    "ipc": Entry("IPCStep", "gpucal.steps.ramps.ipc"),
    "jump": Entry("JumpStep", "gpucal.steps.ramps.jump"),
    "klip": Entry("KlipStep", "gpucal.steps.starlight.klip"),
    "lastframe": Entry("LastFrameStep", "gpucal.steps.ramps.lastframe"),
    "linearity": Entry("LinearityStep", "gpucal.steps.ramps.linearity"),
    "master_background": Entry("MasterBackgroundStep", "gpucal.steps.spectra.master_background"),
    "master_background_mos": Entry("MasterBackgroundMosStep", "gpucal.steps.spectra.master_background_mos"),
    "msa_flagging": Entry("MSAFlagOpenStep", "gpucal.steps.images.msa_flagging"),
    "outlier_detection": Entry("OutlierDetectionStep", "gpucal.steps.mosaics.outlier_detection"),
    "pathloss": Entry("PathLossStep", "gpucal.steps.spectra.pathloss"),
    "persistence": Entry("PersistenceStep", "gpucal.steps.ramps.persistence"),
    "photom": Entry("PhotomStep", "gpucal.steps.images.photom"),
    "picture_frame": Entry("PictureFrameStep", "gpucal.steps.images.picture_frame"),
    "pixel_replace": Entry("PixelReplaceStep", "gpucal.steps.spectra.pixel_replace"),
    "ramp_fit": Entry("RampFitStep", "gpucal.steps.ramps.ramp_fit"),
    "refpix": Entry("RefPixStep", "gpucal.steps.ramps.refpix"),
    "resample": Entry("ResampleStep", "gpucal.steps.mosaics.resample"),
    "resample_spec": Entry("ResampleSpecStep", "gpucal.steps.spectra.resample_spec"),
    "reset": Entry("ResetStep", "gpucal.steps.ramps.reset"),
    "residual_fringe": Entry("ResidualFringeStep", "gpucal.steps.spectra.residual_fringe"),
    "rscd": Entry("RscdStep", "gpucal.steps.ramps.rscd"),
    "saturation": Entry("SaturationStep", "gpucal.steps.ramps.saturation"),
    "skymatch": Entry("SkyMatchStep", "gpucal.steps.mosaics.skymatch"),
    "source_catalog": Entry("SourceCatalogStep", "gpucal.steps.mosaics.source_catalog"),
    "spectral_leak": Entry("SpectralLeakStep", "gpucal.steps.spectra.spectral_leak"),
    "srctype": Entry("SourceTypeStep", "gpucal.steps.spectra.srctype"),
    "stack_refs": Entry("StackRefsStep", "gpucal.steps.starlight.stack_refs"),
    "straylight": Entry("StraylightStep", "gpucal.steps.images.straylight"),
    "superbias": Entry("SuperBiasStep", "gpucal.steps.ramps.superbias"),
    "targ_centroid": Entry("TargCentroidStep", "gpucal.steps.spectra.targ_centroid"),
    "tso_photometry": Entry("TSOPhotometryStep", "gpucal.steps.series.tso_photometry"),
    "tweakreg": Entry("TweakRegStep", "gpucal.steps.pointing.tweakreg"),
    "wavecorr": Entry("WavecorrStep", "gpucal.steps.spectra.wavecorr"),
    "wfss_contam": Entry("WfssContamStep", "gpucal.steps.spectra.wfss_contam"),
    "white_light": Entry("WhiteLightStep", "gpucal.steps.series.white_light"),
}

# Those that jwst 3.0.0 does not have; older versions may.
OURS_ALONE = ("ami_average",)

# Modules of the jwst package that are not called after the alias of the step in them.
_PEER_MODULES = {
    "align_refs": "coron.align_refs_step",
    "ami_analyze": "ami.ami_analyze_step",
    "ami_average": "ami.ami_average_step",
    "ami_normalize": "ami.ami_normalize_step",
    "bkg_subtract": "background.background_step",
    "calwebb_wfs-image3": "wfs_combine.wfs_combine_step",
    "flat_field": "flatfield.flat_field_step",
    "hlsp": "coron.hlsp_step",
    "klip": "coron.klip_step",
    "master_background_mos": "master_background.master_background_mos_step",
    "msa_flagging": "msaflagopen.msaflagopen_step",
    "ramp_fit": "ramp_fitting.ramp_fit_step",
    "resample_spec": "resample.resample_spec_step",
    "stack_refs": "coron.stack_refs_step",
}


def written() -> dict[str, Entry]:
    """The steps and pipelines that gpucal has, by alias."""
    return {alias: entry for alias, entry in STEPS.items() if entry.module is not None}


def by_class_name() -> dict[str, Entry]:
    """All steps and pipelines, by the name of their class."""
    return {entry.class_name: entry for entry in STEPS.values()}


def is_known(name: str) -> bool:
    """Whether a word is the alias or the class of a step or pipeline."""
    return name in STEPS or name in by_class_name()


def modules_of(entry: Entry) -> set[str]:
    """The modules, ours and those of the jwst package, that a dotted name of the class may begin with."""
    alias = next(alias for alias, one in STEPS.items() if one is entry)
    usual = f"pipeline.{alias}" if entry.is_pipeline else f"{alias}.{alias}_step"
    peer = f"jwst.{_PEER_MODULES.get(alias, usual)}"
    return {entry.package, entry.module, entry.peer_name.rpartition(".")[0], peer, peer.rpartition(".")[0]}
