"""The mask of a scene's background, for the steps that fit what is seen in it.

Science regions are those of the documentation of ``clean_flicker_noise``, "creation of a scene mask",
https://jwst-pipeline.readthedocs.io/en/latest/jwst/clean_flicker_noise/main.html.
"""

import logging

import numpy as np

from gpucal.backend import array_namespace
from gpucal.core import GpucalError
from gpucal.core.run.inner import run_inside
from gpucal.data import Exposure
from gpucal.kernels.flags.dqflags import DO_NOT_USE, NON_SCIENCE
from gpucal.kernels.images.flat_field import usable_flat
from gpucal.steps.parts.flicker.nirspec_scene import SLIT_TYPES, lit_pixels
from gpucal.steps.parts.flicker.soss_traces import soss_pixels
from gpucal.steps.ramps.ramp_fit import RampFitStep

log = logging.getLogger(__name__)

# Model types of what is made beside an exposure, by its number of axes, with the zeros that go with it: type and axes.
MODEL_TYPES = {
    2: ("ImageModel", {}),
    3: ("CubeModel", {"dq": (np.uint32, 3), "err": (np.float32, 3)}),
    4: ("RampModel", {"groupdq": (np.uint8, 4), "pixeldq": (np.uint32, 2)}),
}

# The exposure types whose sources, or whose field, a reference tells: the traces of PASTASOSS, the flags of the flat.
TRACES_TELL_SOURCES = ("NIS_SOSS",)
FLAT_TELLS_FIELD = ("MIR_IMAGE",)


def draft_steps(exposure: Exposure) -> tuple[RampFitStep, ...]:
    """The steps that make draft rates of an exposure, with their defaults; none for rates."""
    return (RampFitStep("draft ramp_fit"),) if exposure.model_type == "RampModel" else ()


def draft_rates(exposure: Exposure, references, per_integration: bool) -> Exposure:
    """Rates to find the background in.

    Parameters
    ----------
    exposure : Exposure
        Ramps, which are not edited, or rates, which are returned.
    references : StepReferences
        Those of the step that has use of them.
    per_integration : bool
        Whether those of each integration are wanted, or their mean.

    Returns
    -------
    Exposure
        For ramps, what ``ramp_fit`` makes of them with its defaults and the references of CRDS, whatever the pipeline's
        own ``ramp_fit`` is told.
    """
    steps = draft_steps(exposure)
    if not steps:
        return exposure
    kept = ("pixeldq", "zeroframe", "average_dark_current")
    arrays = {name: getattr(exposure, name) for name in kept if name == "pixeldq" or exposure.has(name)}
    ramps = exposure.blank("RampModel", data=exposure.data, groupdq=exposure.groupdq.copy(), **arrays)
    result = run_inside(steps[0], ramps, references.run)
    draft = result.rateints if per_integration else result.rate
    draft.origin = exposure.origin  # files that its header names are looked for beside it
    return draft


def science_pixels(draft: Exposure, references, steps: tuple = ()):
    """The pixels that are known to show sources, or nothing of use.

    Parameters
    ----------
    draft : Exposure
        Rates, which are not edited. Of the MIRI imager those that `flag_outside_field` was given.
    references : StepReferences
        Those of the step: the traces of NIRISS SOSS.
    steps : tuple of Step
        Those of `gpucal.steps.parts.flicker.nirspec_scene.steps_of_scene`.

    Returns
    -------
    bool array or None
        In the shape of the rates, or (ny, nx); None where nothing is known.

    Raises
    ------
    GpucalError
        If there are no traces for a SOSS exposure.
    """
    kind = draft.meta.exposure.type
    if kind in SLIT_TYPES:
        return lit_pixels(draft, references, steps)
    if kind in TRACES_TELL_SOURCES:
        pastasoss = references["pastasoss"]
        if pastasoss is None:
            raise GpucalError(
                f"{draft.source}: mask_science_regions needs a PASTASOSS reference, and there is none; name one with "
                "override_pastasoss, or set mask_science_regions to false"
            )
        return soss_pixels(draft, pastasoss)
    return (draft.dq & (DO_NOT_USE | NON_SCIENCE)) != 0 if kind in FLAT_TELLS_FIELD else None


def flag_outside_field(rates: Exposure, references) -> None:
    """Add the flags of the flat to rates of the MIRI imager: they tell what is outside of its field.

    Parameters
    ----------
    rates : Exposure
        Draft rates, or those that a step corrects: its product keeps the flags, as in jwst 3.0.0, and its header does
        not name the flat. Others than those of the imager are not edited.
    references : StepReferences
        Those of the step.
    """
    if rates.meta.exposure.type not in FLAT_TELLS_FIELD:
        return
    flat = references.peek("flat")
    if flat is None:
        log.warning("There is no flat for %s: nothing is known of its science regions", rates.source)
        return
    rates.dq |= usable_flat(flat.array("data", rates), flat.array("dq", rates))[1]


def beside(exposure: Exposure, array) -> Exposure:
    """A product of an array, with the metadata of an exposure."""
    model_type, companions = MODEL_TYPES[array.ndim]
    xp = array_namespace(array)
    zeros = {name: xp.zeros(array.shape[-axes:], dtype) for name, (dtype, axes) in companions.items()}
    return exposure.blank(model_type, data=array, **zeros)
