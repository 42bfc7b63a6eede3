"""The WCS of spectra through slits: of all slits of an exposure, with the number of the slit as third coordinate."""

import logging
from collections.abc import Sequence

from gpucal.errors import NoScienceData
from gpucal.wcs.modes.nirspec.bounding_boxes import compound, is_on_detector, refined, traces
from gpucal.wcs.modes.nirspec.frames import frames_of_spectra
from gpucal.wcs.modes.nirspec.open_slits import OpenSlit, slit_wcs
from gpucal.wcs.modes.nirspec.optics import (
    MICRON,
    Optics,
    focus_to_telescope,
    sensor_to_wheel,
    slits_to_focus,
    telescope_to_sky,
    with_slit,
)
from gpucal.wcs.modes.nirspec.slit_transforms import quadrants_of, slit_in_plane, slit_to_plane, wheel_to_slit
from gpucal.wcs.modes.nirspec.wavelength_range import is_lit_by_lamp
from gpucal.wcs.velocity import velocity_correction
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)


def slits_wcs(exposure, optics: Optics, slits: Sequence[OpenSlit]) -> Wcs:
    """The WCS of an exposure of slits.

    Parameters
    ----------
    exposure : Exposure
    optics : Optics
    slits : sequence of OpenSlit
        That are open, on either detector. Those whose light misses that of the exposure are left out, and logged.

    Returns
    -------
    Wcs
        Frames ``detector``, ``sca``, ``gwa``, ``slit_frame``, ``msa_frame``, and, for light from the sky, ``oteip``,
        ``v2v3``, ``v2v3vacorr`` and ``world``. It takes x, y and the number of a slit, and gives a place, a wavelength
        (micron at its end) and that number; its bounding box is one for each slit.

    Raises
    ------
    NoScienceData
        If the light of no slit falls on the detector.
    GpucalError
        If the header lacks the pointing.
    """
    meta = exposure.meta
    slits = _on_detector(exposure, optics, slits)
    velocity = meta.wcsinfo.velosys
    correction = None if velocity is None else velocity_correction(velocity)
    ends_at_slits = is_lit_by_lamp(meta)
    planes = [slit_in_plane(optics, slit) for slit in slits]
    transforms = [
        with_slit(optics.to_sensor, "dms2sca", ("x", "y"), ("x", "y")),
        sensor_to_wheel(optics),
        wheel_to_slit(optics, slits, planes, correction, MICRON if ends_at_slits else 1.0),
        slit_to_plane(slits, planes),
    ]
    if not ends_at_slits:
        transforms += _to_world(exposure, optics)
    wcs = Wcs(frames_of_spectra(ends_at_slits), tuple(transforms))
    found = zip(slits, traces(optics, slits, correction), strict=True)
    boxes = {
        slit.slit_id: refined(slit_wcs(wcs, slit).program(end="slit_frame"), trace) for slit, trace in found
    }
    transforms[0]["bounding_box"] = compound(boxes)
    return wcs


def _on_detector(exposure, optics: Optics, slits: Sequence[OpenSlit]) -> list[OpenSlit]:
    """The slits whose light falls on the detector, by quadrant."""
    slits = [slit for members in quadrants_of(slits).values() for slit in members]
    kept = [slit for slit, trace in zip(slits, traces(optics, slits), strict=True) if is_on_detector(trace.box)]
    missed = [str(slit.name) for slit in slits if slit not in kept]
    detector = exposure.meta.instrument.detector
    if missed:
        log.info("The light of slits %s does not fall on %s", ", ".join(missed), detector)
    if not kept:
        raise NoScienceData(f"{exposure.source}: no open slit falls on detector {detector}")
    log.info("Slits on %s: %s", detector, ", ".join(str(slit.name) for slit in kept))
    return kept


def _to_world(exposure, optics: Optics) -> list:
    focus, telescope = ("x_ote", "y_ote", "lam"), ("v2", "v3", "lam")
    return [
        with_slit(slits_to_focus(optics), "msa2oteip", ("x_msa", "y_msa", "lam"), focus),
        with_slit(focus_to_telescope(optics), "oteip2v23", focus, telescope),
        *telescope_to_sky(exposure),
    ]
