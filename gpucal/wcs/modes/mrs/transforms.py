"""From pixels to places on the slicer, and from there to the field of view of the telescope: each slice has its own.

Which slice a pixel is in tells an image. Of light that comes in, the channel tells its wavelength, and the slice the
place across slices.
"""

from gpucal.as_peer import as_peer
from gpucal.wcs.inverses import inverse_of
from gpucal.wcs.modes.mrs.optics import Channel, Optics, Slice
from gpucal.wcs.nodes import beside, chain, constant, identity, node, remap, with_names
from gpucal.wcs.velocity import velocity_correction

PIXEL, PLACE, ON_SKY = ("x", "y"), ("alpha", "beta", "lam"), ("v2", "v3", "lam")


def to_slicer(optics: Optics, velocity: float | None):
    """From pixels to the place along and across slices, arcsec, and the wavelength, micron.

    Parameters
    ----------
    optics : Optics
        What references say.
    velocity : float or None
        Of the telescope; see `gpucal.wcs.velocity`.
    """
    correction = None if velocity is None else velocity_correction(velocity)
    return _selector(
        PIXEL,
        PLACE,
        {one.number: _of_slice(one, correction) for one in optics.slices},
        node(
            "label_mapper",
            inputs=list(PIXEL),
            inverse=_label_by_wavelength(optics.channels, _slice_across),
            mapper=optics.labels,
            no_label=0,
            outputs=["label"],
        ),
        "detector_to_abl",
    )


def to_field(channels: list[Channel]):
    """From places on the slicer to V2 and V3, arcsec; the wavelength tells the channel, and stays."""
    label = _label_by_wavelength(channels, _number_of_channel)
    label["inverse"] = _label_by_wavelength(channels, _number_of_channel)
    transforms = {one.number: beside(one.to_telescope, identity(1)) for one in channels}
    return _selector(PLACE, ON_SKY, transforms, label, "abl_to_v2v3l")


def _of_slice(one: Slice, correction):
    """The transforms of a slice, of y and x, x, and y and x; the way back by wavelength and alpha."""
    wavelength = one.wavelength if correction is None else chain(one.wavelength, correction)
    there = chain(remap([1, 0, 0, 1, 0]), beside(one.alpha, one.beta, wavelength))
    back = chain(remap([2, 0, 2, 0], 3), beside(one.x, one.y))
    if correction is not None and not as_peer():  # jwst 3.0.0 takes corrected wavelengths for those on the detector
        back = chain(beside(identity(2), inverse_of(correction)), back)
    return with_names(there, PIXEL, PLACE, inverse=with_names(back, PLACE, PIXEL))


def _selector(inputs, outputs, transforms: dict, label, name: str):
    """Each region by its own transform."""
    return node(
        "regions_selector",
        inputs=list(inputs),
        label_mapper=label,
        name=name,
        outputs=list(outputs),
        selector={"labels": list(transforms), "transforms": list(transforms.values())},
        undefined_transform_value=float("nan"),
    )


def _label_by_wavelength(channels: list[Channel], label_of):
    """A label that each channel tells in its own way."""
    return node(
        "label_mapper",
        inputs=list(PLACE),
        inputs_mapping=remap([2], 3),
        mapper={
            "labels": [list(map(float, one.wavelengths)) for one in channels],
            "models": [label_of(one) for one in channels],
        },
        no_label=0,
        outputs=["labels"],
    )


def _slice_across(channel: Channel):
    """The number of a slice, by the place across slices."""
    number = node(
        "miri_ab2slice",
        beta_del=float(channel.width),
        beta_zero=float(channel.first_beta),
        channel=float(channel.number),
        inputs=["beta"],
        outputs=["slice"],
    )
    return node(
        "label_mapper",
        inputs=list(PLACE),
        inputs_mapping=remap([1], 3),
        mapper=number,
        no_label=float("nan"),
        outputs=["label"],
    )


def _number_of_channel(channel: Channel):
    return chain(remap([2], 3), constant(channel.number, "channel #"))
