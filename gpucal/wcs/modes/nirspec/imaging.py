"""The WCS of images, with the mirror in the wheel."""

from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.modes.imaging import image_bounds
from gpucal.wcs.modes.nirspec.frames import frames_of_images
from gpucal.wcs.modes.nirspec.optics import Optics, slits_to_focus
from gpucal.wcs.modes.nirspec.wavelength_range import OPAQUE
from gpucal.wcs.nodes import beside, chain, constant, identity, remap, scale, with_names
from gpucal.wcs.telescope import aberration, pointing_of, to_sky
from gpucal.wcs.world import Wcs

_MICRON = 1e6  # in a metre


def imaging_wcs(exposure, optics: Optics) -> Wcs:
    """The WCS of an image.

    Parameters
    ----------
    exposure : Exposure
        An image, or integrations, with the mirror in the wheel.
    optics : Optics

    Returns
    -------
    Wcs
        Frames ``detector``, ``sca``, ``gwa``, ``msa``, and, for light from the sky, ``oteip``, ``v2v3``, ``v2v3vacorr``
        and ``world``. The fore optics are those of the middle of the filter.

    Raises
    ------
    GpucalError
        If the header lacks the pointing.
    """
    ends_at_slits = exposure.meta.instrument.filter == OPAQUE
    _, shortest, longest = optics.spectral_range
    wavelength = shortest + (longest - shortest) * 0.5
    plane = ("x_msa", "y_msa", "lam")
    to_sensor = with_names(optics.to_sensor, ("x", "y"), ("x", "y"), name="dms2sca")
    to_sensor["bounding_box"] = image_bounds(to_sensor, exposure.shape_of("data"))
    angles = ("angle1", "angle2", "angle3")
    to_slits = _wheel_to_slits(optics, wavelength * _MICRON if ends_at_slits else wavelength)
    transforms = [
        to_sensor,
        with_names(optics.sensor_to_wheel, ("x", "y"), angles, name="det2gwa"),
        with_names(to_slits, angles, plane, name="gwa2msa"),
    ]
    if not ends_at_slits:
        transforms += _to_world(exposure, optics, wavelength)
    return Wcs(frames_of_images(ends_at_slits), tuple(transforms))


def _wheel_to_slits(optics: Optics, wavelength: float):
    """The mirror turns both cosines; the wavelength is a constant."""
    reflected = beside(scale(-1), scale(-1), identity(1))
    with_wavelength = chain(remap((0, 1, 1)), beside(identity(2), constant(wavelength)))
    with_wavelength["inverse"] = remap((0, 1), 3)
    return chain(reflected, optics.wheel_to_slits, with_wavelength)


def _to_world(exposure, optics: Optics, wavelength: float) -> list:
    pointing = pointing_of(exposure)
    without = remap((0, 1), 3, inverse=chain(remap((0, 1, 1)), beside(identity(2), constant(wavelength))))
    focus, telescope = ("x_ote", "y_ote"), ("v2", "v3")
    to_focus = with_names(
        chain(slits_to_focus(optics), without), ("x_msa", "y_msa", "lam"), focus,
        name="msa2oteip", inverse=_from_focus(optics, wavelength),
    )  # fmt: skip
    moved = aberration(exposure.meta.velocity_aberration.scale_factor, pointing)
    return [
        to_focus,
        with_names(optics.ote, focus, telescope, name="oteip2v23"),
        with_names(moved, telescope, telescope, name="va_corr"),
        with_names(to_sky(pointing), telescope, ("ra", "dec"), name="v2v3_to_sky"),
    ]


def _from_focus(optics: Optics, wavelength: float):
    """From the focus of the telescope back to the slits, at the wavelength of the image."""
    twice = chain(remap((0, 1, 1, 1)), beside(identity(2), constant(wavelength), constant(wavelength)))
    return chain(twice, beside(inverse_of(optics.fore), identity(1)))
