"""The optics that all slits share, from the detector to the grating wheel, and from the slits to the telescope."""

from typing import NamedTuple

from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.modes.nirspec.disperser import Disperser, disperser_of
from gpucal.wcs.modes.nirspec.wavelength_range import SpectralRange, spectral_range_of
from gpucal.wcs.nodes import beside, chain, identity, node, remap, scale, shift, with_names
from gpucal.wcs.telescope import aberration, pointing_of, to_sky

# Rows and columns of a detector, less one.
_LAST_PIXEL = 2047

MICRON = 1e6  # in a metre


class Optics(NamedTuple):
    """Transforms of an exposure.

    Attributes
    ----------
    to_sensor : node
        From pixels of the exposure, from 0, to those in which the focal plane is described.
    sensor_to_wheel : node
        From these to the direction of light that leaves the disperser.
    slits_to_wheel : node
        From the plane of the slits to the direction of light that comes to the disperser.
    wheel_to_slits : node
        Back.
    disperser : Disperser
        What turns light in between.
    spectral_range : SpectralRange
        What comes through.
    msa : mapping
        The tree of the msa reference: quadrants Q1 to Q5, each with ``model`` and ``data``.
    fore, ote : node or None
        From the plane of the slits and the wavelength (metres) to the focus of the telescope, degrees, and from there
        to V2 and V3, arcsec. None for light of lamps.
    """

    to_sensor: object
    sensor_to_wheel: object
    slits_to_wheel: object
    wheel_to_slits: object
    disperser: Disperser
    spectral_range: SpectralRange
    msa: dict
    fore: object
    ote: object


def optics_of(meta, trees) -> Optics:
    """The optics of an exposure.

    Parameters
    ----------
    meta : node
        Metadata of the exposure.
    trees : mapping
        Trees of references by their types: ``fpa``, ``camera``, ``collimator``, ``disperser``, ``wavelengthrange``,
        ``msa``; and ``fore`` and ``ote``, if it has seen the sky.

    Raises
    ------
    GpucalError
        If the temperature of the prism is not known.
    """
    spectral_range = spectral_range_of(meta, trees["wavelengthrange"])
    disperser = disperser_of(meta, trees["disperser"], spectral_range.order)
    focal_plane = trees["fpa"][f"{meta.instrument.detector.lower()}_model"]
    collimator = trees["collimator"]["model"]
    to_directions = node(
        "coords",
        inputs=["x", "y"],
        model_type="unitless2directional",
        name="unitless2directional_cosines",
        outputs=["x", "y", "z"],
    )
    to_wheel = chain(to_directions, disperser.rotation)
    return Optics(
        to_sensor=_to_sensor(meta),
        sensor_to_wheel=chain(focal_plane, trees["camera"]["model"], to_wheel),
        slits_to_wheel=chain(inverse_of(collimator), to_wheel),
        wheel_to_slits=chain(inverse_of(to_wheel), collimator),
        disperser=disperser,
        spectral_range=spectral_range,
        msa=trees["msa"],
        fore=trees["fore"] and trees["fore"]["model"],
        ote=trees["ote"] and trees["ote"]["model"],
    )


def slits_to_focus(optics: Optics):
    """From the plane of the slits and the wavelength to the focus of the telescope and the wavelength."""
    given = remap((0, 1, 2, 2), inverse=identity(3))
    return chain(given, beside(optics.fore, identity(1)))


def focus_to_telescope(optics: Optics):
    """From the focus of the telescope to V2 and V3, arcsec, and from a wavelength in metres to micron."""
    # On the way back the fore optics take the wavelength twice.
    given = identity(3)
    given["inverse"] = remap((0, 1, 2, 2))
    return chain(given, beside(optics.ote, scale(MICRON)))


def with_slit(transform, name: str, inputs, outputs):
    """A transform that hands the number of the slit on, last."""
    return with_names(beside(transform, identity(1)), [*inputs, "name"], [*outputs, "name"], name=name)


def sensor_to_wheel(optics: Optics):
    """From pixels and the number of the slit, which comes first from there, to a direction behind the disperser."""
    name_first = remap((3, 0, 1, 2), inverse=remap((1, 2, 3, 0)))
    transform = chain(beside(optics.sensor_to_wheel, identity(1)), name_first)
    return with_names(transform, ("x", "y", "name"), ("name", "angle1", "angle2", "angle3"), name="det2gwa")


def telescope_to_sky(exposure) -> list:
    """From V2, V3, the wavelength and the number of the slit to these without aberration, and on to the sky.

    Raises
    ------
    GpucalError
        If the header lacks the pointing.
    """
    pointing, telescope = pointing_of(exposure), ("v2", "v3", "lam")
    moved = beside(aberration(exposure.meta.velocity_aberration.scale_factor, pointing), identity(1))
    on_sky = beside(to_sky(pointing), identity(1))
    return [
        with_slit(moved, "va_corr", telescope, telescope),
        with_slit(on_sky, "v2v3_to_sky", telescope, ("ra", "dec", "lam")),
    ]


def _to_sensor(meta):
    """Subarrays are moved to their place; the second detector is mounted upside down."""
    corner = meta.subarray.xstart or 1, meta.subarray.ystart or 1
    in_frame = beside(shift(corner[0] - 1), shift(corner[1] - 1))
    if meta.instrument.detector != "NRS2":
        return chain(in_frame, identity(2))
    return chain(in_frame, beside(shift(-_LAST_PIXEL), shift(-_LAST_PIXEL)), beside(scale(-1), scale(-1)))
