"""The WCS of the IFU: of all slices, with the number of the slice, from 0, as third coordinate."""

import logging

import numpy as np

from gpucal.errors import NoScienceData
from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.lowering import program_of
from gpucal.wcs.modes.nirspec.bounding_boxes import (
    compound,
    refined,
    traces_of,
    wavelengths_of,
    wheel_to_detector,
)
from gpucal.wcs.modes.nirspec.frames import frames_of_slices
from gpucal.wcs.modes.nirspec.open_slits import of_one_slit
from gpucal.wcs.modes.nirspec.optics import (
    MICRON,
    Optics,
    focus_to_telescope,
    sensor_to_wheel,
    telescope_to_sky,
    with_slit,
)
from gpucal.wcs.modes.nirspec.slice_transforms import NSLICES, Slicer, slice_to_slicer, wheel_to_slice
from gpucal.wcs.modes.nirspec.wavelength_range import is_lit_by_lamp
from gpucal.wcs.nodes import beside, chain, identity, remap, with_names
from gpucal.wcs.velocity import velocity_correction
from gpucal.wcs.world import Wcs

log = logging.getLogger(__name__)

# Gratings and filters whose light does not come to the second detector.
_SECOND_DETECTOR = "NRS2"
_MEDIUM_RESOLUTION, _SHORT = "M", ("G140H", "F070LP")


def check_light(exposure) -> None:
    """See that light comes to the detector of an exposure.

    Raises
    ------
    NoScienceData
        If none does, by its grating and filter.
    """
    instrument = exposure.meta.instrument
    grating, light = str(instrument.grating).upper(), str(instrument.filter).upper()
    is_short = grating.endswith(_MEDIUM_RESOLUTION) or (grating, light) == _SHORT
    if instrument.detector == _SECOND_DETECTOR and is_short:
        raise NoScienceData(
            f"{exposure.source}: the light of {grating} and {light} through the IFU does not come to {_SECOND_DETECTOR}"
        )


def ifu_wcs(exposure, optics: Optics, slicer: Slicer, correction, ends: tuple[float, float]) -> Wcs:
    """The WCS of an exposure of the IFU.

    Parameters
    ----------
    exposure : Exposure
    optics : Optics
    slicer : Slicer
    correction : node or None
        Of the colours of the fore optics: of places in the focus of the telescope and the wavelength, metres. It is not
        used for light of lamps.
    ends : tuple of float
        Of all slices, in units of their height from the centre.

    Returns
    -------
    Wcs
        Frames ``detector``, ``sca``, ``gwa``, ``slit_frame``, ``slicer``, ``msa_frame``, and, for light from the sky,
        ``oteip``, ``oteip_chromcorr`` (with a correction), ``v2v3``, ``v2v3vacorr`` and ``world``. It takes x, y and
        the number of a slice, and gives a place, a wavelength (micron at its end) and that number; its bounding box is
        one for each slice.

    Raises
    ------
    GpucalError
        If the header lacks the pointing.
    """
    meta = exposure.meta
    velocity, ends_at_slits = meta.wcsinfo.velosys, is_lit_by_lamp(meta)
    wheel_transform = wheel_to_slice(
        optics,
        slicer,
        ends,
        None if velocity is None else velocity_correction(velocity),
        MICRON if ends_at_slits else 1.0,
    )
    transforms = [
        with_slit(optics.to_sensor, "dms2sca", ("x", "y"), ("x", "y")),
        sensor_to_wheel(optics),
        wheel_transform,
        slice_to_slicer(slicer),
        _slicer_to_field(slicer),
    ]
    if not ends_at_slits:
        transforms += _to_world(exposure, optics, correction)
    transforms[0]["bounding_box"] = compound(_boxes(optics, transforms, ends))
    return Wcs(frames_of_slices(ends_at_slits, correction is not None), tuple(transforms))


def _slicer_to_field(slicer: Slicer):
    """From the plane of the slicer to that of the slits, where the field is; the wavelength stays."""
    to_field = chain(remap((0, 1, 2, 2), inverse=identity(3)), beside(slicer.before, identity(1)))
    return with_slit(to_field, "slicer2msa", ("x_slice", "y_slice", "lam"), ("x_msa", "y_msa", "lam"))


def _to_world(exposure, optics: Optics, correction) -> list:
    focus, telescope = ("x_ote", "y_ote", "lam"), ("v2", "v3", "lam")
    # The way back is handed the wavelength twice, and hands it on so.
    given = remap((0, 1, 2, 2), inverse=remap((0, 1, 2, 2)))
    field_to_focus = chain(given, beside(optics.fore, identity(1)))
    transforms = [with_slit(field_to_focus, "msa2oteip", ("x_msa", "y_msa", "lam"), focus)]
    if correction is not None:
        back = beside(inverse_of(correction), identity(1))
        corrected = with_names(correction, ("x", "y", "lam"), focus, inverse=back)
        transforms.append(with_slit(corrected, "chrom_corr", focus, focus))
    transforms.append(with_slit(focus_to_telescope(optics), "oteip2v23", focus, telescope))
    return [*transforms, *telescope_to_sky(exposure)]


def _boxes(optics: Optics, transforms, ends: tuple[float, float]) -> dict:
    """The bounding box of each slice."""
    of_slices = [[of_one_slit(one, number) for one in transforms[:3]] for number in range(NSLICES)]
    to_detector = [program_of(inverse_of(wheel), wheel_to_detector(optics)) for _, _, wheel in of_slices]

    def curves(wavelengths):
        heights = np.broadcast_to(np.array(ends)[:, None], wavelengths.shape[1:])
        places = [one.at(0.0 * heights, heights, some) for one, some in zip(to_detector, wavelengths, strict=True)]
        return np.stack(places, axis=1)

    found = traces_of(curves, (NSLICES, len(ends)), wavelengths_of(optics))
    return {number: refined(program_of(*of_slices[number]), trace) for number, trace in enumerate(found)}
