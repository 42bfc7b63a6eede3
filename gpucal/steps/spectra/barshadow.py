"""The barshadow step."""

import logging

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import REFERENCES
from gpucal.core import SkipStep, Step
from gpucal.core.log.uncorrected import tell_uncorrected
from gpucal.data.slits import Slit, Slits
from gpucal.kernels.spectra.bar_shadow import Shadows, shadow_of_bars
from gpucal.kernels.spectra.windows import packing_of
from gpucal.steps.parts.calibration.bar_shadows import ShutterImages, stacked_images
from gpucal.steps.parts.calibration.slit_corrections import on_backend, scale_slits
from gpucal.steps.parts.calibration.slit_wavelengths import is_point
from gpucal.wcs.wavelength_correction import SLIT_FRAME

log = logging.getLogger(__name__)

SHUTTERS = "NRS_MSASPEC"

# The pitch of shutters in heights of their open area, where a slitlet does not tell it.
USUAL_PITCH = 1.15


class BarShadowStep(Step):
    """Make up for the shadows of the bars between the shutters of NIRSpec.

    They fall on sources that fill their slitlet; those of points are not corrected. The correction of each pixel is
    kept as ``barshadow``, and is 1 in a slitlet that is not corrected.

    Notes
    -----
    The algorithm is described in `gpucal.steps.parts.calibration.bar_shadows` and `gpucal.kernels.spectra.bar_shadow`.
    """

    class_alias = "barshadow"
    spec = """
        inverse = boolean(default=False)  # undo the correction
        source_type = string(default=None)  # POINT or EXTENDED, in place of the type of each source
    """
    reference_file_types = ("barshadow",)
    input_types = ("MultiSlitModel", "SlitModel", "ImageModel", "CubeModel")

    def check_applies(self, exposure):
        """Skip all but exposures of shutters."""
        kind = str(exposure.meta.exposure.type).upper()
        if kind != SHUTTERS:
            raise SkipStep(f"exposures of type {kind} have no bars between shutters")

    def process(self, exposure, references):
        """Correct the rates."""
        slits, images = exposure.slits, ShutterImages(references["barshadow"])
        states = [self.state_of(slit) for slit in slits]
        if any(states):
            shadows = shadows_of(slits, states, images)
            correction = shadow_of_bars(*places_of(slits, states), shadows, packing_of(slits.windows))
        else:
            correction = current_backend().xp.ones(sum(ny * nx for _, ny, nx in slits.windows), np.float32)
        scale_slits(slits, correction, divide=not self.inverse, match_flags=False)
        slits.set_packed("barshadow", correction)
        for slit, state in zip(slits, states, strict=True):
            slit["barshadow_corrected"] = state is not None
        log.info("%d of %d slitlets corrected", sum(state is not None for state in states), len(slits))
        return exposure

    def state_of(self, slit: Slit) -> str | None:
        """The states of the shutters of a slitlet; None of one that is not corrected."""
        if is_point(self.source_type or slit["source_type"]):
            return None
        if not slit["shutter_state"]:
            tell_uncorrected("bar shadow correction", {slit.name: "it has no shutters"})
            return None
        return slit["shutter_state"]


def places_of(slits: Slits, states):
    """The place along its slit and the wavelength, metre, of each pixel, packed; NaN in slits that need neither."""
    xp = current_backend().xp
    planes = []
    for slit, state in zip(slits, states, strict=True):
        shape = slit.shape_of("data")[-2:]
        if state is None:
            planes.append(xp.full((2, shape[0] * shape[1]), np.nan))
        else:
            planes.append(slit.get_wcs().program(end=SLIT_FRAME).on_grid(shape)[1:].reshape(2, -1))
    return xp.concatenate(planes, axis=1)


def shadows_of(slits: Slits, states, images: ShutterImages) -> Shadows:
    """The images of all slits, and how the slits are placed in them."""
    stack, first, count = stacked_images(images, states)
    zero = [images.middle_row(state) if state else 0.0 for state in states]
    scale = [images.pitch / pitch_of(slit) if state else 1.0 for slit, state in zip(slits, states, strict=True)]
    return Shadows(
        current_backend().asarray(stack, REFERENCES),
        on_backend(first, np.int64),
        on_backend(count, np.int64),
        on_backend(zero, np.float64),
        on_backend(scale, np.float64),
        images.start,
        images.step,
    )


def pitch_of(slit: Slit) -> float:
    """The pitch of shutters in heights of their open area."""
    if slit["slit_yscale"] is None:
        log.warning("Slit %s does not tell the pitch of its shutters, which is taken to be %s", slit.name, USUAL_PITCH)
        return USUAL_PITCH
    return slit["slit_yscale"]
