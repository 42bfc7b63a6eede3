"""What references say of the slices of one exposure: where each is on the detector, on the slicer, and on the sky."""

from typing import Any, NamedTuple

import numpy as np

from gpucal.errors import GpucalError

# Which of the planes of a regions reference is used: pixels that get at least 80 % of the light.
PLANE = 7


class UnknownBandError(GpucalError):
    """References do not tell of a channel and band of an exposure; the message says which does not."""


class Slice(NamedTuple):
    """One slice.

    Attributes
    ----------
    number : int
        100 times the channel, plus its place in it from 1.
    alpha, beta, wavelength : node
        From pixels to the place along slices and across them, arcsec, and to wavelength, micron: ``alpha`` and
        ``wavelength`` take y and x, ``beta`` takes x.
    x, y : node
        From wavelength and alpha to pixels.
    """

    number: int
    alpha: Any
    beta: Any
    wavelength: Any
    x: Any
    y: Any


class Channel(NamedTuple):
    """A channel in the band of the exposure.

    Attributes
    ----------
    number : int
        1 to 4.
    wavelengths : tuple of float
        Between which light belongs to it, micron.
    first_beta, width : float
        Where the middle of its first slice is, and how wide slices are, arcsec.
    to_telescope : node
        From alpha and beta to V2 and V3, arcsec; it names its inverse.
    """

    number: int
    wavelengths: tuple[float, float]
    first_beta: float
    width: float
    to_telescope: Any


class Optics(NamedTuple):
    """What an exposure's world coordinates are made of.

    Attributes
    ----------
    labels : (ny, nx) int16 array
        The number of the slice of each pixel; 0 where there is none.
    slices : list of Slice
        In order.
    channels : list of Channel
        Those on the detector.
    """

    labels: np.ndarray
    slices: list[Slice]
    channels: list[Channel]


def optics_of(meta, distortion: dict, specwcs: dict, regions: dict, wavelengthrange: dict) -> Optics:
    """Put together what the trees of references say.

    Parameters
    ----------
    meta : node
        Metadata of the exposure: its channels and band.
    distortion, specwcs, regions, wavelengthrange : dict
        The trees; see `gpucal.wcs.documents`.

    Returns
    -------
    Optics

    Raises
    ------
    UnknownBandError
        If one does not hold the band, or not all planes of regions.
    """
    planes = np.asarray(regions["regions"])
    if planes.ndim != 3 or len(planes) <= PLANE:
        raise UnknownBandError(
            f"the regions reference has an array of shape {planes.shape}: nine planes are needed, one for each share "
            "of light that pixels get; those of before 2019 have one, and cannot be used"
        )
    models = [distortion[f"{name}_model"] for name in ("alpha", "beta")]
    back = [distortion[f"{name}_model"] for name in ("x", "y")]
    if len(specwcs["model"]) != len(distortion["slices"]):
        raise UnknownBandError(
            f"the distortion reference tells of {len(distortion['slices'])} slices, and the specwcs reference of "
            f"{len(specwcs['model'])}: one is of another detector"
        )
    rows = zip(distortion["slices"], *models, specwcs["model"], *back, strict=True)
    band = str(meta.instrument.band).upper()
    told = str(meta.instrument.channel)
    if not told.isdecimal():
        raise UnknownBandError(f"keyword CHANNEL is {told}; it has to be the channels of the exposure, such as 12")
    names = [(int(channel), f"{channel}{band}") for channel in told]
    tables = (
        _by_name(wavelengthrange, "wavelengthrange", "waverange_selector", "wavelengthrange"),
        _by_name(distortion["bzero"], "distortion", "channel_band", "beta_zero"),
        _by_name(distortion["bdel"], "distortion", "channel_band", "delta_beta"),
        _by_name(distortion["abv2v3_model"], "distortion", "channel_band", "model"),
    )
    if not np.isin(planes[PLANE] // 100, [number for number, _ in names]).any():
        raise UnknownBandError(f"the regions reference has no slice of channels {told}")
    channels = [Channel(number, *(_of_band(table, name) for table in tables)) for number, name in names]
    return Optics(np.array(planes[PLANE], np.int16), [Slice(int(row[0]), *row[1:]) for row in rows], channels)


class _Table(NamedTuple):
    reference: str
    values: dict


def _by_name(tree: dict, reference: str, names: str, values: str) -> _Table:
    return _Table(reference, dict(zip(map(str, tree[names]), tree[values], strict=True)))


def _of_band(table: _Table, name: str):
    if name not in table.values:
        raise UnknownBandError(
            f"the {table.reference} reference does not tell of {name}; it has {', '.join(table.values)}"
        )
    return table.values[name]
