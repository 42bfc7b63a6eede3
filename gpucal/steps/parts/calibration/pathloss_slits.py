"""Light that the slits of NIRSpec keep out.

Source: the ``pathloss`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/pathloss/description.html.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.core.log.uncorrected import tell_uncorrected
from gpucal.data import Exposure
from gpucal.data.slits import Slit, Slits, slits_of
from gpucal.errors import SkipStep
from gpucal.kernels.spectra.lookup import look_up, pack_tables
from gpucal.kernels.spectra.windows import packing_of
from gpucal.steps.parts.calibration.pathloss_apertures import (
    Aperture,
    Throughput,
    aperture_of_slitlet,
    place_in_slitlet,
    uniform_in_slitlet,
)
from gpucal.steps.parts.calibration.slit_corrections import on_backend, scale_slits
from gpucal.steps.parts.calibration.slit_wavelengths import (
    is_point,
    packed_uncorrected_wavelengths,
    packed_wavelengths,
)
from gpucal.steps.parts.coordinates.open_slits import check_cut_out

log = logging.getLogger(__name__)

SHUTTERS = "NRS_MSASPEC"


class Losses(NamedTuple):
    """The throughputs of one slit, for a point source at its place and for a source that fills it."""

    point: Throughput
    uniform: Throughput


def correct_slits(exposure: Exposure, reference, step) -> None:
    """Divide the rates of slits by the share of light that passes, in place.

    Parameters
    ----------
    exposure : Exposure
        With slits.
    reference : Reference
        By aperture.
    step : Step
        Its ``inverse`` multiplies; its ``source_type`` counts in place of that of each slit.

    Raises
    ------
    SkipStep
        If no slit can be corrected.
    InputError
        If slits are not cut out yet.
    """
    check_cut_out(exposure)
    slits = slits_of(exposure)
    apertures = [Aperture.of_entry(entry) for entry in reference.model.apertures]
    uses_shutters = str(exposure.meta.exposure.type).upper() == SHUTTERS
    losses, reasons = {}, {}
    for place, slit in enumerate(slits):
        found = losses_of(slit, apertures, uses_shutters)
        (reasons if isinstance(found, str) else losses)[place] = found
    tell_uncorrected("path loss correction", {slits[place].name: reason for place, reason in reasons.items()})
    if not losses:
        raise SkipStep("no slit can be corrected")
    kept = slits.part(losses)
    are_points = [is_point(step.source_type or slit["source_type"]) for slit in kept]
    keep_corrections(kept, list(losses.values()), [] if uses_shutters else are_points)
    scale_slits(kept, chosen(kept, are_points), divide=not step.inverse)
    for slit, is_one in zip(kept, are_points, strict=True):
        slit["pathloss_correction_type"] = "POINT" if is_one else "UNIFORM"


def losses_of(slit: Slit, apertures: Sequence[Aperture], uses_shutters: bool) -> Losses | str:
    """The throughputs of a slit, or why there are none."""
    x, y = slit["source_xpos"], slit["source_ypos"]
    if x is None or y is None:
        log.warning("Slit %s: the place of its source is not known, and taken to be the middle", slit.name)
        x = y = 0.0
    if uses_shutters:
        state = slit["shutter_state"]
        aperture = aperture_of_slitlet(apertures, state) if state else None
        y = place_in_slitlet(y, state) if state else y
    else:
        aperture = next((one for one in apertures if one.name == slit.name), None)
    if aperture is None:
        return "the pathloss reference does not have its aperture"
    point = aperture.of_point(x, y)
    if point is None:
        return f"its source, at ({x:.3g}, {y:.3g}) in widths of the slit, is beyond what the pathloss reference covers"
    uniform = uniform_in_slitlet(apertures, aperture, state) if uses_shutters else aperture.of_uniform()
    return Losses(point, uniform)


def keep_corrections(slits: Slits, losses: Sequence[Losses], with_uncorrected: Sequence[bool]) -> None:
    """Keep both corrections of each pixel with the slits.

    Parameters
    ----------
    slits : Slits
        Edited: ``pathloss_point`` and ``pathloss_uniform``; NaN where a wavelength is beyond the reference.
    losses : sequence of Losses
        Of each slit.
    with_uncorrected : sequence of bool
        Whether the second is of wavelengths that are not corrected for the place of the source; none of any, if empty.
    """
    corrected = packed_wavelengths(slits)
    packing, which = packing_of(slits.windows), on_backend(range(len(slits)), np.int64)
    for place, name in enumerate(("pathloss_point", "pathloss_uniform")):
        found = look_up(corrected, pack_tables([loss[place] for loss in losses]), which, packing)
        slits.set_packed(name, found.astype(np.float32))
    for slit, loss, is_needed in zip(slits, losses, with_uncorrected, strict=False):
        if is_needed:
            own = Slits([slit])
            packing, first = packing_of(own.windows), on_backend([0], np.int64)
            found = look_up(packed_uncorrected_wavelengths(own), pack_tables([loss.uniform]), first, packing)
            slit.pathloss_uniform = found.astype(np.float32).reshape(slit.shape_of("pathloss_uniform"))


def chosen(slits: Slits, are_points: Sequence[bool]):
    """The correction of each pixel, packed: that of the type of the source."""
    parts = [
        slit.pathloss_point if is_one else slit.pathloss_uniform for slit, is_one in zip(slits, are_points, strict=True)
    ]
    return current_backend().xp.concatenate([part.reshape(-1) for part in parts])
