"""Stage 1: from raw ramps to count rates."""

from typing import ClassVar

from gpucal.core import Pipeline
from gpucal.data import Exposure, InputError
from gpucal.steps.images.clean_flicker_noise import CleanFlickerNoiseStep
from gpucal.steps.images.gain_scale import GainScaleStep
from gpucal.steps.images.picture_frame import PictureFrameStep
from gpucal.steps.ramps.charge_migration import ChargeMigrationStep
from gpucal.steps.ramps.dark_current import DarkCurrentStep
from gpucal.steps.ramps.dq_init import DQInitStep
from gpucal.steps.ramps.emicorr import EmiCorrStep
from gpucal.steps.ramps.firstframe import FirstFrameStep
from gpucal.steps.ramps.group_scale import GroupScaleStep
from gpucal.steps.ramps.ipc import IPCStep
from gpucal.steps.ramps.jump import JumpStep
from gpucal.steps.ramps.lastframe import LastFrameStep
from gpucal.steps.ramps.linearity import LinearityStep
from gpucal.steps.ramps.persistence import PersistenceStep
from gpucal.steps.ramps.ramp_fit import RampFitStep
from gpucal.steps.ramps.refpix import RefPixStep
from gpucal.steps.ramps.reset import ResetStep
from gpucal.steps.ramps.rscd import RscdStep
from gpucal.steps.ramps.saturation import SaturationStep
from gpucal.steps.ramps.superbias import SuperBiasStep

# The steps on ramps, in order, for each family of detectors.
RAMP_STEPS = {
    "near-infrared": (
        "group_scale",
        "dq_init",
        "saturation",
        "ipc",
        "superbias",
        "refpix",
        "linearity",
        "dark_current",
        "charge_migration",
        "jump",
        "picture_frame",
        "clean_flicker_noise",
        "persistence",
    ),
    "mid-infrared": (
        "group_scale",
        "dq_init",
        "emicorr",
        "saturation",
        "ipc",
        "firstframe",
        "lastframe",
        "reset",
        "linearity",
        "rscd",
        "dark_current",
        "refpix",
        "charge_migration",
        "jump",
        "picture_frame",
        "clean_flicker_noise",
        "persistence",
    ),
}

# The family of each instrument's detectors.
FAMILIES = {
    "FGS": "near-infrared",
    "MIRI": "mid-infrared",
    "NIRCAM": "near-infrared",
    "NIRISS": "near-infrared",
    "NIRSPEC": "near-infrared",
}


def ramp_steps(exposure: Exposure) -> tuple[str, ...]:
    """The names of the steps on ramps for the exposure's instrument, in order.

    Raises
    ------
    InputError
        If there is no order for the instrument.
    """
    instrument = exposure.meta.instrument.name
    if instrument not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise InputError(f"{exposure.source}: INSTRUME is {instrument}; stage 1 takes exposures of {known}")
    return RAMP_STEPS[FAMILIES[instrument]]


class Detector1Pipeline(Pipeline):
    """Correct raw ramps for all that the detector did to them, and fit their slopes.

    Products: ``rate`` (the mean of all integrations) and ``rateints`` (each integration); ``ramp`` (the
    corrected ramps) with ``save_calibrated_ramp``.

    Source: https://jwst-pipeline.readthedocs.io/en/latest/jwst/pipeline/calwebb_detector1.html.

    Examples
    --------
    >>> from gpucal.pipelines import Detector1Pipeline
    >>> steps = {"jump": {"rejection_threshold": 5}, "persistence": {"skip": True}}
    >>> rate = Detector1Pipeline.call("exposure_uncal.fits", steps=steps, save_results=True, output_dir="rate")
    >>> rate.meta.filename, rate.data.shape
    ('exposure_rate.fits', (64, 64))
    """

    class_alias = "calwebb_detector1"
    spec = """
        save_calibrated_ramp = boolean(default=False)  # save the corrected ramps
    """
    input_types = ("RampModel", "SuperstripeRampModel")
    timing_keywords = ("NFRAMES", "FRMDIVSR", "GROUPGAP", "TGROUP", "TFRAME")
    required_keywords: ClassVar = {
        "INSTRUME": "instrument.name",
        "DETECTOR": "instrument.detector",
        "EXP_TYPE": "exposure.type",
        "NGROUPS": "exposure.ngroups",
        "NFRAMES": "exposure.nframes",
        "GROUPGAP": "exposure.groupgap",
        "TGROUP": "exposure.group_time",
        "TFRAME": "exposure.frame_time",
    }
    step_defs: ClassVar = {
        "group_scale": GroupScaleStep,
        "dq_init": DQInitStep,
        "emicorr": EmiCorrStep,
        "saturation": SaturationStep,
        "ipc": IPCStep,
        "firstframe": FirstFrameStep,
        "lastframe": LastFrameStep,
        "reset": ResetStep,
        "superbias": SuperBiasStep,
        "refpix": RefPixStep,
        "linearity": LinearityStep,
        "rscd": RscdStep,
        "dark_current": DarkCurrentStep,
        "charge_migration": ChargeMigrationStep,
        "jump": JumpStep,
        "picture_frame": PictureFrameStep,
        "clean_flicker_noise": CleanFlickerNoiseStep,
        "persistence": PersistenceStep,
        "ramp_fit": RampFitStep,
        "gain_scale": GainScaleStep,
    }

    def order(self, exposure: Exposure) -> tuple[str, ...]:
        """The names of the steps for the exposure's instrument, in order."""
        return (*ramp_steps(exposure), "ramp_fit", "gain_scale")

    def product_suffix(self, exposure: Exposure) -> str:
        """``rate``, or ``ramp`` where the ramps were not fitted; unless the user chose another."""
        return self.suffix or ("rate" if exposure.meta.cal_step.ramp_fit == "COMPLETE" else "ramp")

    def process(self, exposure: Exposure, references) -> Exposure:
        """Correct the ramps, fit them, and bring the rates to the instrument's nominal gain.

        Returns
        -------
        Exposure
            The rate; or the corrected ramps, if ``ramp_fit`` is skipped.
        """
        exposure = self.run_steps(ramp_steps(exposure), exposure, references)
        if self.save_calibrated_ramp:
            self.save(exposure, "ramp")
        fitted = self.run_step("ramp_fit", exposure, references)
        if isinstance(fitted, Exposure):
            return self.run_step("gain_scale", fitted, references)
        rate, rateints = (product and self.run_step("gain_scale", product, references) for product in fitted)
        if rateints is not None and (self.save_results or self.output_file):
            self.save(rateints, "rateints")
        return rate
